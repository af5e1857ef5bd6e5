"""Idempotency keys: same key and same body, one effect and the same answer, byte for byte.

The claim is written in the transaction of the intent; its reply in the transaction of the outcome. Whoever finds a
claim without a reply waits for it a little, then resumes under the lease, with the very ids the first one chose.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from payments.store.contract import Claim, Conflict, NotFound, Reply, WorkspaceStore
from payments.usecases.commit import TRIES, back_off
from payments.usecases.errors import InProgress, KeyReused
from payments.usecases.parts import Parts

LEASE_S = 30.0  # Longer than any function that holds one lives.
_WAIT_S = 6.0
_LOOK_EVERY_S = 0.15


@dataclass(frozen=True, slots=True)
class Key:
    workspace_id: str
    route: str
    key_hash: str
    body_hash: str


def key_of(workspace_id: str, route: str, key_text: str, canonical_body: bytes) -> Key:
    """`canonical_body` is what two requests must share to be the same request."""
    return Key(workspace_id, route, _sha256(key_text.encode()), _sha256(canonical_body))


def _sha256(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def new_claim(key: Key, stream_id: str, subject_id: str, parts: Parts, secret: str = "") -> Claim:
    lease_until = parts.clock.now() + parts.clock.lasting(LEASE_S)
    return Claim(key.route, key.key_hash, key.body_hash, subject_id, stream_id, lease_until, secret)


def known_claim(store: WorkspaceStore, key: Key) -> Claim | None:
    """The claim of an earlier use: for a refused request that may repeat an accepted one."""
    try:
        return store.get_claim(key.route, key.key_hash)
    except NotFound:
        return None


def replay(claim: Claim, key: Key, store: WorkspaceStore, parts: Parts, resume: Callable[[Claim], Reply]) -> Reply:
    """The stored reply, or what `resume` answers under the lease.

    Raises:
        KeyReused: the key came with another body.
        InProgress: another caller is still at it.
    """
    if claim.body_hash != key.body_hash:
        raise KeyReused("this Idempotency-Key was used with another body; send a new key for a new request")
    waited_s = 0.0
    while claim.reply is None:
        leased = _leased(claim, store, parts)
        if leased is not None:
            return leased.reply or resume(leased)
        if waited_s >= _WAIT_S:
            raise InProgress("this request is being worked on; repeat it with the same key", retry_after_s=2)
        parts.clock.sleep(_LOOK_EVERY_S)
        waited_s += _LOOK_EVERY_S
        claim = store.get_claim(claim.route, claim.key_hash)
    return claim.reply


def _leased(claim: Claim, store: WorkspaceStore, parts: Parts) -> Claim | None:
    now = parts.clock.now()
    if now < claim.lease_until:
        return None
    try:
        return store.take_lease(claim, now, now + parts.clock.lasting(LEASE_S))
    except Conflict:
        return None


def settle(claim: Claim, reply: Reply, store: WorkspaceStore, parts: Parts) -> Reply:
    """Keep the reply; the stored one when somebody was first. A reply that is not stored is never given.

    Raises:
        InProgress: another caller is just writing; a repeat gets what is stored then.
    """
    for turn in range(TRIES):
        try:
            store.close_claim(replace(claim, reply=reply))
        except Conflict:
            if stored := store.get_claim(claim.route, claim.key_hash).reply:
                return stored
            back_off(parts, turn)
        else:
            return reply
    raise InProgress("this request is being worked on; repeat it with the same key", retry_after_s=2)
