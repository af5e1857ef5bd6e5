"""From which age a row counts for an alarm, what is logged of it, and how it is postponed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from payments.domain.records.payment import Attempt
from payments.domain.records.snapshot import Snapshot
from payments.domain.values.account import Account
from payments.gateways.contract.errors import Rejected
from payments.store.contract.due import Due
from payments.store.contract.errors import StoreUnavailable
from payments.usecases.sweep.rows import RowResult, sweep_row
from tests.usecases.case.test_decide import excess_whose_refund_failed
from tests.usecases.disputing import disputed_at, the_dispute
from tests.usecases.payment.test_after_the_end import under_way
from tests.usecases.steps import authorized_at, opened_at, paid_at
from tests.world import WORKSPACE, World

MOMENT = timedelta(milliseconds=1)


def swept(world: World, payment_id: str, refund_id: str = "") -> RowResult:
    payment = world.payment(payment_id)
    kind, subject_id = ("refund", refund_id) if refund_id else ("payment", payment_id)
    due_at = next((refund.due_at for refund in world.refunds(payment_id) if refund.id == refund_id), payment.due_at)
    assert due_at
    return sweep_row(Due(kind, WORKSPACE, payment_id, subject_id, due_at, payment.current.gateway), world.ports)


def at(world: World, moment: Any) -> None:
    world.clock.sleep((moment - world.clock.now()).total_seconds() + 0.0001)
    assert world.clock.now() == moment


def reported(world: World, what: str) -> list[dict[str, object]]:
    return [line for line in world.log if line["message"] == what]


def test_a_payment_is_pending_for_long_after_thirty_minutes_and_is_named() -> None:
    world, answer = opened_at("phonepe")
    payment_id, limit = answer["payment_id"], timedelta(minutes=30)
    created_at = world.payment(payment_id).current.created_at
    at(world, created_at + limit)
    world.fault("error_before", "status", times=-1)
    assert (swept(world, payment_id).metrics, reported(world, "payment.pending_long")) == ((), [])
    at(world, created_at + limit + MOMENT)
    late = swept(world, payment_id)
    assert (late.outcome, late.metrics) == ("failed", ("PendingOver30Min",)), "an outage hides nobody's age"
    assert reported(world, "payment.pending_long") == [
        {"message": "payment.pending_long", "workspace_id": WORKSPACE, "payment_id": payment_id}
    ]


def test_money_under_way_is_counted_five_days_after_it_set_out() -> None:
    world, payment_id = under_way("stripe")
    live = world.payment(payment_id).current
    set_out = live.in_progress_at
    assert set_out
    assert set_out > live.created_at + timedelta(minutes=20), "it was asked about until its time was over"
    at(world, set_out + timedelta(days=5))
    assert swept(world, payment_id).metrics == ()
    at(world, set_out + timedelta(days=5) + MOMENT)
    assert swept(world, payment_id).metrics == ("InProgressOver5Days",)


def test_an_authorization_that_waits_for_the_merchant_is_not_pending() -> None:
    world, payment_id = authorized_at("stripe")
    world.clock.sleep(7200)
    assert swept(world, payment_id).metrics == ()


def test_a_refund_is_open_for_long_after_a_day_and_is_counted_though_no_gateway_answers() -> None:
    world, payment_id = paid_at("phonepe")
    world.fault("error_before", "*", times=-1)
    refund_id = world.refund(payment_id, 10000)["refund_id"]
    (refund,) = world.refunds(payment_id)
    at(world, refund.created_at + timedelta(days=1))
    assert (swept(world, payment_id, refund_id).metrics, reported(world, "refund.open_long")) == ((), [])
    at(world, refund.created_at + timedelta(days=1) + MOMENT)
    late = swept(world, payment_id, refund_id)
    assert (late.outcome, late.metrics) == ("failed", ("RefundOver24Hours",))
    ids = {"workspace_id": WORKSPACE, "payment_id": payment_id, "refund_id": refund_id}
    assert reported(world, "refund.open_long") == [{"message": "refund.open_long", **ids}]


def test_a_dispute_that_is_due_soon_is_counted_and_named() -> None:
    world, payment_id, _ = disputed_at("stripe")
    dispute = the_dispute(world, payment_id)
    assert dispute.respond_by
    assert dispute.due_at
    row = Due("dispute", WORKSPACE, payment_id, dispute.id, dispute.due_at, "stripe")
    assert sweep_row(row, world.ports).metrics == ()
    at(world, dispute.respond_by - timedelta(hours=1))
    assert sweep_row(row, world.ports).metrics == ("DisputeDueSoon",)
    ids = {"workspace_id": WORKSPACE, "payment_id": payment_id, "subject_id": dispute.id}
    assert reported(world, "dispute.due_soon") == [{"message": "dispute.due_soon", **ids}]


def test_a_failing_row_is_tried_again_after_one_two_four_eight_and_fifteen_minutes() -> None:
    world, answer = opened_at("phonepe")
    world.fault("error_before", "status", times=-1)
    world.clock.sleep(61)
    waits = []
    for _ in range(7):
        assert swept(world, answer["payment_id"]).outcome == "failed"
        due_at = world.payment(answer["payment_id"]).due_at
        assert due_at
        waits.append((due_at - world.clock.now()) / timedelta(minutes=1))
        at(world, due_at)
    assert waits == [1, 2, 4, 8, 15, 15, 15]


@pytest.mark.parametrize(("is_silent", "method"), [(False, "defer"), (True, "back_off")])
def test_a_row_that_cannot_be_put_off_is_noted_and_has_its_outcome(is_silent: bool, method: str) -> None:
    world, answer = opened_at("phonepe")
    if is_silent:
        world.fault("error_before", "status", times=-1)
    world.clock.sleep(61)

    def failing(*_: object) -> None:
        raise StoreUnavailable("throttled")

    world.override_store(**{method: failing})
    assert swept(world, answer["payment_id"]).outcome == ("failed" if is_silent else "open")
    facts = {"subject_id": answer["payment_id"], "error": "StoreUnavailable", "why": "throttled"}
    assert reported(world, "sweep.undeferred") == [{"message": "sweep.undeferred", "level": "WARNING", **facts}]


def test_a_row_that_cannot_be_handled_says_which_and_why() -> None:
    world, answer = opened_at("phonepe")
    world.fault("error_before", "status", times=-1)
    world.clock.sleep(61)
    swept(world, answer["payment_id"])
    (line,) = reported(world, "sweep.failed")
    assert (line["kind"], line["subject_id"], line["error"], line["level"]) == (
        "payment",
        answer["payment_id"],
        "Unavailable",
        "WARNING",
    )
    assert line["why"]


def test_what_a_sweep_books_is_reported_as_done_by_the_sweep() -> None:
    world, answer = opened_at("phonepe")
    world.payer("pay", answer["attempt_id"])
    world.clock.sleep(61)
    assert swept(world, answer["payment_id"]).outcome == "recovered"
    last = world.ports.store.within(WORKSPACE).list_events(answer["payment_id"])[-1]
    assert (last.kind, last.actor, last.cause) == ("attempt.completed", "system", "sweep")


def requested_about(world: World, errs: str = "") -> list[str]:
    """The attempts that are checked from now on; the check of one of them fails."""
    adapter: Any = world.ports.gateway(Account("phonepe"))
    fetch, request = adapter.fetch_payment, list[str]()

    def noting(attempt: Attempt) -> Snapshot:
        request.append(attempt.id)
        if attempt.id == errs:
            raise Rejected("no", code="NEW_CODE")
        return fetch(attempt)  # type: ignore[no-any-return]

    world.override("phonepe", fetch_payment=noting)
    return request


def retried() -> tuple[World, str, str]:
    """The first attempt was declined, and the second is paid, which our books do not know yet; returns the first one's
    id.
    """
    world, answer = opened_at("phonepe")
    world.payer("decline", answer["attempt_id"])
    world.advance(61)
    world.sweep()
    world.payer("pay", world.retry(answer["payment_id"])["attempt_id"])
    world.advance(61)
    return world, answer["payment_id"], answer["attempt_id"]


def test_a_payment_of_two_attempts_with_an_answer_for_one_is_not_due_again_at_once() -> None:
    world, payment_id, _ = retried()
    world.clock.sleep(3600)
    assert swept(world, payment_id).outcome == "recovered"
    assert world.sweep()["checked"] == 0


def test_an_answer_about_one_attempt_does_not_hide_that_another_could_not_be_checked() -> None:
    world, payment_id, first_id = retried()
    requested_about(world, errs=first_id)
    assert (swept(world, payment_id).outcome, world.payment(payment_id).status) == ("failed", "completed")
    assert len(reported(world, "sweep.failed")) == 1


def test_an_excess_capture_that_is_being_refunded_is_checked_still() -> None:
    world, payment_id = excess_whose_refund_failed()
    (excess,) = (one for one in world.payment(payment_id).attempts if one.is_excess and one.available_minor)
    request = requested_about(world)
    swept(world, payment_id)
    assert (excess.id in request, world.payment(payment_id).attempt(excess.id).available_minor) == (False, 0)
    swept(world, payment_id)
    assert excess.id in request


def test_a_dispute_of_which_there_is_nothing_new_is_checked_again_later() -> None:
    world, payment_id, _ = disputed_at("stripe")
    dispute = the_dispute(world, payment_id)
    assert dispute.due_at
    at(world, dispute.due_at)
    row = Due("dispute", WORKSPACE, payment_id, dispute.id, dispute.due_at, "stripe")
    assert sweep_row(row, world.ports).outcome == "open"
    later = the_dispute(world, payment_id).due_at
    assert later
    assert later > world.clock.now()
