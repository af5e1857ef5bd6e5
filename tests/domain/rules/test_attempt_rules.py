"""What one answer of a gateway changes in one attempt: every term of a rule, and the exact instants."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from payments.domain.records.case import CaseKind
from payments.domain.records.payment import Payment, Review, ReviewKind
from payments.domain.records.snapshot import Snapshot
from payments.domain.rules import advancing, reviewing, transitions
from payments.domain.rules.advancing import LATE_GRANT, SETTLE
from payments.domain.values.money import Money
from payments.domain.values.status import Failure, FailureCode, Status
from payments.domain.values.terms import CaptureMode, Terms
from tests.domain.rules.test_money_rules import AMOUNT, NO, PAID, START, WHY, a_payment, an_attempt, applied, moved
from tests.domain.rules.test_rules_after_the_end import lapsing, with_live

OTHER = Money(30000, "INR")
PENDING, CREATED = Snapshot(Status.PENDING), Snapshot(Status.CREATED)
UNDER_WAY = Snapshot(Status.PENDING, is_in_progress=True)
AUTHORIZED_ANSWER = Snapshot(Status.AUTHORIZED, AMOUNT)
EXPIRES_AT = START + timedelta(seconds=1200)  # Of every attempt here.


def at(after_s: float) -> datetime:
    return START + timedelta(seconds=after_s)


def an_answer_changes(of_attempt: dict[str, object], answer: Snapshot, after_s: float) -> str | None:
    """The attempt's status afterwards; None if nothing changed."""
    change = applied(with_live(a_payment(), **of_attempt), answer, after_s)
    return change.payment.current.status if change else None


A_REF, AN_AUTHORIZATION = {"payment_ref": "ref"}, {"status": Status.AUTHORIZED}
A_WAIT = {"status": Status.PENDING}
LOST = A_WAIT | {"checkout_ref": "cs_1"}


@pytest.mark.parametrize(
    ("of_attempt", "answer", "after_s", "status_after"),
    [
        # The gateway never received it, and no create call can arrive any more.
        ({}, CREATED, 900, None),
        ({}, CREATED, 900.001, "failed"),
        ({"sent_at": at(600)}, CREATED, 1500, None),
        ({"expires_at": at(60)}, CREATED, 200, None),
        (A_WAIT, CREATED, 901, None),
        # Abandoned by the payer, at its expiry and after the grace time.
        (A_WAIT, PENDING, 1320, None),
        (A_WAIT, PENDING, 1320.001, "expired"),
        (A_WAIT, CREATED, 1320, None),
        (A_WAIT, CREATED, 1320.001, "expired"),
        (A_WAIT | A_REF, PENDING, 1321, "expired"),
        ({}, PENDING, 2100, "pending"),  # A create call that arrived at the last moment.
        ({}, PENDING, 2100.001, "expired"),
        ({}, UNDER_WAY, 9000, "pending"),
        (A_WAIT, UNDER_WAY, 9000, "pending"),
        # Opened and then not found: an hour after its expiry.
        (LOST, CREATED, 4500, None),
        (LOST, CREATED, 4500.001, "expired"),
        (LOST, PENDING, 1321, "expired"),
        # The payer has acted.
        (A_WAIT | A_REF, CREATED, 9000, None),
        (A_WAIT | {"in_progress_at": at(1400)}, CREATED, 9000, None),
        # Only the gateway ends an authorization.
        (AN_AUTHORIZATION | A_REF, PENDING, 9000, None),
        (AN_AUTHORIZATION | A_REF, CREATED, 9000, None),
        (AN_AUTHORIZATION | A_REF, Snapshot(Status.EXPIRED, failure=NO), 9000, "expired"),
        (AN_AUTHORIZATION, PENDING, 1321, "expired"),
        (A_WAIT, AUTHORIZED_ANSWER, 9000, "authorized"),
        # An attempt that has ended is not ended again.
        ({"status": Status.FAILED}, PENDING, 9000, None),
        ({"status": Status.FAILED}, UNDER_WAY, 9000, None),
        ({"status": Status.CANCELLED}, Snapshot(Status.EXPIRED, failure=NO), 9000, None),
    ],
)
def test_an_attempt_ends_by_the_gateways_answer_or_by_its_own_time(
    of_attempt: dict[str, object], answer: Snapshot, after_s: float, status_after: str | None
) -> None:
    assert an_answer_changes(of_attempt, answer, after_s) == status_after


