"""Idempotency keys: same key and same body, one effect and the same answer, byte for byte.

The claim is written in the transaction of the intent; its answer in the transaction of the outcome. Whoever finds a
claim without an answer waits for it a little, then resumes under the lease, with the very ids the first one chose.
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


LEASE_S = 30.0  # Longer than any function that holds one lives.
_WAIT_S = 6.0
_CHECK_EVERY_S = 0.15
_AGAIN_S = 2


class Answers(Protocol):
    """The edge, as far as a request with a key needs it: its answers, and the address where a payer comes back."""

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
    """`canonical_body` is what two requests must share to be the same request."""
    return Key(operation, _sha256(key_text.encode()), _sha256(canonical_body), answers)


def _sha256(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def new_claim(key: Key, stream_id: str, subject_id: str, ports: Ports, secret: str = "") -> Claim:
    lease_until = ports.clock.now() + ports.clock.lasting(LEASE_S)
    return Claim(key.operation, key.key_hash, key.body_hash, subject_id, stream_id, lease_until, secret)


def get_claim(store: WorkspaceStore, key: Key) -> Claim | None:
    """The claim of an earlier use: for a refused request that may repeat an accepted one."""
    try:
        return store.get_claim(key.operation, key.key_hash)
    except NotFound:
        return None


def replay(claim: Claim, key: Key, context: Context, resume: Callable[[Claim], StoredAnswer]) -> StoredAnswer:
    """The stored answer, or what `resume` answers under the lease.

    Raises:
        KeyReused: the key came with another body.
        InProgress: another caller is still at it.
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
    """`left` is how long another caller's lease lasts."""
    wait_s = max(_AGAIN_S, math.ceil(left.total_seconds()))
    return InProgress("this request is being worked on; repeat it with the same key", retry_after_s=wait_s)


def settle(claim: Claim, answer: StoredAnswer, context: Context) -> StoredAnswer:
    """Store the answer; the stored one when somebody was first. An answer that is not stored is never given.

    Raises:
        InProgress: another caller is just writing; a repeat gets what is stored then.
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
