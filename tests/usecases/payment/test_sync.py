"""What one answer of a gateway ends: further captures, a search, an excess capture, a refund."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from payments.domain.change import Change
from payments.domain.records.case import Case, CaseKind
from payments.domain.records.payment import Attempt, Payment, Review, ReviewKind
from payments.domain.records.refund import SYSTEM, Refund
from payments.domain.records.snapshot import ExtraCapture, Snapshot
from payments.domain.rules import transitions
from payments.domain.values.account import Account
from payments.domain.values.status import Status
from payments.gateways.contract.errors import Unavailable
from payments.usecases.payment.sync import decide_outcome, fetch_and_decide, mark
from payments.usecases.refund.sync import (
    FIRST_SENDING,
    end_excess_case,
    fetch_and_decide_refund,
    send_refund,
    sync_refund,
)
from tests.usecases.disputing import judged, raised
from tests.usecases.payment.test_late_and_wrong import expired_then_paid, policy
from tests.usecases.steps import AMOUNT, paid_at
from tests.world import OWNER, WORKSPACE, World

MOMENT, SETTLED = timedelta(milliseconds=1), timedelta(minutes=15)


# Further captures of one attempt.


def reported(world: World, payment: Payment, *refs: str, status: Status = Status.COMPLETED) -> Change | None:
    """The follow-ups when the gateway reports further captures with these refs."""
    stored = next(attempt for attempt in payment.attempts if not attempt.duplicate_of)
    others = tuple(ExtraCapture(ref, stored.amount) for ref in refs)
    snapshot = Snapshot(status, stored.amount, stored.payment_ref, extra_captures=others)
    return decide_outcome(payment, stored, snapshot, world.context())


def test_of_several_further_captures_each_check_books_the_earliest_that_is_unknown() -> None:
    world, payment_id = paid_at("razorpay")
    payment, booked = world.payment(payment_id), list[set[str]]()
    for _ in range(3):
        change = reported(world, payment, "pay_second", "pay_third", "pay_fourth")
        assert change is not None
        payment = change.payment
        booked.append({attempt.payment_ref for attempt in payment.attempts if attempt.duplicate_of})
    assert booked == [
        {"pay_second"},
        {"pay_second", "pay_third"},
        {"pay_second", "pay_third", "pay_fourth"},
    ]
    assert reported(world, payment, "pay_second", "pay_third", "pay_fourth") is None


def test_while_the_payment_is_under_review_no_further_capture_is_booked() -> None:
    world, payment_id = paid_at("razorpay")
    payment = world.payment(payment_id)
    review = Review(ReviewKind.AMOUNT, payment.current.id, world.clock.now())
    assert reported(world, replace(payment, review=review), "pay_second") is None


def test_a_further_capture_of_an_attempt_that_is_not_completed_is_left_to_a_later_check() -> None:
    world, payment_id = paid_at("razorpay")
    payment = world.payment(payment_id)
    undone = replace(payment.current, status=Status.PENDING, captured_minor=0, payment_ref="")
    undone_payment = replace(payment.with_attempt(undone), winning_attempt_id="", status=Status.PENDING)
    assert reported(world, undone_payment, "pay_second", status=Status.PENDING) is None


def test_no_gateway_is_called_about_the_duplicate_of_an_attempt() -> None:
    world, payment_id = paid_at("razorpay")
    change = reported(world, world.payment(payment_id), "pay_second")
    assert change is not None
    (copy,) = [attempt for attempt in change.payment.attempts if attempt.duplicate_of]
    before = world.ledger("razorpay")["calls"]
    assert fetch_and_decide(change.payment, copy, world.context()) is None
    assert world.ledger("razorpay")["calls"] == before


# The end of a search.


@pytest.mark.parametrize(
    ("gateway", "status", "is_searched"),
    [
        ("stripe", Status.CREATED, True),
        ("square", Status.CREATED, True),
        ("razorpay", Status.CREATED, True),
        ("stripe", Status.PENDING, False),
        ("phonepe", Status.CREATED, False),  # It is found by our id: no search is needed.
        ("paypal", Status.CREATED, False),
    ],
)
def test_only_what_a_gateway_searches_for_was_searched_for(gateway: str, status: Status, is_searched: bool) -> None:
    world, payment_id = paid_at(gateway)
    adapter = world.ports.gateway(Account(gateway))
    assert mark(Snapshot(status), world.payment(payment_id).current, adapter).is_searched is is_searched


# The case of an excess capture whose refund failed.


def excess(world: World) -> tuple[Payment, Refund]:
    """Late money that is refunded, and its refund; a case says that an earlier refund failed."""
    policy(world, "refund")
    payment = world.payment(expired_then_paid(world))
    (refund,) = world.refunds(payment.id)
    return payment, refund


def with_case(world: World, payment: Payment, **decided: Any) -> Case:
    kind = CaseKind.EXCESS_REFUND_FAILED
    case = Case(kind, payment.id, WORKSPACE, world.clock.now(), "failed", payment.id, payment.amount)
    case = replace(case, **decided)
    change = transitions.outcome_unknown(payment, payment.current.id, OWNER, world.clock.now())
    world.ports.store.within(WORKSPACE).save(replace(change, records=(case,)))
    return case


def ended(world: World, payment: Payment, refund: Refund, *attempts: Attempt, **changes: Any) -> list[Case]:
    """The cases that end with `refund`, if the payment has these attempts."""
    done = replace(refund, **{"status": Status.COMPLETED} | changes)
    change = Change(replace(payment, attempts=attempts), (), (done,))
    after = end_excess_case(change, world.context())
    assert after is not None
    return [record for record in after.records if isinstance(record, Case)]


def test_a_case_that_a_person_has_decided_stays_as_it_is(silent_world: World) -> None:
    payment, refund = excess(silent_world)
    back = replace(payment.current, reserved_minor=0, refunded_minor=AMOUNT)
    now = silent_world.clock.now()
    with_case(silent_world, payment, decided_at=now, decided_by="user:owner", outcome="write_off")
    assert ended(silent_world, payment, refund, back) == []


@pytest.mark.parametrize("left", [{"reserved_minor": 0}, {"reserved_minor": 1, "refunded_minor": AMOUNT - 1}])
@pytest.mark.parametrize("is_last", [True, False])
def test_the_case_stays_open_while_any_excess_is_to_be_refunded_or_is_being_refunded(
    silent_world: World, left: dict[str, int], is_last: bool
) -> None:
    payment, refund = excess(silent_world)
    with_case(silent_world, payment)
    back = replace(payment.current, reserved_minor=0, refunded_minor=AMOUNT)
    other = replace(payment.current, id="att_other", **left)  # type: ignore[arg-type]
    attempts = (back, other) if is_last else (other, back)
    assert ended(silent_world, payment, refund, *attempts) == []


def test_the_case_ends_though_money_of_the_winning_capture_is_left(silent_world: World) -> None:
    payment, refund = excess(silent_world)
    with_case(silent_world, payment)
    back = replace(payment.current, reserved_minor=0, refunded_minor=AMOUNT)
    stored = replace(payment.current, id="att_kept", is_excess=False, reserved_minor=100)
    (case,) = ended(silent_world, payment, refund, stored, back)
    assert (case.outcome, case.decided_by, case.decided_at) == ("ended", SYSTEM, silent_world.clock.now())


@pytest.mark.parametrize("changes", [{"actor": "user:owner"}, {"status": Status.PROCESSING}])
def test_the_case_ends_only_with_a_completed_refund_of_the_system(silent_world: World, changes: dict[str, Any]) -> None:
    payment, refund = excess(silent_world)
    with_case(silent_world, payment)
    back = replace(payment.current, reserved_minor=0, refunded_minor=AMOUNT)
    assert ended(silent_world, payment, refund, back, **changes) == []


# Refunds that are refused, and refunds whose money a dispute debited.


def unsent(world: World, payment_id: str, minor: int) -> Refund:
    """A refund whose call never arrived."""
    world.fault("error_before", "refund")
    refund_id = world.refund(payment_id, minor)["refund_id"]
    return world.ports.store.within(WORKSPACE).get_refund(refund_id)


@pytest.mark.parametrize(
    ("age", "status"),
    [
        (FIRST_SENDING - MOMENT, Status.FAILED),  # No other call was sent.
        (FIRST_SENDING, Status.CREATED),
        (SETTLED, Status.CREATED),
        (SETTLED + MOMENT, Status.FAILED),
    ],
)
def test_a_refusal_ends_a_refund_before_anybody_else_sends_it_or_after_every_sending_has_arrived(
    age: timedelta, status: Status
) -> None:
    world, payment_id = paid_at("phonepe")
    refund, attempt = unsent(world, payment_id, 100), world.payment(payment_id).current
    world.sim.model.refund_by_hand(attempt.id, AMOUNT)  # So the gateway refuses ours.
    aged = replace(refund, created_at=world.clock.now() - age)
    assert send_refund(aged, attempt, world.ports).status is status


def test_a_refund_is_sent_by_its_creator_alone_for_less_than_a_minute() -> None:
    assert timedelta(seconds=55) == FIRST_SENDING
    world, payment_id = paid_at("phonepe")
    refund = unsent(world, payment_id, 100)
    assert refund.due_at is not None
    assert refund.due_at - refund.created_at > FIRST_SENDING


@pytest.mark.parametrize(("age", "is_failed"), [(SETTLED, False), (SETTLED + MOMENT, True)])
def test_a_refund_whose_money_a_dispute_debited_fails_once_no_call_can_arrive(age: timedelta, is_failed: bool) -> None:
    world, payment_id = paid_at("phonepe", delivers_webhooks=True)
    world.fault("refuse", "refund", -1)
    refund_id = world.refund(payment_id, 40000)["refund_id"]
    ref = raised(world, payment_id, "phonepe", 20000, respond_in_s=9e6)
    world.admin("DELETE", "/_sim/faults")
    judged(world, ref, "lose", "phonepe")
    payment, refund = world.ports.store.within(WORKSPACE).get_refunding(payment_id, refund_id)
    change = fetch_and_decide_refund(payment, replace(refund, created_at=world.clock.now() - age), world.context())
    assert bool(change and change.refund and change.refund.status is Status.FAILED) is is_failed
    assert world.ledger()["refunds"] == []


def test_a_refund_that_the_gateway_contradicts_was_changed_by_its_check() -> None:
    world, payment_id = paid_at("phonepe")
    refund_id = world.refund(payment_id, 10000)["refund_id"]
    world.fault("wrong_amount", "refund_status", times=-1)
    world.advance(10)
    checks = [sync_refund(payment_id, refund_id, world.context()) for _ in range(2)]
    assert [(refund.is_contradicted, was_changed) for refund, was_changed in checks] == [(True, True), (True, False)]


def test_a_refund_that_a_webhook_names_and_that_cannot_be_found_now_is_not_searched_elsewhere() -> None:
    world, payment_id = paid_at("stripe")
    world.fault("lose_answer", "refund", at="stripe")
    refund_id = world.refund(payment_id, 10_000)["refund_id"]
    (there,) = world.ledger("stripe")["refunds"]
    payment, refund = world.ports.store.within(WORKSPACE).get_refunding(payment_id, refund_id)
    world.fault("error_before", "refund_status", at="stripe")
    with pytest.raises(Unavailable):
        fetch_and_decide_refund(payment, refund, world.context(), hint=there["ref"])
