"""The limits of a refund to the minor unit and the second, and which capture it belongs to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from payments.domain.records.payment import Attempt, Payment, Review, ReviewKind
from payments.domain.rules import transitions
from payments.domain.values.clock import to_text
from payments.domain.values.status import Status
from payments.usecases.errors import (
    DisputeOpen,
    InvalidState,
    RefundBelowMinimum,
    RefundExceedsPayment,
    RefundWindowExpired,
)
from tests.usecases.disputing import disputed_at, disputes, raised
from tests.usecases.steps import AMOUNT, paid_at, swept
from tests.world import OWNER, WORKSPACE, World

DAY_S = 86_400


def saved(world: World, payment: Payment, *records: Any, **changes: Any) -> None:
    """Store this payment."""
    change = transitions.outcome_unknown(replace(payment, **changes), payment.current.id, OWNER, world.clock.now())
    world.ports.store.within(WORKSPACE).save(replace(change, records=records))


def aged(world: World, payment_id: str, age: timedelta) -> None:
    left = world.payment(payment_id).current.created_at + age - world.clock.now()
    world.clock.sleep(left.total_seconds())
    assert world.clock.now() == world.payment(payment_id).current.created_at + age


@pytest.mark.parametrize(("gateway", "days"), [("phonepe", 90), ("square", 180)])  # Square itself has no such limit.
def test_a_payment_is_refunded_up_to_the_last_moment_of_its_window(gateway: str, days: int) -> None:
    world, payment_id = paid_at(gateway)
    aged(world, payment_id, timedelta(days=days))
    assert world.refund(payment_id, 1000)["amount"] == 1000
    world.clock.sleep(0.002)
    with pytest.raises(RefundWindowExpired) as refused:
        world.refund(payment_id, 1000, key="late")
    assert refused.value.details == {"days": days}


def test_the_window_begins_with_the_attempt_that_was_paid_and_not_with_an_earlier_one() -> None:
    world, payment_id = paid_at("phonepe")
    payment = world.payment(payment_id)
    earlier = replace(payment.current, id="att_earlier", status=Status.FAILED, captured_minor=0)
    moved = timedelta(days=3)
    paid = replace(
        payment.current, created_at=payment.current.created_at + moved, sent_at=payment.current.sent_at + 2 * moved
    )
    saved(world, payment, attempts=(earlier, paid))
    world.clock.sleep(92 * DAY_S)
    assert world.refund(payment_id, 1000)["amount"] == 1000
    world.clock.sleep(DAY_S)
    with pytest.raises(RefundWindowExpired):
        world.refund(payment_id, 1000, key="late")


@pytest.mark.parametrize(
    ("minor", "is_refunded"), [(99, False), (100, True), (AMOUNT - 100, True), (AMOUNT - 99, False)]
)
def test_the_least_may_be_refunded_and_the_least_may_be_left(minor: int, is_refunded: bool) -> None:
    world, payment_id = paid_at("phonepe")
    if is_refunded:
        assert world.refund(payment_id, minor)["amount"] == minor
        return
    with pytest.raises(RefundBelowMinimum):
        world.refund(payment_id, minor)
    assert world.refunds(payment_id) == []


def test_a_gateway_without_a_minimum_refunds_one_unit_and_leaves_one() -> None:
    world, payment_id = paid_at("square")
    assert [world.refund(payment_id, minor, f"{minor}")["amount"] for minor in (1, AMOUNT - 2, 1)] == [1, AMOUNT - 2, 1]


def test_all_that_is_left_may_be_refunded_though_it_is_less_than_the_least() -> None:
    world, payment_id = paid_at("phonepe")
    payment = world.payment(payment_id)
    saved(world, payment.with_attempt(replace(payment.current, refunded_minor=AMOUNT - 50)))
    assert world.refund(payment_id)["amount"] == 50


@pytest.mark.parametrize("minor", [None, 0, 1])
def test_where_nothing_is_left_nothing_is_refunded(minor: int | None) -> None:
    world, payment_id = paid_at("phonepe")
    world.refund(payment_id)
    swept(world, 5)
    with pytest.raises(RefundExceedsPayment) as refused:
        world.refund(payment_id, minor, key="again")
    assert refused.value.details == {"available": 0, "currency": "INR"}
    assert len(world.refunds(payment_id)) == 1


def test_what_the_payment_is_under_review_for_is_decided_before_a_refund() -> None:
    world, payment_id = paid_at("phonepe")
    payment = world.payment(payment_id)
    saved(world, payment, review=Review(ReviewKind.AMOUNT, payment.current.id, world.clock.now()))
    with pytest.raises(InvalidState, match="under review") as refused:
        world.refund(payment_id, 1000)
    assert refused.value.details == {"status": "completed", "review": "amount"}
    assert world.refunds(payment_id) == []


def beside(payment: Payment, **changes: Any) -> tuple[Attempt, Attempt]:
    """The winning attempt, and a newer unpaid one at another gateway's second account."""
    newer = replace(
        payment.current, id="att_newer", gateway="stripe", account_name="eu", status=Status.FAILED, captured_minor=0
    )
    return payment.current, replace(newer, open_disputes=0, disputed_minor=0, **changes)


