"""Idempotency keys: a request that is repeated with its key has one effect and the same answer, byte for byte.

The transaction of the request writes the claim, and the transaction of the outcome writes its answer. A repeated
request that finds no answer waits briefly. Then it takes the lease and resumes, with the ids of the first request.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from payments.domain.records.approval import Approval
from payments.domain.records.payment import Payment
from payments.domain.records.refund import Refund
from payments.record import record
from payments.store.contract.claims import Claim, StoredAnswer
from payments.store.contract.errors import Conflict, NotFound
from payments.usecases.commit import TRIES, back_off
from payments.usecases.context import Context
from payments.usecases.errors import InProgress, KeyReused
from payments.usecases.ports import Ports

if TYPE_CHECKING:
    from payments.store.contract.stores import WorkspaceStore


LEASE_S = 30.0  # Longer than the timeout of any function that takes one.
_WAIT_S = 6.0
_CHECK_EVERY_S = 0.15
_AGAIN_S = 2


class Answers(Protocol):
    """What a request with a key needs of the API: the stored form of its answers, and the payer's return address."""

    def payment(self, payment: Payment, checkout_token: str) -> StoredAnswer: ...

    def refund(self, refund: Refund) -> StoredAnswer: ...

    def approval(self, approval: Approval) -> StoredAnswer: ...

    def return_address(self, payment_id: str, return_token: str) -> str: ...


@record
class Key:
    operation: str
    key_hash: str
    body_hash: str
    answers: Answers


def key_of(operation: str, key_text: str, canonical_body: bytes, answers: Answers) -> Key:
    """The key of a request. Two requests are the same if their `canonical_body` is equal."""
    return Key(operation, _sha256(key_text.encode()), _sha256(canonical_body), answers)


def _sha256(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def new_claim(key: Key, stream_id: str, subject_id: str, ports: Ports, secret: str = "") -> Claim:
    lease_until = ports.clock.now() + ports.clock.lasting(LEASE_S)
    return Claim(key.operation, key.key_hash, key.body_hash, subject_id, stream_id, lease_until, secret)


def get_claim(store: WorkspaceStore, key: Key) -> Claim | None:
    """The claim of an earlier use of the key, or None. A refused request may repeat an accepted one."""
    try:
        return store.get_claim(key.operation, key.key_hash)
    except NotFound:
        return None


def replay(claim: Claim, key: Key, context: Context, resume: Callable[[Claim], StoredAnswer]) -> StoredAnswer:
    """The stored answer, or the answer of `resume`, which this caller runs under the lease.

    Raises:
        KeyReused: the key came with another body.
        InProgress: another caller has the lease, and no answer was stored in time.
    """
    if claim.body_hash != key.body_hash:
        raise KeyReused("this Idempotency-Key was used with another body; send a new key for a new request")
    waited_s = 0.0
    while claim.answer is None:
        leased = _lease(claim, context)
        if leased is not None:
            return leased.answer or resume(leased)
        if waited_s >= _WAIT_S:
            raise _in_progress(claim.lease_until - context.now())
        context.ports.clock.sleep(_CHECK_EVERY_S)
        waited_s += _CHECK_EVERY_S
        claim = context.store.get_claim(claim.operation, claim.key_hash)
    return claim.answer


def _lease(claim: Claim, context: Context) -> Claim | None:
    now = context.now()
    if now < claim.lease_until:
        return None
    try:
        return context.store.take_lease(claim, now, now + context.ports.clock.lasting(LEASE_S))
    except Conflict:
        return None


def _in_progress(left: timedelta) -> InProgress:
    """The error for a caller who must repeat later; `left` is the rest of the other caller's lease."""
    wait_s = max(_AGAIN_S, math.ceil(left.total_seconds()))
    return InProgress("this request is being worked on; repeat it with the same key", retry_after_s=wait_s)


def settle(claim: Claim, answer: StoredAnswer, context: Context) -> StoredAnswer:
    """Store the answer and return it; if another caller stored one first, return that one.

    Raises:
        InProgress: the answer could not be stored, because of other writers. The caller must repeat the request.
    """
    for turn in range(TRIES):
        try:
            context.store.close_claim(replace(claim, answer=answer))
        except Conflict:
            if stored := context.store.get_claim(claim.operation, claim.key_hash).answer:
                return stored
            back_off(context.ports, turn)
        else:
            return answer
    raise _in_progress(timedelta(0))
