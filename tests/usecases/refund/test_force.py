"""A forced refund beside other refunds, and of a capture that is not the newest attempt."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dev.histories.whole import list_approvals
from payments.domain.rules import transitions
from payments.domain.values.status import Failure, FailureCode, Status
from payments.usecases.case.approve import approve
from payments.usecases.errors import DecisionNotPossible
from tests.usecases.dispute.test_disputes_and_refunds import forced
from tests.usecases.disputing import FINANCE, disputed_at, raised
from tests.usecases.steps import paid_at
from tests.world import OWNER, WORKSPACE, World


@pytest.mark.parametrize(("gateway", "waiting"), [("phonepe", 1), ("razorpay", 0)])
def test_a_forced_refund_waits_for_another_one_only_where_the_gateway_takes_one_at_a_time(
    gateway: str, waiting: int
) -> None:
    world, payment_id = paid_at(gateway, delivers_webhooks=True)
    world.fault("refuse", "refund", -1, at=gateway)
    other = world.refund(payment_id, 10000)["refund_id"]
    raised(world, payment_id, gateway, 1000, respond_in_s=9e6)
    approve(forced(world, payment_id, 5000)["approval_id"], "", world.context(FINANCE))
    live = world.payment(payment_id).current
    assert (live.waiting_refunds, live.refunding_id == other, live.reserved_minor) == (waiting, waiting == 1, 15000)


def tried_again(world: World, payment_id: str) -> None:
    """As after a later attempt that failed: the newest attempt is not the winning one."""
    payment, now = world.payment(payment_id), world.clock.now()
    again = replace(
        payment.current,
        id="att_01JD0000000000000000000000",
        number=2,
        status=Status.FAILED,
        failure=Failure(FailureCode.OTHER),
        captured_minor=0,
        disputed_minor=0,
        open_disputes=0,
        payment_ref="",
        checkout_ref="",
    )
    change = transitions.outcome_unknown(payment, payment.current.id, OWNER, now)
    assert change
    moved = replace(change.payment, attempts=(*change.payment.attempts, again))
    world.ports.store.within(WORKSPACE).save(replace(change, payment=moved))


def test_a_forced_refund_is_of_the_capture_that_the_order_keeps() -> None:
    world, payment_id, _ = disputed_at("phonepe", respond_in_s=9e6)
    winner_id = world.payment(payment_id).winning_attempt_id
    tried_again(world, payment_id)
    assert world.payment(payment_id).current.id != winner_id
    approval_id = forced(world, payment_id, 10000)["approval_id"]
    assert [one.attempt_id for one in list_approvals(WORKSPACE, world.ports)] == [winner_id]
    approve(approval_id, "", world.context(FINANCE))
    assert [(one.attempt_id, one.amount.minor) for one in world.refunds(payment_id)] == [(winner_id, 10000)]


def test_an_approved_refund_is_reported_as_approved_by_the_second_person_and_made_by_the_first() -> None:
    world, payment_id, _ = disputed_at("phonepe", respond_in_s=9e6)
    approve(forced(world, payment_id, 10000)["approval_id"], "", world.context(FINANCE))
    reported = {one.kind: one.actor for one in world.ports.store.within(WORKSPACE).list_events(payment_id)}
    assert (reported["approval.requested"], reported["approval.approved"]) == (OWNER.actor, FINANCE.actor)
    assert reported["refund.created"] == OWNER.actor


def test_approving_more_than_is_left_is_refused_with_the_amount_left_beside_the_dispute() -> None:
    world, payment_id, _ = disputed_at("phonepe", respond_in_s=9e6)
    one, other = (forced(world, payment_id, minor, key)["approval_id"] for minor, key in ((9900, "a"), (49900, "b")))
    approve(one, "", world.context(FINANCE))
    with pytest.raises(DecisionNotPossible, match="at most 40000 INR"):
        approve(other, "", world.context(FINANCE))


def test_each_key_resumes_its_own_request() -> None:
    world, payment_id, _ = disputed_at("phonepe", respond_in_s=9e6)

    def die(_: object) -> None:
        raise KeyboardInterrupt

    world.client.before += [("transact_write_items", lambda _: None), ("transact_write_items", die)]
    with pytest.raises(KeyboardInterrupt):
        forced(world, payment_id, 10000, "a")
    (first,) = list_approvals(WORKSPACE, world.ports)
    world.clock.sleep(31)
    other = forced(world, payment_id, 20000, "b")
    assert forced(world, payment_id, 10000, "a") == {"approval_id": first.id, "amount": 10000}
    assert other["approval_id"] != first.id
