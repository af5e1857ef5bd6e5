"""A request that other writers keep overtaking fails with an error: nothing was done, and it may be repeated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from dev.dynamodb_model import errors
from payments.usecases.case import approve as approvals
from payments.usecases.commit import TRIES
from payments.usecases.dispute.accept import accept_dispute
from payments.usecases.dispute.refresh import refresh_dispute
from payments.usecases.errors import Busy
from payments.usecases.payment.cancel import cancel_payment
from payments.usecases.payment.capture import capture_payment
from tests.usecases.case.test_decide import above_limit, request
from tests.usecases.dispute.test_disputes_and_refunds import forced
from tests.usecases.disputing import FINANCE, disputed_at, judged, the_dispute
from tests.usecases.steps import authorized_at, opened_at, paid_at, world_at
from tests.world import World


@dataclass(frozen=True)
class Scene:
    """`writes_before` is the number of the request's transactions that succeed before others interfere."""

    world: World
    act: Callable[[], Any]
    writes_before: int = 0


def initiating() -> Scene:
    world = world_at("phonepe")
    return Scene(world, world.initiate)


def retrying() -> Scene:
    world, answer = opened_at("phonepe")
    world.payer("decline", answer["attempt_id"])
    world.advance(61)
    world.sweep()
    return Scene(world, lambda: world.retry(answer["payment_id"]))


def refunding() -> Scene:
    world, payment_id = paid_at("phonepe")
    return Scene(world, lambda: world.refund(payment_id, 10000))


def capturing(writes_before: int) -> Callable[[], Scene]:
    def scene() -> Scene:
        world, payment_id = authorized_at("stripe")
        return Scene(world, lambda: capture_payment(payment_id, None, world.context()), writes_before)

    return scene


def cancelling() -> Scene:
    world, payment_id = authorized_at("stripe")
    return Scene(world, lambda: cancel_payment(payment_id, "", world.context()))


def requesting_approval() -> Scene:
    world, _ = above_limit()
    return Scene(world, lambda: request(world))


def refusing_approval() -> Scene:
    world, _ = above_limit()
    approval = request(world)
    return Scene(world, lambda: approvals.refuse(approval.id, "", world.context(FINANCE)))


def approving_forced_refund() -> Scene:
    world, payment_id, _ = disputed_at("phonepe", respond_in_s=9e6)
    approval_id = forced(world, payment_id, 10000)["approval_id"]
    return Scene(world, lambda: approvals.approve(approval_id, "", world.context(FINANCE)))


def accepting(writes_before: int) -> Callable[[], Scene]:
    def scene() -> Scene:
        world, payment_id, _ = disputed_at("razorpay")
        dispute_id = the_dispute(world, payment_id).id
        return Scene(world, lambda: accept_dispute(dispute_id, "lost", world.context(FINANCE)), writes_before)

    return scene


def refreshing_dispute() -> Scene:
    world, payment_id, ref = disputed_at("razorpay")
    world.sims["razorpay"].outbox._post = lambda *_: 200
    judged(world, ref, "win", "razorpay")
    dispute_id = the_dispute(world, payment_id).id
    return Scene(world, lambda: refresh_dispute(dispute_id, world.context(FINANCE)))


@pytest.mark.parametrize(
    "scene",
    [
        initiating,
        retrying,
        refunding,
        capturing(0),
        capturing(1),
        cancelling,
        requesting_approval,
        refusing_approval,
        approving_forced_refund,
        accepting(0),
        accepting(1),
        refreshing_dispute,
    ],
)
def test_a_request_that_is_overtaken_too_often_fails_and_may_be_repeated(scene: Callable[[], Scene]) -> None:
    made = scene()
    world, before = made.world, made.world.tables()

    def conflicts(_: Any) -> None:
        raise errors.cancelled([errors.reason("TransactionConflict")])

    write = "transact_write_items"
    world.client.before = [(write, lambda _: None)] * made.writes_before + [(write, conflicts)] * TRIES
    with pytest.raises(Busy):
        made.act()
    assert world.client.before == []
    assert (world.tables() == before) is (made.writes_before == 0)
    made.act()
    assert world.tables() != before