@pytest.mark.parametrize(
    ("of_attempt", "answer", "after_s", "is_noted"),
    [
        (A_WAIT, UNDER_WAY, 1320, False),
        (A_WAIT, UNDER_WAY, 1320.001, True),
        (A_WAIT | {"in_progress_at": at(1321)}, UNDER_WAY, 1400, False),
        ({"status": Status.EXPIRED}, UNDER_WAY, 1400, False),
        # For an authorization "in progress" is about its capture.
        (AN_AUTHORIZATION | A_REF, UNDER_WAY, 120, False),
        (AN_AUTHORIZATION | A_REF, UNDER_WAY, 120.001, True),
        (AN_AUTHORIZATION | A_REF | {"sent_at": at(60)}, UNDER_WAY, 180, False),
        (AN_AUTHORIZATION | A_REF | {"capture_requested_at": at(600)}, UNDER_WAY, 720, False),
        (AN_AUTHORIZATION | A_REF | {"capture_requested_at": at(600)}, UNDER_WAY, 720.001, True),
        (AN_AUTHORIZATION | A_REF | {"capture_requested_at": at(600)}, PENDING, 720.001, False),
    ],
)
def test_what_is_under_way_beyond_its_time_is_noted_once(
    of_attempt: dict[str, object], answer: Snapshot, after_s: float, is_noted: bool
) -> None:
    change = applied(with_live(a_payment(), **of_attempt), answer, after_s)
    assert (change is not None) is is_noted
    if change:
        assert ([event.kind for event in change.events], change.payment.current.in_progress_at) == (
            ["attempt.in_progress"], at(after_s),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("of_attempt", "answer", "kind"),
    [
        ({}, PAID, None),
        ({}, Snapshot(Status.COMPLETED), None),
        ({}, Snapshot(Status.COMPLETED, OTHER), ReviewKind.AMOUNT),
        ({}, Snapshot(Status.COMPLETED, Money(49900, "USD")), ReviewKind.CURRENCY),
        ({}, Snapshot(Status.PENDING, is_foreign=True), ReviewKind.MERCHANT),
        # What is captured in part, before and after.
        ({"capture_requested_minor": 30000, "last_capture_minor": 30000}, Snapshot(Status.COMPLETED, OTHER), None),
        ({"capture_requested_minor": 30000, "last_capture_minor": 30000}, PAID, ReviewKind.AMOUNT),
        ({"status": Status.COMPLETED, "captured_minor": 30000}, Snapshot(Status.COMPLETED, OTHER), None),
        ({"status": Status.COMPLETED, "captured_minor": 30000}, PAID, ReviewKind.AMOUNT),
        # An authorization may have been lowered to the last requested amount, and to no other.
        ({"last_capture_minor": 30000}, AUTHORIZED_ANSWER, None),
        ({"last_capture_minor": 30000}, Snapshot(Status.AUTHORIZED, OTHER), None),
        ({"last_capture_minor": 30000}, Snapshot(Status.AUTHORIZED, Money(29999, "INR")), ReviewKind.AMOUNT),
        ({"last_capture_minor": 30000}, Snapshot(Status.PENDING, OTHER), ReviewKind.AMOUNT),
        ({}, Snapshot(Status.AUTHORIZED, OTHER), ReviewKind.AMOUNT),
        ({}, Snapshot(Status.AUTHORIZED, Money(0, "INR")), ReviewKind.AMOUNT),
        # An attempt to be voided may have any amount; one that was captured instead may not.
        ({"is_cancelling": True}, Snapshot(Status.AUTHORIZED, OTHER), None),
        ({"is_cancelling": True}, Snapshot(Status.AUTHORIZED, Money(49900, "USD")), None),
        ({"is_cancelling": True}, Snapshot(Status.COMPLETED, OTHER), ReviewKind.AMOUNT),
        ({"is_cancelling": True}, Snapshot(Status.AUTHORIZED, is_foreign=True), ReviewKind.MERCHANT),
    ],
)
def test_an_answer_contradicts_by_another_amount_currency_or_order(
    of_attempt: dict[str, object], answer: Snapshot, kind: ReviewKind | None
) -> None:
    assert reviewing.contradiction(with_live(a_payment(), **of_attempt).current, answer) is kind


