"""What a person's decision about a case changes, outcome by outcome, and what it must not change."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from payments.domain.records.approval import Approval, ApprovalKind, ApprovalState
from payments.domain.records.case import Case, CaseKind, Outcome
from payments.domain.records.event import Why
from payments.domain.records.payment import Payment, Review, ReviewKind
from payments.domain.records.refund import GATEWAY, SYSTEM, ReasonCode, Refund
from payments.domain.records.snapshot import Snapshot
from payments.domain.rules import decisions, refund_decisions, transitions
from payments.domain.rules.advancing import SETTLE
from payments.domain.rules.decisions import NotPossible
from payments.domain.values.money import Money
from payments.domain.values.status import Failure, FailureCode, Status
from tests.domain.rules.test_money_rules import AMOUNT, NO, PAID, START, WHY, a_payment, an_attempt, applied, moved
from tests.domain.rules.test_rules_after_the_end import (
    LATER,
    a_case,
    contradicted,
    decision,
    gave_back_too_much,
    under_review,
    with_live,
)

LESS, MORE = Money(20000, "INR"), Money(60000, "INR")
DOLLARS = Money(700, "USD")
MISMATCH = a_case(CaseKind.AMOUNT_MISMATCH)
OF_REFUND = a_case(CaseKind.REFUND_MISMATCH, "rfd_1")
RETURNED = a_case(CaseKind.REFUND_RETURNED, "rfd_1")
EXCESS = a_case(CaseKind.EXCESS_REFUND_FAILED)
PRIYA = Why("user:priya", "decision")
NOT_ACCEPTED = (Outcome.REFUND, Outcome.REFUNDED_OUTSIDE, Outcome.WRITE_OFF)


def waiting(kind: ReviewKind = ReviewKind.AMOUNT, extra_ref: str = "", **changes: object) -> Payment:
    """An open payment under review."""
    payment = with_live(a_payment(), status=Status.PENDING, **changes)
    return replace(payment, status=Status.PENDING, review=Review(kind, "att_1", START, AMOUNT, extra_ref))


def the_refund(payment: Payment, refund: Refund | None) -> Refund:
    assert refund
    assert (refund.payment_id, refund.workspace_id) == (payment.id, payment.workspace_id)
    return refund


# The record of a decision.


def an_approval(**changes: object) -> Approval:
    approval = Approval(
        "apr_1", "ws", "pay_1", ApprovalKind.DECISION, "amount_mismatch:pay_1", AMOUNT, "user:asha", START,
        START + timedelta(days=1), outcome="write_off", note="gone", answered_by="user:ravi",
    )  # fmt: skip
    return replace(approval, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("reference", "approval", "note"),
    [
        ("NEFT 1", None, "capture_denied noted [NEFT 1]: seen (note)"),
        ("", None, "capture_denied noted: seen (note)"),
        ("", an_approval(), "capture_denied noted: seen (note); approved by user:ravi"),
        ("", an_approval(answer_note="yes"), "capture_denied noted: seen (note); approved by user:ravi (yes)"),
    ],
)
def test_a_decision_ends_its_case_and_is_reported_with_who_approved_it(
    reference: str, approval: Approval | None, note: str
) -> None:
    case = a_case(CaseKind.CAPTURE_DENIED)
    made = replace(decision(Outcome.NOTED), reference=reference, approval=approval)
    change = decisions.noted(a_payment(), case, made, PRIYA, LATER)
    ended = replace(
        case, decided_at=LATER, decided_by="user:priya", outcome="noted", decision_note="seen", reference=reference
    )
    assert change.records == ((ended, approval) if approval else (ended,))
    (event,) = change.events
    assert (event.kind, event.subject_id, event.actor, event.note) == ("case.decided", "pay_1", "user:priya", note)
    assert (event.from_status, event.to_status) == ("created", "created")


@pytest.mark.parametrize(
    ("kind", "is_warned", "is_noted"),
    [
        (CaseKind.AUTHORIZATION_LAPSING, True, True),
        (CaseKind.AUTHORIZATION_LAPSING, False, False),
        (CaseKind.CAPTURE_DENIED, True, False),
    ],
)
def test_only_a_warning_that_was_given_is_noted(kind: CaseKind, is_warned: bool, is_noted: bool) -> None:
    payment = with_live(a_payment(), lapse_warned_at=START if is_warned else None)
    change = decisions.noted(payment, a_case(kind), decision(Outcome.NOTED), WHY, LATER)
    assert change.payment.current.is_lapse_noted is is_noted


@pytest.mark.parametrize(
    ("answer_note", "state", "kind", "applied"),
    [
        ("", ApprovalState.REQUESTED, "approval.requested", "decision write_off amount_mismatch:pay_1: gone"),
        ("no", ApprovalState.REFUSED, "approval.refused", "decision write_off amount_mismatch:pay_1: no"),
    ],
)
def test_an_approval_is_an_event_of_its_payment(
    answer_note: str, state: ApprovalState, kind: str, applied: str
) -> None:
    approval = an_approval(answer_note=answer_note, state=state)
    change = decisions.approval_recorded(a_payment(), approval, PRIYA, LATER)
    assert (change.records, change.payment.attempts) == ((approval,), a_payment().attempts)
    (event,) = change.events
    assert (event.kind, event.subject_id, event.amount_minor, event.note) == (kind, "apr_1", 49900, applied)
    assert (event.from_status, event.to_status) == ("created", "created")


# A capture under review.


def test_a_review_that_has_ended_meanwhile_leaves_only_the_note() -> None:
    payment = replace(under_review(ReviewKind.AMOUNT), review=None)
    change = decisions.review_decided(payment, MISMATCH, decision(Outcome.REFUND), PAID, WHY, LATER)
    assert (change.payment.attempts, change.payment.status, len(change.records)) == (
        payment.attempts, payment.status, 1,
    )  # fmt: skip


def test_an_accepted_capture_pays_for_the_order_with_what_was_captured() -> None:
    payment = replace(waiting(), failure=Failure(FailureCode.REVIEW_REFUNDED))
    answer = Snapshot(Status.COMPLETED, LESS, "ref_9", fee=Money(30, "INR"))
    change = decisions.review_decided(payment, MISMATCH, decision(Outcome.ACCEPT), answer, WHY, LATER)
    after, live = change.payment, change.payment.current
    assert (after.status, after.winning_attempt_id, after.failure, after.review) == ("completed", "att_1", None, None)
    assert (live.status, live.amount, live.captured_minor, live.payment_ref, live.fee_minor) == (
        "completed", AMOUNT, 20000, "ref_9", 30,
    )  # fmt: skip
    assert (live.is_excess, live.is_foreign_decided) == (False, False)
    (event,) = change.events
    assert (event.from_status, event.to_status, event.amount_minor) == ("pending", "completed", 20000)
    assert [reference.name for reference in change.references] == ["ref_9"]


@pytest.mark.parametrize(("spent", "is_possible"), [(20000, True), (20001, False)])
def test_a_capture_is_accepted_where_no_more_than_it_has_gone_back(spent: int, is_possible: bool) -> None:
    payment = under_review(ReviewKind.AMOUNT, refunded_minor=spent)
    answer = Snapshot(Status.COMPLETED, LESS)
    if is_possible:
        change = decisions.review_decided(payment, MISMATCH, decision(Outcome.ACCEPT), answer, WHY, LATER)
        assert change.payment.current.unspent_minor == 0
        return
    with pytest.raises(NotPossible):
        decisions.review_decided(payment, MISMATCH, decision(Outcome.ACCEPT), answer, WHY, LATER)


@pytest.mark.parametrize("kind", [ReviewKind.LATE_SUCCESS, ReviewKind.AMOUNT])
def test_a_capture_beside_the_winning_one_is_not_accepted_and_its_end_leaves_the_payment(kind: ReviewKind) -> None:
    payment = gave_back_too_much()
    first = replace(payment.attempts[0], refunded_minor=0, unattributed_minor=0)
    payment = replace(payment.with_attempt(first), review=Review(kind, "att_1", START, AMOUNT))
    with pytest.raises(NotPossible):
        decisions.review_decided(payment, MISMATCH, decision(Outcome.ACCEPT), PAID, WHY, LATER)
    after = decisions.review_decided(payment, MISMATCH, decision(Outcome.WRITE_OFF), PAID, WHY, LATER).payment
    assert (after.status, after.winning_attempt_id, after.failure) == ("completed", "att_2", None)
    assert (after.attempts[0].is_excess, after.attempts[0].written_off_minor) == (True, 49900)


def test_a_late_success_under_review_is_decided_as_it_was_booked() -> None:
    payment = under_review(ReviewKind.LATE_SUCCESS)
    change = decisions.review_decided(
        payment, MISMATCH, decision(Outcome.ACCEPT), Snapshot(Status.PENDING, LESS), WHY, LATER
    )
    assert (change.payment.status, change.payment.current.captured_minor) == ("completed", 49900)


@pytest.mark.parametrize(
    ("outcome", "code", "booked"),
    [  # Booked: reserved, refunded, refunded outside, written off.
        (Outcome.REFUND, FailureCode.REVIEW_REFUNDED, (20000, 0, 0, 0)),
        (Outcome.REFUNDED_OUTSIDE, FailureCode.REVIEW_REFUNDED, (0, 20000, 20000, 0)),
        (Outcome.WRITE_OFF, FailureCode.REVIEW_WRITTEN_OFF, (0, 0, 0, 20000)),
    ],
)
def test_a_capture_that_is_not_accepted_ends_the_payment_and_goes_back(
    outcome: Outcome, code: FailureCode, booked: tuple[int, ...]
) -> None:
    payment = replace(waiting(), winning_attempt_id="att_1")
    answer = Snapshot(Status.COMPLETED, LESS, "ref_9")
    change = decisions.review_decided(payment, MISMATCH, decision(outcome), answer, WHY, LATER)
    after, live = change.payment, change.payment.current
    assert (after.status, after.winning_attempt_id, after.failure) == ("failed", "", Failure(code, message="seen"))
    assert (live.reserved_minor, live.refunded_minor, live.refunded_outside_minor, live.written_off_minor) == booked
    assert (live.is_excess, live.amount, live.captured_minor, live.available_minor) == (True, AMOUNT, 20000, 0)
    assert [reference.name for reference in change.references if not reference.is_ours] == ["ref_9"]
    if outcome is Outcome.WRITE_OFF:
        assert [event.kind for event in change.events] == ["case.decided", "attempt.written_off"]
        return
    refund = the_refund(payment, change.refund)
    assert (refund.id, refund.amount, refund.reason_code, refund.actor, refund.reason_text) == (
        ("rfd_decided", LESS, ReasonCode.REVIEW, SYSTEM, "")
        if outcome is Outcome.REFUND
        else ("rfd_decided", LESS, ReasonCode.OTHER, GATEWAY, "NEFT 4711")
    )


def test_a_capture_in_another_currency_goes_back_in_that_currency() -> None:
    answer = Snapshot(Status.COMPLETED, DOLLARS, "ref_9")
    change = decisions.review_decided(
        waiting(ReviewKind.CURRENCY), MISMATCH, decision(Outcome.REFUND), answer, WHY, LATER
    )
    assert (change.payment.current.amount, change.payment.current.reserved_minor) == (DOLLARS, 700)
    assert the_refund(change.payment, change.refund).amount == DOLLARS


@pytest.mark.parametrize("outcome", NOT_ACCEPTED)
def test_of_a_capture_of_which_all_has_gone_back_nothing_goes_back_again(outcome: Outcome) -> None:
    payment = under_review(ReviewKind.AMOUNT, refunded_minor=20000)
    answer = Snapshot(Status.COMPLETED, LESS)
    change = decisions.review_decided(payment, MISMATCH, decision(outcome), answer, WHY, LATER)
    assert (change.refund, change.payment.current.reserved_minor, len(change.events)) == (None, 0, 1)


@pytest.mark.parametrize(
    "answer", [Snapshot(Status.AUTHORIZED, LESS), Snapshot(Status.COMPLETED), Snapshot(Status.FAILED)]
)
def test_where_no_captured_amount_is_proved_nothing_is_accepted_and_what_is_open_is_cancelled(answer: Snapshot) -> None:
    payment = waiting(capture_requested_minor=100)
    with pytest.raises(NotPossible):
        decisions.review_decided(payment, MISMATCH, decision(Outcome.ACCEPT), answer, WHY, LATER)
    live = decisions.review_decided(payment, MISMATCH, decision(Outcome.REFUND), answer, WHY, LATER).payment.current
    assert (live.status, live.captured_minor, live.capture_requested_minor) == ("pending", 0, 0)
    assert (live.is_cancelling, live.cancel_requested_at) == (True, LATER)
    dead = with_live(payment, status=Status.FAILED)
    live = decisions.review_decided(dead, MISMATCH, decision(Outcome.REFUND), answer, WHY, LATER).payment.current
    assert (live.is_cancelling, live.cancel_requested_at) == (False, None)


@pytest.mark.parametrize(("beyond_s", "is_possible"), [(0, False), (0.001, True)])
def test_who_decides_waits_until_a_requested_capture_can_no_longer_arrive(beyond_s: float, is_possible: bool) -> None:
    payment, at = waiting(capture_requested_at=START), START + SETTLE + timedelta(seconds=beyond_s)
    if is_possible:
        assert decisions.review_decided(
            payment, MISMATCH, decision(Outcome.REFUND), Snapshot(Status.PENDING), WHY, at
        ).payment.current.is_cancelling
        return
    with pytest.raises(NotPossible, match=r"decide after 2026-11-20T12:15:00\.000Z"):
        decisions.review_decided(payment, MISMATCH, decision(Outcome.REFUND), Snapshot(Status.PENDING), WHY, at)


def test_another_amount_that_is_reported_meanwhile_is_shown_in_the_case_and_waits() -> None:
    change = decisions.review_changed(waiting(), MISMATCH, Snapshot(Status.COMPLETED, MORE), WHY, LATER)
    assert change.payment.review == Review(ReviewKind.AMOUNT, "att_1", START, MORE)
    note = "note; by 2026-11-20T13:00:00.000Z it reports 60000 INR"
    assert change.records == (replace(MISMATCH, note=note, amount=MORE),)
    (event,) = change.events
    assert (event.kind, event.subject_id, event.note) == ("payment.review_changed", "pay_1", "60000 INR")
    assert (event.from_status, event.to_status) == ("pending", "pending")
    decided = decisions.review_changed(replace(waiting(), review=None), MISMATCH, PAID, WHY, LATER)
    assert decided.payment.review is None
    none = decisions.review_changed(waiting(), MISMATCH, Snapshot(Status.PENDING), WHY, LATER)
    assert none.case
    assert (none.case.note, none.case.amount) == ("note; by 2026-11-20T13:00:00.000Z it reports no amount", None)


def test_a_further_capture_is_no_second_pay_for_the_order() -> None:
    payment = replace(under_review(ReviewKind.AMOUNT), status=Status.COMPLETED)
    payment = replace(payment, review=Review(ReviewKind.AMOUNT, "att_1", START, LESS, "ref_2"))
    answer = Snapshot(Status.COMPLETED, LESS, "ref_2")
    with pytest.raises(NotPossible):
        decisions.review_decided(payment, MISMATCH, decision(Outcome.ACCEPT), answer, WHY, LATER)
    for outcome in NOT_ACCEPTED:
        change = decisions.review_decided(payment, MISMATCH, decision(outcome), answer, WHY, LATER)
        assert [event.amount_minor for event in change.events] == [20000, 20000, 20000]
        after = change.payment
        copy, first = after.attempts
        assert (copy.id, copy.duplicate_of, copy.captured_minor, copy.available_minor) == (
            "att_copy",
            "att_1",
            20000,
            0,
        )
        assert (first, after.status, after.winning_attempt_id) == (payment.current, "completed", "att_1")
    gone = decisions.review_decided(payment, MISMATCH, decision(Outcome.REFUND), Snapshot(Status.PENDING), WHY, LATER)
    assert (gone.payment.attempts, gone.refund) == (payment.attempts, None)


# A refund that differs from the gateway's report.


@pytest.mark.parametrize(
    ("outcome", "status", "booked"),
    [  # Booked: refunded, refunded outside, written off.
        (Outcome.ACCEPT, Status.COMPLETED, (9000, 0, 0)),
        (Outcome.REFUNDED_OUTSIDE, Status.COMPLETED, (10000, 10000, 0)),
        (Outcome.WRITE_OFF, Status.FAILED, (0, 0, 10000)),
    ],
)
def test_a_decision_about_an_open_refund_ends_it(outcome: Outcome, status: Status, booked: tuple[int, ...]) -> None:
    payment, refund, answer = contradicted(9000, waiting_refunds=1)
    refund = replace(refund, due_at=START, refund_ref="re_1")
    change = refund_decisions.refund_decided(payment, refund, OF_REFUND, decision(outcome), answer, WHY, LATER)
    live, ended = change.payment.current, the_refund(payment, change.refund)
    assert (live.refunded_minor, live.refunded_outside_minor, live.written_off_minor) == booked
    assert (live.reserved_minor, live.refunding_id, live.waiting_refunds) == (0, "", 1)
    assert (ended.status, ended.version, ended.is_contradicted, ended.decided, ended.updated_at, ended.due_at) == (
        status, 2, False, str(outcome), LATER, None,
    )  # fmt: skip
    assert ended.refund_ref == "re_1"
    assert ended.reason_text == ("NEFT 4711" if outcome is Outcome.REFUNDED_OUTSIDE else "")
    is_given_up = outcome is Outcome.WRITE_OFF
    assert ended.failure == (Failure(FailureCode.REVIEW_WRITTEN_OFF, message="seen") if is_given_up else None)
    assert (len(change.events), len(change.records)) == (1, 2)


def test_a_completed_refund_that_went_back_by_other_means_names_the_transfer() -> None:
    payment, refund, answer = contradicted(9900)
    payment = with_live(payment, reserved_minor=0, refunded_minor=10000, refunding_id="")
    refund, made = replace(refund, status=Status.COMPLETED), decision(Outcome.REFUNDED_OUTSIDE)
    change = refund_decisions.refund_decided(payment, refund, OF_REFUND, made, answer, WHY, LATER)
    assert the_refund(payment, change.refund).reason_text == "NEFT 4711"


def test_a_decided_refund_leaves_the_slot_to_the_one_that_has_it() -> None:
    payment, refund, answer = contradicted(10000)
    payment = with_live(payment, refunding_id="rfd_2")
    change = refund_decisions.refund_decided(payment, refund, OF_REFUND, decision(Outcome.ACCEPT), answer, WHY, LATER)
    assert change.payment.current.refunding_id == "rfd_2"


def test_an_open_refund_that_the_gateway_failed_is_accepted_as_failed() -> None:
    payment, refund, _ = contradicted(10000)
    answer = Snapshot(Status.FAILED, failure=NO)
    change = refund_decisions.refund_decided(payment, refund, OF_REFUND, decision(Outcome.ACCEPT), answer, WHY, LATER)
    ended = the_refund(payment, change.refund)
    assert (ended.status, ended.failure, change.payment.current.unspent_minor) == ("failed", NO, 49900)


@pytest.mark.parametrize(
    "answer",
    [
        Snapshot(Status.PENDING, Money(10000, "INR")),
        Snapshot(Status.COMPLETED),
        Snapshot(Status.COMPLETED, Money(10000, "USD")),
        Snapshot(Status.COMPLETED, Money(49901, "INR")),
    ],
)
def test_what_is_not_proved_of_an_open_refund_is_not_accepted(answer: Snapshot) -> None:
    payment, refund, _ = contradicted(10000)
    with pytest.raises(NotPossible):
        refund_decisions.refund_decided(payment, refund, OF_REFUND, decision(Outcome.ACCEPT), answer, WHY, LATER)


def test_an_accepted_refund_may_take_all_that_is_left_and_has_the_gateways_name_of_it() -> None:
    payment, refund, _ = contradicted(10000)
    answer = Snapshot(Status.COMPLETED, AMOUNT, "re_9")
    change = refund_decisions.refund_decided(payment, refund, OF_REFUND, decision(Outcome.ACCEPT), answer, WHY, LATER)
    assert (change.payment.current.unspent_minor, the_refund(payment, change.refund).refund_ref) == (0, "re_9")


@pytest.mark.parametrize(
    "answer",
    [
        Snapshot(Status.COMPLETED),
        Snapshot(Status.COMPLETED, Money(100, "USD")),
        Snapshot(Status.PENDING, Money(9900, "INR")),
    ],
)
def test_only_an_amount_that_the_gateway_proves_lowers_a_completed_refund_that_is_written_off(answer: Snapshot) -> None:
    payment, refund, _ = contradicted(10000)
    payment = with_live(payment, reserved_minor=0, refunded_minor=10000, refunding_id="")
    refund = replace(refund, status=Status.COMPLETED)
    change = refund_decisions.refund_decided(
        payment, refund, OF_REFUND, decision(Outcome.WRITE_OFF), answer, WHY, LATER
    )
    assert (change.payment.current.refunded_minor, change.payment.current.written_off_minor) == (10000, 0)
    assert the_refund(payment, change.refund).amount.minor == 10000


@pytest.mark.parametrize(
    ("outcome", "reported", "refunded_before", "booked"),
    [  # Booked: refunded, written off.
        (Outcome.ACCEPT, Money(9900, "INR"), 0, (9900, 0)),
        (Outcome.ACCEPT, None, 0, (10000, 0)),
        (Outcome.ACCEPT, Money(9900, "INR"), 45000, (49900, 0)),
        (Outcome.ACCEPT, Money(9900, "INR"), 49900, (49900, 0)),
        (Outcome.REFUNDED_OUTSIDE, Money(9900, "USD"), 0, (10000, 0)),
        (Outcome.WRITE_OFF, Money(9900, "INR"), 0, (0, 10000)),
        (Outcome.WRITE_OFF, Money(9900, "INR"), 45000, (45000, 4900)),
        (Outcome.WRITE_OFF, Money(9900, "INR"), 49900, (49900, 0)),
    ],
)
def test_of_a_refund_that_had_failed_no_more_is_booked_than_is_left(
    outcome: Outcome, reported: Money | None, refunded_before: int, booked: tuple[int, int]
) -> None:
    payment, refund, _ = contradicted(10000)
    payment = with_live(payment, reserved_minor=0, refunding_id="", refunded_minor=refunded_before)
    refund, answer = replace(refund, status=Status.FAILED, failure=NO), Snapshot(Status.COMPLETED, reported)
    change = refund_decisions.refund_decided(payment, refund, OF_REFUND, decision(outcome), answer, WHY, LATER)
    assert (change.payment.current.refunded_minor, change.payment.current.written_off_minor) == booked
    winner = next(one for one in change.records if isinstance(one, Refund) and one.id == "rfd_1")
    assert (winner.status, winner.failure, winner.decided) == ("failed", NO, str(outcome))
    assert len(change.events) == (1 if refunded_before == 49900 else 2), "nothing is booked where nothing is left"


# A refund that came back, an excess capture, and money that could not be attributed.


def test_a_refund_that_came_back_is_made_again_by_the_person_who_decided() -> None:
    payment, refund, _ = contradicted(10000)
    payment = with_live(payment, reserved_minor=0, refunding_id="")
    back = replace(refund, status=Status.RETURNED)
    change = refund_decisions.returned_decided(
        payment, back, RETURNED, decision(Outcome.REFUND), PRIYA, LATER, one_at_a_time=True
    )
    again = the_refund(payment, change.refund)
    assert (again.id, again.status, again.actor, again.amount.minor, again.completed_at) == (
        "rfd_decided", "created", "user:priya", 10000, None,
    )  # fmt: skip
    assert (again.reason_code, again.due_at) == (ReasonCode.OTHER, LATER + timedelta(minutes=1))
    assert (change.payment.current.reserved_minor, change.payment.current.refunding_id) == (10000, "rfd_decided")


def test_a_refund_that_came_back_and_was_made_by_other_means_is_completed() -> None:
    payment, refund, _ = contradicted(10000)
    payment = with_live(payment, reserved_minor=0, refunding_id="")
    back, made = replace(refund, status=Status.RETURNED), decision(Outcome.REFUNDED_OUTSIDE)
    change = refund_decisions.returned_decided(payment, back, RETURNED, made, PRIYA, LATER, one_at_a_time=True)
    again, live = the_refund(payment, change.refund), change.payment.current
    assert (again.status, again.reason_text, again.completed_at) == ("completed", "NEFT 4711", LATER)
    assert (live.reserved_minor, live.refunded_minor, live.refunded_outside_minor, live.refunding_id) == (
        0,
        10000,
        10000,
        "",
    )


def test_a_decision_about_an_excess_capture_is_about_the_first_with_an_amount_left() -> None:
    payment = gave_back_too_much()
    spent, winner = payment.attempts
    third = replace(winner, id="att_3", number=3, is_excess=True)
    payment = replace(payment, attempts=(spent, winner, third))
    after = refund_decisions.excess_decided(payment, EXCESS, decision(Outcome.WRITE_OFF), WHY, LATER).payment
    assert [attempt.written_off_minor for attempt in after.attempts] == [0, 0, 49900]


@pytest.mark.parametrize(
    ("attempt_id", "refunded", "is_possible"),
    [("att_2", 49800, True), ("att_2", 49801, False), ("att_9", 0, False)],
)
def test_money_is_attributed_to_an_attempt_with_at_least_that_much_left(
    attempt_id: str, refunded: int, is_possible: bool
) -> None:
    payment = with_live(gave_back_too_much(), refunded_minor=refunded)
    wanted = (a_case(CaseKind.MONEY_RETURNED), decision(Outcome.ATTRIBUTE, attempt_id), WHY, LATER)
    if is_possible:
        assert refund_decisions.money_attributed(payment, *wanted).payment.current.available_minor == 0
        return
    with pytest.raises(NotPossible):
        refund_decisions.money_attributed(payment, *wanted)


@pytest.mark.parametrize(("unattributed", "left"), [(150, 50), (100, 0), (40, 0)])
def test_attributed_money_waits_no_longer_in_a_case(unattributed: int, left: int) -> None:
    payment = gave_back_too_much()
    payment = payment.with_attempt(replace(payment.attempts[0], refunded_minor=0, unattributed_minor=unattributed))
    case: Case = a_case(CaseKind.MONEY_RETURNED)
    change = refund_decisions.money_attributed(payment, case, decision(Outcome.ATTRIBUTE, "att_1"), WHY, LATER)
    first = change.payment.attempts[0]
    assert (first.refunded_minor, first.refunded_outside_minor, first.unattributed_minor) == (100, 0, left)
    assert the_refund(payment, change.refund).id == "rfd_decided"


def late_and_reviewed(newer: Snapshot) -> Payment:
    """The first attempt was paid after it had failed; `newer` is the second."""
    payment = moved(a_payment(), Snapshot(Status.FAILED, failure=NO))
    second = an_attempt(2, START + timedelta(seconds=90))
    payment = transitions.retried(payment, second, WHY, START + timedelta(seconds=90)).payment
    return moved(changed(payment, newer, 100), PAID, 110, late_success="review")


def changed(payment: Payment, answer: Snapshot, after_s: float) -> Payment:
    """The effect of an answer about the second attempt."""
    change = applied(payment, answer, after_s, attempt=2)
    assert change
    return change.payment


def test_a_refunded_late_capture_leaves_a_newer_attempt_to_go_on() -> None:
    payment = late_and_reviewed(Snapshot(Status.PENDING))
    case, refund = a_case(CaseKind.LATE_SUCCESS), decision(Outcome.REFUND)
    change = decisions.review_decided(payment, case, refund, PAID, WHY, START + timedelta(seconds=120))
    after = change.payment
    assert (after.status, after.failure, after.winning_attempt_id) == (Status.PENDING, None, "")
    assert (change.events[0].from_status, change.events[0].to_status) == ("pending", "pending")
    paid = changed(after, PAID, 130)
    assert (paid.status, paid.winning_attempt_id) == (Status.COMPLETED, paid.current.id)


def test_a_retry_forgets_why_a_decision_ended_the_payment() -> None:
    payment = moved(a_payment(), Snapshot(Status.FAILED, failure=NO))
    payment = moved(payment, PAID, 110, late_success="review")
    case, refund = a_case(CaseKind.LATE_SUCCESS), decision(Outcome.REFUND)
    ended = decisions.review_decided(payment, case, refund, PAID, WHY, START + timedelta(seconds=120)).payment
    assert (ended.status, ended.failure and ended.failure.code) == (Status.FAILED, FailureCode.REVIEW_REFUNDED)
    second = an_attempt(2, START + timedelta(seconds=130))
    again = transitions.retried(ended, second, WHY, START + timedelta(seconds=130)).payment
    assert again.failure is None
    late = replace(again, failure=ended.failure)  # As stored before a retry removed the failure.
    assert changed(late, PAID, 140).failure is None
