"""What a sweep logs and counts for one row, and when it checks the row again."""

from __future__ import annotations

from datetime import timedelta

from payments.usecases.payment.due import _refund_again
from payments.usecases.payment.refresh import refresh_payment
from tests.usecases.case.test_decide import excess_whose_refund_failed
from tests.usecases.disputing import disputed_at, the_dispute
from tests.usecases.steps import REFRESH, opened_at, paid_at, swept

HOUR_S = 3600


def test_a_payment_of_which_there_is_nothing_new_is_not_due_again_at_once() -> None:
    world, _ = opened_at("phonepe")
    world.advance(61)
    assert [world.sweep()["checked"] for _ in range(2)] == [1, 0]


def test_a_paid_payment_is_not_counted_as_pending_however_old_it_is() -> None:
    world, answer = opened_at("phonepe")
    world.payer("pay", answer["attempt_id"])
    refresh_payment(answer["payment_id"], world.context(REFRESH))
    world.advance(2 * HOUR_S)
    assert world.sweep()["checked"] == 1
    assert world.metrics["PendingOver30Min"] == 0


def test_a_refund_that_a_sweep_finds_completed_is_recovered() -> None:
    world, payment_id = paid_at("phonepe")
    world.refund(payment_id, 10000)
    world.advance(600)
    assert world.sweep()["recovered"] == 1
    assert [refund.status for refund in world.refunds(payment_id)] == ["completed"]


def test_a_refund_that_is_open_for_more_than_a_day_is_counted_and_named() -> None:
    world, payment_id = paid_at("phonepe")
    world.fault("error_before", "refund", times=-1)
    refund_id = world.refund(payment_id, 10000)["refund_id"]
    for hours in (23, 2):
        assert world.metrics["RefundOver24Hours"] == 0
        world.advance(hours * HOUR_S)
        world.sweep()
    assert world.metrics["RefundOver24Hours"] == 1
    assert [line["refund_id"] for line in world.log if line["message"] == "refund.open_long"] == [refund_id]


def test_a_dispute_that_a_sweep_finds_lost_is_recovered() -> None:
    world, payment_id, ref = disputed_at("razorpay")
    dispute = the_dispute(world, payment_id)
    world.admin("POST", f"/_sim/disputes/{ref}", {"act": "lose"}, "razorpay")
    assert dispute.due_at is not None
    world.clock.sleep((dispute.due_at - world.clock.now()).total_seconds() + 1)
    assert world.sweep()["recovered"] == 1
    assert the_dispute(world, payment_id).status == "lost"


def test_an_excess_capture_whose_refund_failed_is_refunded_again_once_though_two_find_it() -> None:
    world, payment_id = excess_whose_refund_failed()
    payment, before = world.payment(payment_id), len(world.refunds(payment_id))
    (excess,) = (attempt for attempt in payment.attempts if attempt.is_excess and attempt.available_minor)
    for _ in range(2):  # The second one has read the same state as the first.
        _refund_again(payment, excess.id, world.context())
    assert len(world.refunds(payment_id)) == before + 1


def test_a_completed_refund_that_is_watched_is_not_counted_as_open() -> None:
    world, payment_id = paid_at("stripe")
    world.refund(payment_id, 10000)
    swept(world, 3)
    assert [refund.status for refund in world.refunds(payment_id)] == ["completed"]
    world.advance(25 * HOUR_S)
    world.sweep()
    assert world.metrics["RefundOver24Hours"] == 0


def test_a_refund_that_waits_for_its_turn_is_checked_less_often() -> None:
    world, payment_id = paid_at("phonepe")
    world.fault("error_before", "refund", times=-1)  # The first one stays where it is.
    for key in ("first", "second"):
        world.refund(payment_id, 10000, key)
    world.advance(700)
    assert world.sweep()["checked"] == 2
    first, second = (refund.due_at - world.clock.now() for refund in world.refunds(payment_id) if refund.due_at)
    assert (first, second) == (timedelta(minutes=1), timedelta(minutes=10))


def test_where_refunds_of_one_order_run_side_by_side_none_waits_for_its_turn() -> None:
    world, payment_id = paid_at("razorpay")
    world.fault("error_before", "refund", times=-1, at="razorpay")
    for key in ("first", "second"):
        world.refund(payment_id, 10000, key)
    world.advance(700)
    assert world.sweep()["checked"] == 2
    looks = [refund.due_at - world.clock.now() for refund in world.refunds(payment_id) if refund.due_at]
    assert looks == [timedelta(minutes=1)] * 2