@pytest.mark.parametrize(
    ("kind", "extra_ref", "note", "named"),
    [
        (ReviewKind.AMOUNT, "", "expected 49900 INR, phonepe reports 30000 INR", ["ref_2"]),
        (ReviewKind.MERCHANT, "", "expected 49900 INR, phonepe reports 30000 INR", []),
        (ReviewKind.AMOUNT, "x_1", "a further capture x_1: expected 49900 INR, phonepe reports 30000 INR", []),
    ],
)
def test_a_review_states_the_expected_amount_and_no_money_of_another_attempt(
    kind: ReviewKind, extra_ref: str, note: str, named: list[str]
) -> None:
    payment, answer = a_payment(), Snapshot(Status.COMPLETED, OTHER, "ref_2")
    change = reviewing.put_under_review(payment, payment.current, kind, answer, WHY, START, extra_ref)
    assert change
    assert change.case
    assert (change.case.note, change.case.amount, change.events[0].note) == (note, OTHER, f"{kind}: {note}")
    assert [reference.name for reference in change.references] == named
    assert change.payment.review == Review(kind, "att_1", START, OTHER, extra_ref)
    assert reviewing.put_under_review(change.payment, payment.current, kind, answer, WHY, START, extra_ref) is None


def test_a_lowered_authorization_of_a_wrong_amount_is_reported_beside_the_orders_amount() -> None:
    change = applied(with_live(a_payment(), last_capture_minor=20000), Snapshot(Status.AUTHORIZED, OTHER))
    assert change
    assert change.case
    assert change.case.note == "expected 49900 INR, phonepe reports 30000 INR"


def test_a_capture_of_a_wrong_amount_is_reported_beside_the_amount_that_was_requested() -> None:
    change = applied(
        with_live(a_payment(), status=Status.AUTHORIZED, capture_requested_minor=20000),
        Snapshot(Status.COMPLETED, OTHER),
    )
    assert change
    assert change.case
    assert change.case.note == "expected 20000 INR, phonepe reports 30000 INR"


def test_a_further_capture_is_compared_with_what_was_captured() -> None:
    payment = with_live(a_payment(), status=Status.COMPLETED, captured_minor=20000)
    answer = Snapshot(Status.COMPLETED)
    change = reviewing.put_under_review(payment, payment.current, ReviewKind.AMOUNT, answer, WHY, START, "x_1")
    assert change
    assert change.case
    assert change.case.note == "a further capture x_1: expected 20000 INR, phonepe reports no amount"


def test_while_a_person_has_to_decide_no_answer_changes_anything() -> None:
    stuck = moved(a_payment(), Snapshot(Status.COMPLETED, OTHER))
    for answer in (PAID, PENDING, replace(PENDING, found_ref="cs_1"), replace(CREATED, is_searched=True)):
        assert applied(stuck, answer, after_s=1000) is None
    late = moved(with_live(a_payment(), status=Status.EXPIRED), PAID, late_success="review")
    assert applied(late, Snapshot(Status.COMPLETED, OTHER)) is None, "one review is open already"


def test_after_a_decision_about_another_order_only_answers_about_another_order_count_for_nothing() -> None:
    payment = with_live(a_payment(), status=Status.PENDING, is_foreign_decided=True)
    assert applied(payment, replace(PAID, is_foreign=True)) is None
    assert moved(payment, PAID).status == "completed"


def test_an_attempt_that_was_found_absent_stays_so_until_it_is_found() -> None:
    absent = with_live(a_payment(), status=Status.FAILED, is_absent=True)
    assert applied(absent, CREATED, after_s=1000) is None
    found = applied(absent, replace(CREATED, found_ref="cs_1"), after_s=1000)
    assert found
    assert (found.payment.current.is_absent, found.events[0].note) == (False, "found at the gateway")
    paid = applied(absent, replace(PAID, found_ref="cs_1"), after_s=1000)
    assert paid
    assert ([event.kind for event in paid.events], paid.payment.current.checkout_ref) == (["attempt.completed"], "cs_1")


# Authorizations.