def test_a_refund_is_of_the_winning_capture_and_not_of_the_newest_attempt() -> None:
    world, payment_id = paid_at("phonepe")
    payment = world.payment(payment_id)
    saved(world, payment, attempts=beside(payment))
    world.refund(payment_id, 1000)
    (refund,) = world.refunds(payment_id)
    assert (refund.attempt_id, refund.gateway, refund.account_name) == (payment.current.id, "phonepe", "main")
    assert [there["amount"] for there in world.ledger()["refunds"]] == [1000]


def test_a_chargeback_of_the_winning_capture_counts_though_a_newer_attempt_has_none() -> None:
    world, payment_id, _ = disputed_at("phonepe")
    payment = world.payment(payment_id)
    saved(world, payment, attempts=beside(payment))
    with pytest.raises(DisputeOpen):
        world.refund(payment_id, 1000)


def test_a_refund_says_who_requested_it_and_for_which_order() -> None:
    world, payment_id = paid_at("phonepe")
    now = world.clock.now()
    world.refund(payment_id, 1000)
    (refund,) = world.refunds(payment_id)
    assert (refund.actor, refund.merchant_order_id, refund.workspace_id) == (OWNER.actor, "ORD-1", WORKSPACE)
    assert (refund.created_at, refund.reason_code, refund.is_forced) == (now, "customer_request", False)


@pytest.mark.parametrize("timeless", [0, 1])
def test_the_refusal_names_the_deadline_of_the_chargeback_that_has_one(timeless: int) -> None:
    world, payment_id, _ = disputed_at("razorpay", respond_in_s=9 * DAY_S)
    raised(world, payment_id, "razorpay", 10000, respond_in_s=2 * DAY_S)
    both = disputes(world, payment_id)
    without = replace(both[timeless], respond_by=None, version=both[timeless].version + 1)
    saved(world, world.payment(payment_id), without)
    deadline = both[1 - timeless].respond_by
    assert deadline
    with pytest.raises(DisputeOpen) as refused:
        world.refund(payment_id, 1000)
    assert refused.value.details == {"dispute_ids": [one.id for one in both], "respond_by": to_text(deadline)}


def test_a_chargeback_without_a_deadline_is_refused_without_one() -> None:
    world, payment_id, _ = disputed_at("razorpay", respond_in_s=9 * DAY_S)
    (dispute,) = disputes(world, payment_id)
    saved(world, world.payment(payment_id), replace(dispute, respond_by=None, version=dispute.version + 1))
    with pytest.raises(DisputeOpen) as refused:
        world.refund(payment_id, 1000)
    assert refused.value.details == {"dispute_ids": [dispute.id], "respond_by": None}
