"""Idempotency keys: one use of a key, and the answer that is stored under it."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from payments.record import record
from payments.store.contract.errors import StoreError


@record
class StoredAnswer:
    """The answer to a request with an Idempotency-Key, byte for byte. The edge writes and reads it, nobody else."""

    status: int
    body: str


@record
class Claim:
    """One use of an Idempotency-Key: who works on it, for which body, and in the end its answer."""

    operation: str  # As in `openapi.json`.
    key_hash: str
    body_hash: str
    subject_id: str  # What the key made: a payment, an attempt, a refund.
    stream_id: str  # What has its events: the payment.
    lease_until: datetime
    secret: str = ""  # The checkout token, so that a resumed initiation answers with the one it promised.
    answer: StoredAnswer | None = None
    is_permanent: bool = False  # For ever: where nothing but the key makes the effect unique.


class KeyUsed(StoreError):
    def __init__(self, claim: Claim) -> None:
        super().__init__("this Idempotency-Key was used before")
        self.claim = claim


class ClaimStore(Protocol):
    """The claims of one workspace."""

    def get_claim(self, operation: str, key_hash: str) -> Claim: ...

    def take_lease(self, claim: Claim, now: datetime, until: datetime) -> Claim:
        """The claim under this caller's lease; Conflict while another's is live or once an answer is there."""

    def end_lease(self, claim: Claim, now: datetime) -> None: ...

    def close_claim(self, claim: Claim) -> None: ...
