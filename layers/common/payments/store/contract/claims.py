"""Claims: the first use of an Idempotency-Key, and the answer that is stored for it."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from payments.record import record
from payments.store.contract.errors import StoreError


@record
class StoredAnswer:
    """The answer to a request with an Idempotency-Key, byte for byte. Only the API writes and reads its content."""

    status: int
    body: str


@record
class Claim:
    """The first use of an Idempotency-Key: the body's hash, the lease of the request at work, and the answer."""

    operation: str  # An `operationId` of `openapi.json`.
    key_hash: str
    body_hash: str
    subject_id: str  # The record made with the key: a payment, attempt or refund.
    stream_id: str  # The payment, whose stream has the events.
    lease_until: datetime
    secret: str = ""  # The checkout token, so that a resumed request answers with the same one.
    answer: StoredAnswer | None = None
    is_permanent: bool = False  # Never expires: only the key makes the effect unique.


class KeyUsed(StoreError):
    def __init__(self, claim: Claim) -> None:
        super().__init__("this Idempotency-Key was used before")
        self.claim = claim


class ClaimStore(Protocol):
    """The claims of one workspace."""

    def get_claim(self, operation: str, key_hash: str) -> Claim: ...

    def take_lease(self, claim: Claim, now: datetime, until: datetime) -> Claim:
        """Take the lease and return the claim. Raises Conflict if another lease is live, or an answer is stored."""

    def end_lease(self, claim: Claim, now: datetime) -> None: ...

    def close_claim(self, claim: Claim) -> None: ...