def test_an_authorization_keeps_the_gateways_name_of_it_where_the_next_answer_gives_none() -> None:
    pending = moved(a_payment(), Snapshot(Status.PENDING, ref="ref_1"))
    under_review = moved(pending, AUTHORIZED_ANSWER)
    assert (under_review.current.payment_ref, under_review.current.expires_at) == ("ref_1", EXPIRES_AT)
    assert moved(pending, replace(AUTHORIZED_ANSWER, ref="ref_2")).current.payment_ref == "ref_2"
    assert moved(under_review, PAID).current.payment_ref == "ref_1"
    assert moved(under_review, replace(PAID, ref="ref_2")).current.payment_ref == "ref_2"


@pytest.mark.parametrize(
    ("requested_at", "refusal", "after_s", "is_concluded"),
    [
        (START, NO, 900, False),
        (START, NO, 900.001, True),
        (START, None, 1000, False),
        (None, NO, 1000, False),
    ],
)
def test_a_capture_is_refused_by_the_gateways_answer_after_no_call_can_arrive(
    requested_at: datetime | None, refusal: Failure | None, after_s: float, is_concluded: bool
) -> None:
    payment = with_live(
        a_payment(), status=Status.AUTHORIZED, capture_requested_minor=30000, capture_requested_at=requested_at
    )
    change = applied(payment, replace(AUTHORIZED_ANSWER, capture_refusal=refusal), after_s)
    assert (change is not None) is is_concluded
    if change:
        assert (change.payment.current.capture_requested_minor, change.payment.current.capture_requested_at) == (
            0,
            None,
        )
        assert (change.events[0].amount_minor, change.events[0].note) == (30000, "the gateway refused: declined")


@pytest.mark.parametrize(
    ("requested_at", "refusal", "after_s", "more", "is_concluded"),
    [
        (START, NO, 900, {}, False),
        (START, NO, 900.001, {}, True),
        (START, None, 1000, {}, False),
        (None, NO, 1000, {}, False),
        (START, NO, 1000, {"terms": Terms(capture=CaptureMode.AUTO)}, False),
        (START, NO, 1000, {"is_void_decided": True}, False),
    ],
)
def test_a_void_is_refused_by_the_gateways_answer_after_no_call_can_arrive(
    requested_at: datetime | None, refusal: Failure | None, after_s: float, more: dict[str, Any], is_concluded: bool
) -> None:
    """An attempt that the system would capture, or that a decision has voided, stays to be cancelled."""
    manual = Terms(capture=CaptureMode.MANUAL)
    requested = {"is_cancelling": True, "cancel_requested_at": requested_at, "terms": manual, **more}
    payment = with_live(a_payment(), status=Status.AUTHORIZED, **requested)
    change = applied(payment, replace(AUTHORIZED_ANSWER, cancel_refusal=refusal), after_s)
    assert (change is not None) is is_concluded
    if change:
        assert (change.payment.current.is_cancelling, change.payment.current.cancel_requested_at) == (False, None)
        assert change.events[0].kind == "attempt.cancel_refused"


@pytest.mark.parametrize(("minutes", "is_moved"), [(-60, True), (-1, False), (0, False), (1, False), (1.01, True)])
def test_an_end_of_an_authorization_moves_by_more_than_a_minute(minutes: float, is_moved: bool) -> None:
    payment = with_live(a_payment(), status=Status.AUTHORIZED, honored_until=at(300))
    named = EXPIRES_AT + timedelta(minutes=minutes)
    change = applied(payment, replace(AUTHORIZED_ANSWER, authorization_expires_at=named))
    assert (change is not None) is is_moved
    if change:
        assert (change.payment.current.expires_at, change.payment.current.honored_until) == (named, at(300))
        later = replace(AUTHORIZED_ANSWER, authorization_expires_at=named, honored_until=at(900))
        assert moved(payment, later).current.honored_until == at(900)
    assert (
        applied(with_live(payment, status=Status.FAILED), replace(AUTHORIZED_ANSWER, authorization_expires_at=named))
        is None
    )


