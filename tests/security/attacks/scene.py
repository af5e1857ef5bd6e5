"""What an attacker finds: payments and refunds of two workspaces, all at rest."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

from dev.histories.shop import ANSWERS, OWNER
from payments.domain.records.refund import ReasonCode
from payments.usecases.idempotency import key_of
from payments.usecases.payment.create import initiate_payment
from payments.usecases.refund.create import NewRefund, refund_payment
from tests.api.driver import GOOD_ORDER, an_event
from tests.world import World

_SETTLED_S = 120
_numbers = count(1)

Tables = dict[str, list[Any]]


def stored(world: World) -> Tables:
    """Every table."""
    return {name: world.dynamo.items(name) for name in world.dynamo.tables()}


@contextmanager
def writes(world: World) -> Iterator[list[Any]]:
    """Counts the writes meanwhile, even those that change nothing."""
    seen: list[Any] = []
    before, world.dynamo.changes = world.dynamo.changes, seen.extend
    try:
        yield seen
    finally:
        world.dynamo.changes = before


def outbound(world: World) -> Counter[tuple[str, str]]:
    """How often the gateway was called, by operation and subject."""
    return world.sim.model.calls.copy()


def a_payment(**changes: Any) -> dict[str, Any]:
    """A valid request for a payment, with `changes`."""
    return a_raw_payment(json.dumps(GOOD_ORDER | changes).encode())


def a_raw_payment(body: bytes, **more: Any) -> dict[str, Any]:
    """Key and order id are new each time: a successful attack does not stop the next one."""
    number = next(_numbers)
    body = body.replace(b'"ORDER-1"', f'"ORDER-{number}"'.encode())
    return an_event("POST", "/v1/payments", raw=body, **({"key": f"attack-{number}"} | more))


def a_post(path: str, body: bytes) -> dict[str, Any]:
    return an_event("POST", path, raw=body, key=f"attack-{next(_numbers)}")


@dataclass(frozen=True)
class Objects:
    """The ids of one workspace's objects."""

    payment_id: str
    attempt_id: str
    refund_id: str

    @property
    def refunds(self) -> str:
        return f"/v1/payments/{self.payment_id}/refunds"


@dataclass(frozen=True)
class Scene:
    world: World
    ours: Objects
    theirs: Objects
    open: Objects  # Of our workspace and unpaid: it has no refund.


def set_up(world: World) -> Scene:
    ours, theirs = (_refunded(world, workspace) for workspace in ("ws_demo", "ws_other"))
    return Scene(world, ours, theirs, _initiated(world, "ws_demo", "SCENE-OPEN"))


def _initiated(world: World, workspace: str, order_id: str) -> Objects:
    order = world.order(order_id, workspace=world.read_workspace(workspace))
    key = key_of("create_payment", order_id, order_id.encode(), ANSWERS)
    initiate_payment(order, key, world.ports.context(workspace, OWNER))
    payment = world.ports.store.within(workspace).get_payment_by_order(order_id)
    return Objects(payment.id, payment.current.id, "")


def _refunded(world: World, workspace: str) -> Objects:
    made = _initiated(world, workspace, "SCENE-PAID")
    world.payer("pay", made.attempt_id)
    world.advance(1)
    order = NewRefund(made.payment_id, 10_000, "", ReasonCode.OTHER, "")
    key = key_of("refund", "scene", b"", ANSWERS)
    refund_payment(order, key, world.ports.context(workspace, OWNER))
    world.advance(_SETTLED_S)
    (refund,) = world.ports.store.within(workspace).list_refunds(made.payment_id)
    assert refund.status == "completed"
    return Objects(made.payment_id, made.attempt_id, refund.id)
