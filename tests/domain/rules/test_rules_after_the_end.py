"""What a decision, a lapse or a late answer changes after the end: fields that no other test covers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from payments.domain.change import Change
from payments.domain.records.case import Case, CaseKind, Outcome
from payments.domain.records.payment import Attempt, Payment, Review, ReviewKind
from payments.domain.records.refund import SYSTEM, ReasonCode, Refund
from payments.domain.records.snapshot import Snapshot
from payments.domain.rules import advancing, decisions, refund_decisions, refunding, transitions
from payments.domain.rules.decisions import Decision, NotPossible
from payments.domain.values.money import Money
from payments.domain.values.status import Status
from payments.domain.values.terms import CaptureMode, Terms
from tests.domain.rules.test_money_rules import AMOUNT, NO, PAID, START, WHY, a_payment, applied, moved

LATER = START + timedelta(hours=1)


def decision(outcome: Outcome, attempt_id: str = "") -> Decision:
    return Decision(outcome, "seen", "rfd_decided", "att_copy", "NEFT 4711", attempt_id)


def a_case(kind: CaseKind, subject_id: str = "pay_1", minor: int = 100) -> Case:
    return Case(kind, subject_id, "ws", START, "note", "pay_1", Money(minor, "INR"))


def with_live(payment: Payment, **changes: object) -> Payment:
    return payment.with_attempt(replace(payment.current, **changes))  # type: ignore[arg-type]


def test_what_was_under_way_is_under_way_no_more_once_it_is_paid() -> None:
    payment = moved(a_payment(), Snapshot(Status.PENDING))
    payment = moved(payment, Snapshot(Status.PENDING, is_in_progress=True), after_s=1400)
    assert payment.current.in_progress_at is not None
    assert moved(payment, PAID, after_s=1500).current.in_progress_at is None


def lapsing() -> tuple[Payment, Case]:
    """Authorized for a later capture, and its lapse has been announced."""
    payment = with_live(a_payment(), terms=Terms(capture=CaptureMode.MANUAL))
    payment = moved(payment, Snapshot(Status.AUTHORIZED, AMOUNT))
    change = applied(payment, Snapshot(Status.AUTHORIZED, AMOUNT), after_s=120)
    assert change is not None
    assert change.case is not None
    return change.payment, change.case


def test_a_lapsing_authorizations_case_ends_with_it_unless_a_person_has_ended_it_before() -> None:
    payment, case = lapsing()
    for status_after in (Status.EXPIRED, Status.COMPLETED):
        change = applied(payment, Snapshot(status_after, AMOUNT if status_after is Status.COMPLETED else None))
        assert change is not None
        assert change.case is not None
        assert (change.case.id, change.case.decided_by) == (case.id, "system")
    noted = decisions.noted(payment, case, decision(Outcome.NOTED), WHY, LATER).payment
    assert noted.current.is_lapse_noted
    for status_after in (Status.EXPIRED, Status.COMPLETED):
        change = applied(noted, Snapshot(status_after, AMOUNT if status_after is Status.COMPLETED else None))
        assert change is not None
        assert change.case is None


def test_a_noted_case_of_an_end_that_moved_is_opened_anew_and_ends_with_the_authorization() -> None:
    payment, case = lapsing()
    noted = decisions.noted(payment, case, decision(Outcome.NOTED), WHY, LATER).payment
    later = Snapshot(Status.AUTHORIZED, AMOUNT, authorization_expires_at=noted.current.expires_at + timedelta(days=3))
    moved_on = applied(noted, later)
    assert moved_on is not None
    assert (moved_on.payment.current.lapse_warned_at, moved_on.payment.current.is_lapse_noted) == (None, False)
    warned = applied(moved_on.payment, Snapshot(Status.AUTHORIZED, AMOUNT), after_s=3 * 86_400 + 120)
    assert warned is not None
    assert warned.case is not None
    ended = applied(warned.payment, Snapshot(Status.EXPIRED))
    assert ended is not None
    assert ended.case is not None
    assert ended.case.decided_by == "system"


@pytest.mark.parametrize(
    ("of_attempt", "of_payment", "late_success", "is_captured"),
    [
        ({}, {}, "grant", True),
        ({}, {}, "refund", False),
        ({}, {}, "review", False),
        ({}, {"replaced_by": "pay_2"}, "grant", False),
        ({}, {"winning_attempt_id": "att_0"}, "grant", False),
        ({"is_cancelling": True}, {}, "grant", False),
        ({"terms": Terms(capture=CaptureMode.MANUAL)}, {}, "grant", False),
        ({"expires_at": START - timedelta(days=1)}, {}, "grant", False),
    ],
)
def test_a_late_authorization_is_captured_only_if_the_order_is_unpaid(
    of_attempt: dict[str, object], of_payment: dict[str, object], late_success: str, is_captured: bool
) -> None:
    payment = with_live(a_payment(), status=Status.EXPIRED, **of_attempt)
    payment = replace(payment, **of_payment)  # type: ignore[arg-type]
    assert advancing.may_capture_late(payment, payment.current, late_success, LATER) is is_captured


@pytest.mark.parametrize(
    ("of_attempt", "of_payment", "may_be_replaced"),
    [
        ({"status": Status.FAILED}, {}, True),
        ({"status": Status.FAILED, "is_ended_by_clock": True}, {}, False),
        ({"status": Status.PENDING}, {}, False),
        ({"status": Status.COMPLETED, "is_excess": True}, {}, False),
        ({"status": Status.FAILED}, {"replaced_by": "pay_2"}, False),
        ({"status": Status.FAILED}, {"review": Review(ReviewKind.AMOUNT, "att_1", START)}, False),
    ],
)
def test_an_order_gets_another_payment_only_once_and_where_all_of_it_ended_without_money(
    of_attempt: dict[str, object], of_payment: dict[str, object], may_be_replaced: bool
) -> None:
    payment = replace(with_live(a_payment(), **of_attempt), **of_payment)  # type: ignore[arg-type]
    assert transitions.can_be_replaced(payment) is may_be_replaced


def test_an_authorization_keeps_how_long_it_lasts_and_is_honored() -> None:
    answer = Snapshot(
        Status.AUTHORIZED, AMOUNT, authorization_expires_at=LATER, honored_until=START + timedelta(minutes=30)
    )
    attempt = moved(a_payment(), answer).current
    assert (attempt.expires_at, attempt.honored_until) == (LATER, START + timedelta(minutes=30))


# Decisions about a capture.


def under_review(kind: ReviewKind, **changes: object) -> Payment:
    payment = with_live(a_payment(), status=Status.COMPLETED, captured_minor=49900, payment_ref="ref", **changes)
    return replace(payment, winning_attempt_id="att_1", review=Review(kind, "att_1", START, AMOUNT))


@pytest.mark.parametrize("kind", [ReviewKind.LATE_SUCCESS, ReviewKind.AMOUNT])
def test_money_of_a_replaced_payment_cannot_be_accepted_for_the_order(kind: ReviewKind) -> None:
    payment = replace(under_review(kind), replaced_by="pay_2")
    case = a_case(CaseKind.LATE_SUCCESS)
    with pytest.raises(NotPossible):
        decisions.review_decided(payment, case, decision(Outcome.ACCEPT), PAID, WHY, LATER)


@pytest.mark.parametrize("spent", ["refunded_minor", "reserved_minor", "written_off_minor"])
def test_less_than_what_has_gone_back_is_neither_accepted_nor_booked(spent: str) -> None:
    payment, case = under_review(ReviewKind.AMOUNT, **{spent: 30000}), a_case(CaseKind.AMOUNT_MISMATCH)
    less = Snapshot(Status.COMPLETED, Money(20000, "INR"))
    with pytest.raises(NotPossible):
        decisions.review_decided(payment, case, decision(Outcome.ACCEPT), less, WHY, LATER)
    attempt = decisions.review_decided(payment, case, decision(Outcome.WRITE_OFF), less, WHY, LATER).payment.current
    assert (attempt.captured_minor, attempt.unspent_minor) == (30000, 0)


def test_an_answer_of_another_merchant_is_decided_once() -> None:
    payment = under_review(ReviewKind.MERCHANT)
    change = decisions.review_decided(
        payment, a_case(CaseKind.MERCHANT_MISMATCH), decision(Outcome.WRITE_OFF), PAID, WHY, LATER
    )
    assert change.payment.current.is_foreign_decided
    assert applied(change.payment, replace(PAID, is_foreign=True)) is None


@pytest.mark.parametrize(("minutes", "is_possible"), [(14, False), (15, False), (16, True)])
def test_an_authorization_whose_capture_may_still_arrive_is_not_voided(minutes: int, is_possible: bool) -> None:
    payment = with_live(
        a_payment(), status=Status.AUTHORIZED, capture_requested_minor=20000, capture_requested_at=START
    )
    payment = replace(payment, review=Review(ReviewKind.AMOUNT, "att_1", START, AMOUNT))
    wanted = (a_case(CaseKind.AMOUNT_MISMATCH), decision(Outcome.WRITE_OFF), Snapshot(Status.AUTHORIZED, AMOUNT), WHY)
    at = START + timedelta(minutes=minutes)
    if not is_possible:
        with pytest.raises(NotPossible):
            decisions.review_decided(payment, *wanted, at)
        return
    attempt = decisions.review_decided(payment, *wanted, at).payment.current
    assert (attempt.is_cancelling, attempt.capture_requested_minor) == (True, 0)


def test_only_a_capture_that_no_one_keeps_is_given_up() -> None:
    winner = replace(under_review(ReviewKind.AMOUNT), review=None)
    change = refund_decisions.excess_decided(
        winner, a_case(CaseKind.EXCESS_REFUND_FAILED), decision(Outcome.WRITE_OFF), WHY, LATER
    )
    assert change.payment.current.available_minor == 49900


# Decisions about a refund.


def contradicted(reported_minor: int, **changes: object) -> tuple[Payment, Refund, Snapshot]:
    """A refund of 10000 is at the gateway, which reports another amount."""
    payment = with_live(
        a_payment(),
        status=Status.COMPLETED,
        captured_minor=49900,
        reserved_minor=10000,
        refunding_id="rfd_1",
        **changes,
    )
    refund = Refund(
        "rfd_1", "pay_1", "ws", "att_1", "phonepe", Money(10000, "INR"), Status.PROCESSING,
        ReasonCode.OTHER, "", "user:owner", START, START, is_contradicted=True,
    )  # fmt: skip
    return (
        replace(payment, winning_attempt_id="att_1"),
        refund,
        Snapshot(Status.COMPLETED, Money(reported_minor, "INR")),
    )


def test_an_accepted_refund_books_what_was_reported_and_leaves_its_slot() -> None:
    payment, refund, answer = contradicted(12000)
    case = a_case(CaseKind.REFUND_MISMATCH, "rfd_1")
    change = refund_decisions.refund_decided(payment, refund, case, decision(Outcome.ACCEPT), answer, WHY, LATER)
    attempt = change.payment.current
    assert (attempt.reserved_minor, attempt.refunded_minor, attempt.refunding_id) == (0, 12000, "")
    assert change.refund is not None
    assert (change.refund.amount.minor, change.refund.decided, change.refund.is_contradicted) == (
        12000,
        "accept",
        False,
    )


def test_an_accepted_refund_is_of_the_payments_currency_and_within_what_is_left() -> None:
    case = a_case(CaseKind.REFUND_MISMATCH, "rfd_1")
    payment, refund, answer = contradicted(10000)
    foreign = replace(answer, amount=Money(10000, "USD"))
    with pytest.raises(NotPossible):
        refund_decisions.refund_decided(payment, refund, case, decision(Outcome.ACCEPT), foreign, WHY, LATER)
    for spent in ("refunded_minor", "written_off_minor"):
        payment, refund, answer = contradicted(40000, **{spent: 10000})
        with pytest.raises(NotPossible):
            refund_decisions.refund_decided(payment, refund, case, decision(Outcome.ACCEPT), answer, WHY, LATER)


@pytest.mark.parametrize("status", [Status.FAILED, Status.RETURNED])
def test_a_refund_that_had_ended_and_was_made_all_the_same_is_a_new_record(status: Status) -> None:
    payment, refund, answer = contradicted(10000)
    payment, refund = with_live(payment, reserved_minor=0, refunding_id=""), replace(refund, status=status)
    case = a_case(CaseKind.REFUND_MISMATCH, "rfd_1")
    change = refund_decisions.refund_decided(payment, refund, case, decision(Outcome.ACCEPT), answer, WHY, LATER)
    assert (change.payment.current.refunded_minor, change.payment.current.available_minor) == (10000, 39900)
    assert [one.status for one in change.records if isinstance(one, Refund)] == [status, Status.COMPLETED]


def test_a_refund_that_had_ended_and_was_not_made_goes_back_by_other_means_or_is_written_off() -> None:
    payment, refund, _ = contradicted(10000)
    payment, refund = with_live(payment, reserved_minor=0, refunding_id=""), replace(refund, status=Status.FAILED)
    case, answer = a_case(CaseKind.REFUND_MISMATCH, "rfd_1"), Snapshot(Status.FAILED)
    with pytest.raises(NotPossible):
        refund_decisions.refund_decided(payment, refund, case, decision(Outcome.ACCEPT), answer, WHY, LATER)
    outside = refund_decisions.refund_decided(
        payment, refund, case, decision(Outcome.REFUNDED_OUTSIDE), answer, WHY, LATER
    )
    assert (outside.payment.current.refunded_minor, outside.payment.current.refunded_outside_minor) == (10000, 10000)
    given_up = refund_decisions.refund_decided(payment, refund, case, decision(Outcome.WRITE_OFF), answer, WHY, LATER)
    assert (given_up.payment.current.refunded_minor, given_up.payment.current.written_off_minor) == (0, 10000)


_OF_COMPLETED = {  # Reported now: refunded, refunded outside the gateway, written off, and left after the decision.
    (Outcome.ACCEPT, 10000): (10000, 0, 0, 39900),
    (Outcome.ACCEPT, 9900): (9900, 0, 0, 40000),
    (Outcome.ACCEPT, 10100): (10100, 0, 0, 39800),
    (Outcome.REFUNDED_OUTSIDE, 10000): (10000, 10000, 0, 39900),
    (Outcome.REFUNDED_OUTSIDE, 9900): (10000, 10000, 0, 39900),
    (Outcome.WRITE_OFF, 10000): (10000, 0, 0, 39900),
    (Outcome.WRITE_OFF, 9900): (9900, 0, 100, 39900),
    (Outcome.WRITE_OFF, 10100): (10000, 0, 0, 39900),
}


@pytest.mark.parametrize(("outcome", "applied"), _OF_COMPLETED)
def test_a_decision_about_a_completed_refund_books_no_second_one(outcome: Outcome, applied: int) -> None:
    payment, refund, answer = contradicted(applied)
    payment = with_live(payment, reserved_minor=0, refunded_minor=10000, refunding_id="")
    refund, case = replace(refund, status=Status.COMPLETED), a_case(CaseKind.REFUND_MISMATCH, "rfd_1")
    change = refund_decisions.refund_decided(payment, refund, case, decision(outcome), answer, WHY, LATER)
    live = change.payment.current
    assert (
        live.refunded_minor,
        live.refunded_outside_minor,
        live.written_off_minor,
        live.available_minor,
    ) == _OF_COMPLETED[outcome, applied]
    (booked,) = (one for one in change.records if isinstance(one, Refund))
    assert (booked.id, booked.status, booked.amount.minor) == ("rfd_1", Status.COMPLETED, live.refunded_minor)


def test_a_completed_refund_that_the_gateway_denies_is_not_accepted_and_stays_where_it_is_written_off() -> None:
    payment, refund, _ = contradicted(10000)
    payment = with_live(payment, reserved_minor=0, refunded_minor=10000, refunding_id="")
    refund, case = replace(refund, status=Status.COMPLETED), a_case(CaseKind.REFUND_MISMATCH, "rfd_1")
    answer = Snapshot(Status.FAILED, Money(9900, "INR"))
    with pytest.raises(NotPossible):
        refund_decisions.refund_decided(payment, refund, case, decision(Outcome.ACCEPT), answer, WHY, LATER)
    change = refund_decisions.refund_decided(payment, refund, case, decision(Outcome.WRITE_OFF), answer, WHY, LATER)
    assert (change.payment.current.refunded_minor, change.payment.current.written_off_minor) == (10000, 0)


def test_what_is_accepted_of_a_refund_that_had_failed_is_what_the_gateway_sent() -> None:
    payment, refund, answer = contradicted(9900)
    payment, refund = with_live(payment, reserved_minor=0, refunding_id=""), replace(refund, status=Status.FAILED)
    case = a_case(CaseKind.REFUND_MISMATCH, "rfd_1")
    change = refund_decisions.refund_decided(payment, refund, case, decision(Outcome.ACCEPT), answer, WHY, LATER)
    assert change.payment.current.refunded_minor == 9900
    foreign = replace(answer, amount=Money(9900, "USD"))
    with pytest.raises(NotPossible):
        refund_decisions.refund_decided(payment, refund, case, decision(Outcome.ACCEPT), foreign, WHY, LATER)


def test_who_waits_for_the_slot_is_counted_until_he_has_it_and_no_one_passes_him() -> None:
    payment, refund, _ = contradicted(10000)
    fresh = replace(refund, status=Status.CREATED, is_contradicted=False)

    def reserved(before: Payment, name: str) -> Payment:
        return refunding.reserved(before, replace(fresh, id=name), one_at_a_time=True, why=WHY, at=LATER).payment

    payment = reserved(payment, "rfd_2")
    assert (payment.current.refunding_id, payment.current.waiting_refunds) == ("rfd_1", 1)
    payment = reserved(with_live(payment, refunding_id=""), "rfd_3")
    assert (payment.current.refunding_id, payment.current.waiting_refunds) == ("", 2)
    change = refunding.took_slot(payment, replace(fresh, id="rfd_2"), WHY, LATER)
    assert change is not None
    assert (change.payment.current.refunding_id, change.payment.current.waiting_refunds) == ("rfd_2", 1)


@pytest.mark.parametrize("status", [Status.FAILED, Status.RETURNED])
def test_a_refund_that_had_ended_without_money_and_is_completed_there_is_a_case(status: Status) -> None:
    payment, refund, answer = contradicted(10000)
    refund = replace(refund, status=status, is_contradicted=False)
    change = refunding.advance_refund(payment, refund, answer, WHY, LATER)
    assert change is not None
    assert change.case is not None
    assert (change.case.kind, change.payment.current.refunded_minor) == (CaseKind.REFUND_MISMATCH, 0)
    assert refunding.advance_refund(payment, replace(refund, decided="accept"), answer, WHY, LATER) is None


@pytest.mark.parametrize(
    ("actor", "kind"), [("user:owner", CaseKind.REFUND_RETURNED), (SYSTEM, CaseKind.EXCESS_REFUND_FAILED)]
)
def test_a_refund_that_came_back_is_a_case_by_who_made_it(actor: str, kind: CaseKind) -> None:
    payment, refund, _ = contradicted(10000)
    payment = with_live(payment, reserved_minor=0, refunding_id="", refunded_minor=10000)
    done = replace(refund, status=Status.COMPLETED, is_contradicted=False, actor=actor)
    change = refunding.advance_refund(payment, done, Snapshot(Status.FAILED, failure=NO), WHY, LATER)
    assert change is not None
    assert [one.kind for one in change.records if isinstance(one, Case)] == [kind]
    assert change.payment.current.refunded_minor == 0


@pytest.mark.parametrize("outcome", [Outcome.REFUND, Outcome.REFUNDED_OUTSIDE, Outcome.WRITE_OFF])
def test_of_a_refund_that_came_back_no_more_is_decided_than_is_left(outcome: Outcome) -> None:
    payment, refund, _ = contradicted(10000)
    payment = with_live(payment, reserved_minor=0, refunding_id="", refunded_minor=45000)
    back = replace(refund, status=Status.RETURNED, is_contradicted=False)
    case = a_case(CaseKind.REFUND_RETURNED, "rfd_1")
    change = refund_decisions.returned_decided(payment, back, case, decision(outcome), WHY, LATER, one_at_a_time=False)
    attempt: Attempt = change.payment.current
    assert (attempt.unspent_minor, attempt.reserved_minor + attempt.refunded_minor + attempt.written_off_minor) == (
        0,
        49900,
    )


def test_a_case_of_a_refund_that_came_back_ends_also_where_nothing_is_left_to_refund() -> None:
    payment, refund, _ = contradicted(10000)
    payment = with_live(payment, reserved_minor=0, refunding_id="", refunded_minor=49900)
    back = replace(refund, status=Status.RETURNED, is_contradicted=False)
    case = a_case(CaseKind.REFUND_RETURNED, "rfd_1")

    def decide(outcome: Outcome) -> Change:
        return refund_decisions.returned_decided(
            payment, back, case, decision(outcome), WHY, LATER, one_at_a_time=False
        )

    for outcome in (Outcome.REFUND, Outcome.REFUNDED_OUTSIDE):
        with pytest.raises(NotPossible, match="write_off ends the case"):
            decide(outcome)
    change = decide(Outcome.WRITE_OFF)
    assert [one.outcome for one in change.records if isinstance(one, Case)] == ["write_off"]
    assert (change.payment.current, len(change.events)) == (payment.current, 1)


# Money that was refunded for another attempt.


def gave_back_too_much() -> Payment:
    """The gateway refunded 100 more of the first attempt than it had captured; the second attempt won."""
    first = replace(
        a_payment().current,
        status=Status.COMPLETED,
        captured_minor=49900,
        refunded_minor=49900,
        unattributed_minor=100,
        is_excess=True,
    )
    second = replace(first, id="att_2", number=2, refunded_minor=0, unattributed_minor=0, is_excess=False)
    return replace(a_payment(), attempts=(first, second), winning_attempt_id="att_2", status=Status.COMPLETED)


def test_money_attributed_to_another_attempt_is_not_missed_in_that_ones_total() -> None:
    case = a_case(CaseKind.MONEY_RETURNED)
    change = refund_decisions.money_attributed(
        gave_back_too_much(), case, decision(Outcome.ATTRIBUTE, "att_2"), WHY, LATER
    )
    first, second = change.payment.attempts
    assert (second.refunded_minor, second.refunded_outside_minor, first.unattributed_minor) == (100, 100, 100)
    assert change.refund is not None
    assert (change.refund.attempt_id, change.refund.reason_text) == ("att_2", "went back of att_1")


def test_money_attributed_to_its_own_attempt_explains_the_total_instead_of_the_case() -> None:
    payment = with_live(gave_back_too_much(), unattributed_minor=100)
    payment = payment.with_attempt(replace(payment.attempts[0], unattributed_minor=0))
    case = a_case(CaseKind.MONEY_RETURNED)
    change = refund_decisions.money_attributed(payment, case, decision(Outcome.ATTRIBUTE, "att_2"), WHY, LATER)
    attempt = change.payment.current
    assert (attempt.refunded_minor, attempt.refunded_outside_minor, attempt.unattributed_minor) == (100, 0, 0)