@pytest.mark.parametrize(
    ("of_attempt", "after_s", "is_warned"),
    [
        ({}, -1, False),
        ({}, 0, True),
        ({"lapse_warned_at": START}, 0, False),
        ({"capture_requested_minor": 100}, 0, False),
        ({"is_cancelling": True}, 0, False),
        ({"terms": Terms()}, 0, False),
    ],
)
def test_a_day_before_an_open_authorization_ends_one_case_warns(
    of_attempt: dict[str, object], after_s: float, is_warned: bool
) -> None:
    payment = with_live(a_payment(), status=Status.AUTHORIZED, terms=Terms(capture=CaptureMode.MANUAL))
    payment = with_live(payment, expires_at=START + timedelta(days=1), **of_attempt)
    change = applied(payment, AUTHORIZED_ANSWER, after_s)
    assert (change is not None) is is_warned
    if change:
        assert change.case
        assert (change.case.kind, change.case.opened_at, change.payment.current.lapse_warned_at) == (
            CaseKind.AUTHORIZATION_LAPSING, START, START,
        )  # fmt: skip


def test_the_case_of_a_lapsing_authorization_ends_as_it_was_opened() -> None:
    payment, case = lapsing()
    change = applied(payment, Snapshot(Status.EXPIRED, failure=NO), after_s=200)
    assert change
    assert change.records == (
        replace(case, decided_at=at(200), decided_by="system", outcome="ended", decision_note="it has ended"),
    )


def test_the_case_of_a_lapsing_authorization_ends_where_the_end_moves() -> None:
    payment, case = lapsing()
    change = applied(
        payment, replace(AUTHORIZED_ANSWER, authorization_expires_at=EXPIRES_AT + timedelta(days=7)), after_s=200
    )
    assert change
    assert change.case
    assert (change.case.id, change.case.note, change.case.outcome) == (case.id, case.note, "ended")
    assert change.events[0].note == "ends at 2026-11-27T12:20:00.000Z, not at 2026-11-20T12:20:00.000Z"


@pytest.mark.parametrize("answer", [Snapshot(Status.FAILED, failure=NO), PAID])
def test_an_end_without_a_warning_ends_no_case(answer: Snapshot) -> None:
    change = applied(a_payment(), answer)
    assert change
    assert change.records == ()


# Money.


def test_a_captured_attempt_has_what_the_gateway_reported_and_no_failure_left() -> None:
    failed = with_live(a_payment(), status=Status.FAILED, failure=NO, in_progress_at=START)
    live = moved(failed, replace(PAID, ref="ref_1", fee=Money(250, "INR")), after_s=99).current
    assert (live.captured_minor, live.captured_at, live.payment_ref, live.fee_minor) == (49900, at(99), "ref_1", 250)
    assert (live.failure, live.in_progress_at, live.is_late, live.is_excess) == (None, None, True, False)


@pytest.mark.parametrize(
    ("status", "of_payment", "late_success", "status_after", "is_winner", "is_under_review"),
    [
        (Status.PENDING, {}, "review", "completed", True, False),
        (Status.PENDING, {}, "refund", "completed", True, False),
        (Status.EXPIRED, {}, "review", "created", True, True),
        (Status.EXPIRED, {}, "grant", "completed", True, False),
        (Status.EXPIRED, {}, "refund", "created", False, False),
        (Status.EXPIRED, {"replaced_by": "pay_2"}, "review", "created", False, False),
        (Status.PENDING, {"replaced_by": "pay_2"}, "grant", "created", False, False),
    ],
)
def test_money_wins_is_under_review_or_is_excess(
    status: Status,
    of_payment: dict[str, object],
    late_success: str,
    status_after: str,
    is_winner: bool,
    is_under_review: bool,
) -> None:
    payment = replace(with_live(a_payment(), status=status), **of_payment)  # type: ignore[arg-type]
    change = applied(payment, PAID, late_success=late_success)
    assert change
    after = change.payment
    assert (after.status, bool(after.winning_attempt_id), after.current.is_excess) == (
        status_after,
        is_winner,
        not is_winner,
    )
    assert (after.review_kind is ReviewKind.LATE_SUCCESS, change.case is not None) == (is_under_review, is_under_review)


