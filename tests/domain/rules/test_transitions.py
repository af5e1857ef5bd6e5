"""How a payment is created, retried, replaced, captured and cancelled."""

from __future__ import annotations

from dataclasses import replace

import pytest

from payments.domain.records.payment import Payment, Review, ReviewKind
from payments.domain.records.snapshot import Snapshot
from payments.domain.rules import transitions
from payments.domain.values.money import Money
from payments.domain.values.status import Status
from payments.domain.values.terms import Terms
from tests.domain.rules.test_money_rules import NO, START, WHY, a_payment, an_attempt, moved
from tests.domain.rules.test_payment_rules import EXCESS, HOUR, MANUAL, MINUTE, PAID, tried_again
from tests.domain.rules.test_rules_after_the_end import with_live


@pytest.mark.parametrize(
    ("of_attempt", "of_payment", "can_retry"),
    [
        ({"status": Status.FAILED}, {}, True),
        ({"status": Status.EXPIRED, "is_ended_by_clock": True}, {}, True),
        ({"status": Status.PENDING}, {}, False),
        (EXCESS, {}, True),
        (EXCESS | {"written_off_minor": 1}, {}, False),
        (PAID, {"winning_attempt_id": "att_1"}, False),
        (PAID, {}, False),
        ({"status": Status.FAILED}, {"winning_attempt_id": "att_1"}, False),
        ({"status": Status.FAILED}, {"replaced_by": "pay_2"}, False),
        ({"status": Status.FAILED}, {"review": Review(ReviewKind.LATE_SUCCESS, "att_1", START)}, False),
    ],
)
def test_an_order_is_tried_again_only_where_nothing_of_it_is_open_winning_or_given_up(
    of_attempt: dict[str, object], of_payment: dict[str, object], can_retry: bool
) -> None:
    payment = replace(with_live(a_payment(), **of_attempt), **of_payment)  # type: ignore[arg-type]
    assert transitions.can_retry(payment) is can_retry


def test_every_attempt_counts_for_another_attempt_or_payment() -> None:
    payment = tried_again()
    assert not transitions.can_retry(payment)
    assert not transitions.can_be_replaced(payment)
    dead = payment.with_attempt(replace(payment.current, status=Status.FAILED))
    assert transitions.can_retry(dead)
    assert transitions.can_be_replaced(dead)
    first = dead.attempts[0]
    assert not transitions.can_be_replaced(dead.with_attempt(replace(first, is_ended_by_clock=True)))
    given_up = replace(first, status=Status.COMPLETED, is_excess=True, captured_minor=1, written_off_minor=1)
    assert not transitions.can_retry(dead.with_attempt(given_up))


def test_a_payment_and_the_one_that_replaces_it_name_each_other() -> None:
    dead = moved(a_payment(), Snapshot(Status.FAILED, failure=NO))
    successor = Payment(
        "pay_2", "ws", "ORD", dead.amount, Status.CREATED, 0, (an_attempt(7),), "u", START, START
    )  # fmt: skip
    change = transitions.replaced(dead, successor, WHY, START)
    assert (change.payment.replaces, change.payment.version, change.events[0].kind) == ("pay_1", 1, "payment.created")
    assert [reference.name for reference in change.references] == ["att_7"]
    assert change.beside
    assert (change.beside.payment.replaced_by, change.beside.payment.status) == ("pay_2", "failed")
    assert change.beside.events[0].subject_id == "pay_2"


def test_a_retry_is_a_payment_that_is_open_again() -> None:
    dead = moved(a_payment(), Snapshot(Status.FAILED, failure=NO))
    change = transitions.retried(dead, an_attempt(2), WHY, START)
    assert (change.payment.status, change.payment.current.id, len(change.payment.attempts)) == ("created", "att_2", 2)
    assert [reference.name for reference in change.references] == ["att_2"]


def test_a_call_that_is_sent_again_has_its_whole_time_again() -> None:
    payment = replace(a_payment(), expires_in_s=900)
    payment = with_live(payment, search_position="p1", is_absent=True)
    live = transitions.resent(payment, "att_1", WHY, START + HOUR).payment.current
    assert (live.sent_at, live.expires_at) == (START + HOUR, START + HOUR + 15 * MINUTE)
    assert (live.search_position, live.is_absent, live.status) == ("", False, "created")