@pytest.mark.parametrize(("beyond_s", "is_late_granted"), [(0, True), (0.001, False)])
def test_late_money_is_granted_for_a_day_after_the_expiry(beyond_s: float, is_late_granted: bool) -> None:
    payment = with_live(a_payment(), status=Status.EXPIRED)
    instant = EXPIRES_AT + LATE_GRANT + timedelta(seconds=beyond_s)
    change = advancing.advance(payment, "att_1", PAID, "grant", WHY, instant)
    assert change
    assert change.payment.current.is_excess is not is_late_granted
    assert advancing.may_capture_late(payment, payment.current, "grant", instant) is is_late_granted


@pytest.mark.parametrize(
    ("of_attempt", "is_reported"),
    [({}, True), ({"is_capture_denied": True}, False), ({"duplicate_of": "att_0"}, False)],
)
def test_a_capture_that_the_gateway_denies_is_reported_once_and_not_of_a_further_one(
    of_attempt: dict[str, object], is_reported: bool
) -> None:
    payment = with_live(a_payment(), status=Status.COMPLETED, captured_minor=49900, **of_attempt)
    change = applied(payment, Snapshot(Status.FAILED, failure=NO))
    assert (change is not None) is is_reported
    if change:
        assert (change.payment.current.is_capture_denied, change.events[0].amount_minor) == (True, 49900)


# Several attempts.


def tried_again() -> Payment:
    dead = moved(a_payment(), Snapshot(Status.FAILED, failure=NO), after_s=30)
    return transitions.retried(dead, an_attempt(2, at(60)), WHY, at(60)).payment


def test_the_payment_has_the_status_of_its_newest_attempt_until_one_wins() -> None:
    payment = tried_again()
    found = applied(payment, replace(CREATED, found_ref="cs_1"), after_s=90)
    assert found
    assert (found.payment.attempts[0].checkout_ref, found.payment.status) == ("cs_1", "created")
    pending = applied(payment, PENDING, after_s=90, attempt=2)
    assert pending
    assert pending.payment.status == "pending"
    winner = moved(pending.payment, PAID, after_s=100)
    assert (winner.winning_attempt_id, winner.status) == ("att_1", "completed")
    failed = applied(winner, Snapshot(Status.FAILED, failure=NO), after_s=120, attempt=2)
    assert failed
    assert (failed.payment.current.status, failed.payment.status) == ("failed", "completed")


def test_only_the_newest_attempts_late_authorization_is_captured() -> None:
    payment = tried_again()
    first = replace(payment.attempts[0], status=Status.EXPIRED)
    assert not advancing.may_capture_late(payment.with_attempt(first), first, "grant", at(90))
    newest = replace(payment.current, status=Status.EXPIRED)
    assert advancing.may_capture_late(payment.with_attempt(newest), newest, "grant", at(90))


def test_a_second_payment_of_one_order_is_excess_under_every_policy() -> None:
    winner = moved(tried_again(), PAID, after_s=90)
    for late_success in ("grant", "review"):
        change = applied(winner, PAID, after_s=99, late_success=late_success, attempt=2)
        assert change
        assert (change.payment.current.is_excess, change.payment.review, change.payment.winning_attempt_id) == (
            True, None, "att_1",
        )  # fmt: skip
    dead = winner.with_attempt(replace(winner.current, status=Status.EXPIRED))
    change = applied(dead, PAID, after_s=99, late_success="review", attempt=2)
    assert change
    assert (change.payment.current.is_excess, change.payment.review) == (True, None)


def test_an_end_has_its_reason_and_says_whether_our_clock_made_it() -> None:
    ended = moved(with_live(a_payment(), status=Status.PENDING), PENDING, after_s=1400).current
    assert (ended.failure, ended.is_ended_by_clock) == (
        Failure(FailureCode.EXPIRED, message="not completed by its expiry"), True,
    )  # fmt: skip
    unheard = moved(a_payment(), CREATED, after_s=SETTLE.total_seconds() + 1).current
    assert (unheard.failure, unheard.is_ended_by_clock) == (
        Failure(FailureCode.OTHER, message="the gateway never heard of this attempt"), True,
    )  # fmt: skip
    closed = moved(a_payment(), Snapshot(Status.CANCELLED, failure=NO), after_s=1400).current
    assert (closed.status, closed.failure, closed.is_ended_by_clock) == ("expired", ended.failure, False)
    refused = moved(a_payment(), Snapshot(Status.FAILED, failure=NO)).current
    assert (refused.failure, refused.is_ended_by_clock) == (NO, False)