def test_another_gateway_is_called_only_in_the_place_of_an_attempt_that_has_not_begun() -> None:
    successor = replace(an_attempt(2), gateway="stripe", failed_over_from="att_1")
    change = transitions.failed_over(a_payment(), "att_1", NO, successor, WHY, START)
    assert change
    first, second = change.payment.attempts
    assert (first.status, first.failure, second, change.payment.status) == ("failed", NO, successor, "created")
    assert [event.kind for event in change.events] == ["attempt.failed", "attempt.created"]
    for status in (Status.PENDING, Status.FAILED, Status.COMPLETED):
        begun = with_live(a_payment(), status=status)
        assert transitions.failed_over(begun, "att_1", NO, successor, WHY, START) is None


@pytest.mark.parametrize(
    ("status", "token", "ref", "after", "kind", "note"),
    [
        (Status.CREATED, "", "cs_1", Status.PENDING, "attempt.pending", "checkout opened"),
        (Status.CREATED, "pm_1", "", Status.PENDING, "attempt.pending", "charge sent"),
        (Status.AUTHORIZED, "", "cs_1", Status.AUTHORIZED, "attempt.opened", "checkout opened"),
        (Status.COMPLETED, "", "", Status.COMPLETED, "attempt.opened", "checkout opened"),
    ],
)
def test_an_attempt_that_the_gateway_accepted_is_pending_unless_it_is_further_already(
    status: Status, token: str, ref: str, after: Status, kind: str, note: str
) -> None:
    payment = with_live(a_payment(), status=status, terms=Terms(source_token=token))
    change = transitions.acknowledged(payment, payment.current, ref, WHY, START)
    (event,) = change.events
    assert (change.payment.current.status, event.kind, event.note) == (after, kind, note)
    assert [(reference.name, reference.is_ours) for reference in change.references] == ([(ref, False)] if ref else [])


def test_the_wish_to_capture_or_to_cancel_is_stored_before_the_gateway_is_called() -> None:
    payment = with_live(a_payment(), **MANUAL)
    requested = transitions.capture_requested(payment, payment.current, 30000, WHY, START + HOUR)
    live = requested.payment.current
    assert (live.capture_requested_minor, live.last_capture_minor, live.capture_requested_at, live.status) == (
        30000, 30000, START + HOUR, "authorized",
    )  # fmt: skip
    assert requested.events[0].amount_minor == 30000
    voided = transitions.cancel_requested(payment, payment.current, "no stock", WHY, START + HOUR)
    assert (voided.payment.current.is_cancelling, voided.payment.current.cancel_requested_at) == (True, START + HOUR)
    assert voided.events[0].note == "no stock"


def test_a_lost_answer_may_be_a_paid_one() -> None:
    for status, after in ((Status.CREATED, "pending"), (Status.COMPLETED, "completed"), (Status.FAILED, "failed")):
        payment = replace(a_payment(), status=status)
        change = transitions.outcome_unknown(payment, "att_1", WHY, START)
        assert (change.payment.status, change.payment.attempts) == (after, payment.attempts)


@pytest.mark.parametrize(
    ("status", "is_refused"),
    [
        (Status.CREATED, True),
        (Status.PENDING, True),
        (Status.AUTHORIZED, True),
        (Status.CANCELLED, False),
        (Status.COMPLETED, False),
    ],
)
def test_what_the_gateway_refuses_to_open_has_failed_unless_it_has_ended_otherwise(
    status: Status, is_refused: bool
) -> None:
    change = transitions.refused(with_live(a_payment(), status=status), "att_1", NO, WHY, START)
    assert (change is not None) is is_refused
    if change:
        live = change.payment.current
        assert (live.status, live.failure, live.is_ended_by_clock) == ("failed", NO, False)


def test_a_further_capture_of_an_attempt_is_one_of_its_own_before_it() -> None:
    payment = with_live(a_payment(), **PAID, checkout_ref="cs_1", payment_ref="ref_1")
    change = transitions.paid_again(payment, payment.current, "att_copy", "ref_2", Money(500, "INR"), WHY, START + HOUR)
    copy, first = change.payment.attempts
    assert first == payment.current
    assert copy == replace(
        an_attempt(),
        id="att_copy",
        amount=Money(500, "INR"),
        status=Status.COMPLETED,
        created_at=START + HOUR,
        sent_at=START + HOUR,
        checkout_ref="cs_1",
        payment_ref="ref_2",
        captured_minor=500,
        captured_at=START + HOUR,
        is_excess=True,
        duplicate_of="att_1",
    )
    assert [(reference.name, reference.subject_id, reference.is_ours) for reference in change.references] == [
        ("att_copy", "att_copy", True), ("ref_2", "att_copy", False),
    ]  # fmt: skip
