"""The rules of disputes hold after every answer of a gateway, in any order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payments.domain.change import Change, Reference
from payments.domain.records.case import CaseKind
from payments.domain.records.dispute import Dispute, DisputeMoney, DisputePhase, DisputeSnapshot, DisputeStatus
from payments.domain.records.event import Event
from payments.domain.records.payment import Payment
from payments.domain.records.refund import ReasonCode, Refund
from payments.domain.records.snapshot import Snapshot
from payments.domain.rules import disputing, importing, refunding
from payments.domain.rules.refunding import ExceedsAvailable
from payments.domain.values.money import Money
from payments.domain.values.status import Failure, FailureCode, Status
from tests.domain.rules.test_money_rules import PAID, START, WHY, a_payment, moved

OPEN, REVIEW, WON, LOST, CLOSED = DisputeStatus
INQUIRY, CHARGEBACK, SECOND, THIRD = DisputePhase
REPORTED = DisputeSnapshot(
    "disp_1", Money(20000, "INR"), CHARGEBACK, OPEN, "open", respond_by=START + timedelta(days=7)
)
MINORS = st.sampled_from([1, 20000, 49900, 60000])


def a_paid_payment() -> Payment:
    return moved(a_payment(), PAID)


def opened(payment: Payment, answer: DisputeSnapshot = REPORTED, dispute_id: str = "dsp_1") -> Change:
    change = disputing.opened(payment, payment.current, dispute_id, answer, WHY, START)
    assert change is not None
    return change


def dispute_of(change: Change) -> Dispute:
    return next(record for record in change.records if isinstance(record, Dispute))


def applied(change: Change, **answer: Any) -> Change | None:
    """Apply the gateway's next answer."""
    text = replace(REPORTED, **answer)
    return disputing.advance(change.payment, dispute_of(change), text, WHY, START + timedelta(hours=1))


def after(change: Change, *rounds: tuple[DisputePhase, DisputeStatus]) -> Change:
    for phase, status in rounds:
        following = applied(change, phase=phase, status=status)
        assert following is not None
        change = following
    return change


def kinds(change: Change) -> list[str]:
    return [event.kind for event in change.events]


def test_a_dispute_lowers_what_may_be_refunded_and_leaves_the_status() -> None:
    paid = a_paid_payment()
    change = opened(paid)
    attempt = change.payment.current
    assert (attempt.disputed_minor, attempt.available_minor, attempt.dispute_status) == (20000, 29900, "open")
    assert (change.payment.status, change.payment.winning_attempt_id) == (Status.COMPLETED, paid.winning_attempt_id)
    assert (kinds(change), change.case) == (["dispute.opened"], None)


@pytest.mark.parametrize(
    ("status", "disputed", "derived", "kind"),
    [
        (WON, 0, "won", "dispute.won"),
        (LOST, 20000, "lost", "dispute.lost"),
        (CLOSED, 0, "none", "dispute.closed"),
        (REVIEW, 20000, "open", "dispute.under_review"),
    ],
)
def test_each_status_counts_and_withholds_its_part(
    status: DisputeStatus, disputed: int, derived: str, kind: str
) -> None:
    change = after(opened(a_paid_payment()), (CHARGEBACK, status))
    attempt = change.payment.current
    assert (attempt.disputed_minor, attempt.dispute_status, kinds(change)) == (disputed, derived, [kind])


@pytest.mark.parametrize("status", [REVIEW, WON, LOST])
def test_a_dispute_first_seen_under_review_has_both_events(status: DisputeStatus) -> None:
    change = opened(a_paid_payment(), replace(REPORTED, status=status))
    assert kinds(change) == ["dispute.opened", f"dispute.{status}"]
    assert (change.read_version, dispute_of(change).version) == (change.payment.version - 2, 1)


def test_an_inquiry_withholds_nothing_unless_the_gateway_debited_it() -> None:
    change = opened(a_paid_payment(), replace(REPORTED, phase=INQUIRY))
    assert (change.payment.current.disputed_minor, change.payment.current.open_inquiries) == (0, 1)
    lost = applied(change, phase=INQUIRY, status=LOST, money=DisputeMoney.DEBITED)
    assert lost
    assert (lost.payment.current.disputed_minor, lost.payment.current.open_inquiries) == (20000, 0)


def test_a_new_phase_opens_a_won_dispute_again() -> None:
    change = after(opened(a_paid_payment()), (CHARGEBACK, WON), (SECOND, OPEN))
    attempt = change.payment.current
    assert (attempt.disputed_minor, attempt.open_disputes, attempt.won_disputes) == (20000, 1, 0)
    assert kinds(change) == ["dispute.action_required"]


def test_the_same_phase_does_not_reopen_a_won_dispute_but_opens_a_case() -> None:
    won = after(opened(a_paid_payment()), (CHARGEBACK, WON))
    change = applied(won, status=LOST, reported_status="lost")
    assert change
    assert change.case
    assert (change.case.kind, change.case.subject_id) == (CaseKind.DISPUTE_UNREADABLE, "disp_1")
    assert [record for record in change.records if isinstance(record, Dispute)] == []
    assert change.payment.current.disputed_minor == 0


def test_another_requested_answer_is_one_event_and_the_status_stays() -> None:
    review = after(opened(a_paid_payment()), (CHARGEBACK, REVIEW))
    assert not dispute_of(review).wants_answer
    again = applied(review, status=OPEN, respond_by=START + timedelta(days=9))
    assert again
    assert kinds(again) == ["dispute.action_required"]
    assert dispute_of(again).status is REVIEW
    assert dispute_of(again).wants_answer
    assert dispute_of(again).respond_by == START + timedelta(days=9)
    assert applied(again, status=OPEN) is None
    assert not dispute_of(after(again, (CHARGEBACK, LOST))).wants_answer


@pytest.mark.parametrize("unknown", [{"status": None}, {"phase": None}])
def test_an_unknown_code_changes_no_record_and_opens_one_case(unknown: dict[str, Any]) -> None:
    first = disputing.opened(
        a_paid_payment(), a_paid_payment().current, "dsp_1", replace(REPORTED, **unknown), WHY, START
    )
    assert first
    assert first.case
    assert (first.case.kind, len(first.records)) == (CaseKind.DISPUTE_UNREADABLE, 1)
    assert (
        disputing.opened(first.payment, first.payment.current, "dsp_1", replace(REPORTED, **unknown), WHY, START)
        is None
    )
    known = opened(a_paid_payment())
    change = applied(known, reported_status="prearranged", **unknown)
    assert change
    assert change.payment.current.disputed_minor == 20000
    assert [record for record in change.records if isinstance(record, Dispute)] == []
    under_review = replace(known, payment=change.payment)
    assert applied(under_review, reported_status="prearranged", **unknown) is None
    assert applied(under_review, reported_status="another", **unknown) is not None


def test_facts_may_change_without_a_new_status() -> None:
    change = applied(opened(a_paid_payment()), money=DisputeMoney.DEBITED, amount=Money(30000, "INR"), respond_by=None)
    assert change
    assert kinds(change) == ["dispute.updated"]
    assert (change.payment.current.disputed_minor, dispute_of(change).money) == (30000, DisputeMoney.DEBITED)
    assert dispute_of(change).respond_by == REPORTED.respond_by


def test_in_another_currency_all_of_the_capture_is_withheld() -> None:
    change = opened(a_paid_payment(), replace(REPORTED, amount=Money(500, "USD")))
    assert (change.payment.current.disputed_minor, change.payment.current.available_minor) == (49900, 0)
    assert after(change, (CHARGEBACK, WON)).payment.current.disputed_minor == 0


def test_a_disputed_excess_capture_is_not_refunded_too() -> None:
    paid = a_paid_payment()
    change = opened(paid, replace(REPORTED, amount=Money(49900, "INR")))
    assert refunding.excess_refunded(change, "att_1", "rfd_1", START) == change
    part = refunding.excess_refunded(opened(paid), "att_1", "rfd_1", START)
    assert part.payment.current.reserved_minor == 29900


def a_refund(minor: int, refund_id: str = "rfd_1") -> Refund:
    return Refund(
        refund_id, "pay_1", "ws", "att_1", "phonepe", Money(minor, "INR"), Status.CREATED, ReasonCode.OTHER, "", "u",
        START, START,
    )  # fmt: skip


def reserved(payment: Payment, refund: Refund) -> Change:
    return refunding.reserved(payment, refund, one_at_a_time=False, why=WHY, at=START)


def test_a_dispute_over_money_that_went_back_is_a_case_once() -> None:
    change = reserved(a_paid_payment(), a_refund(40000))
    disputed = opened(change.payment)
    assert disputed.case
    assert (disputed.case.kind, disputed.case.subject_id) == (CaseKind.REFUND_AND_DISPUTE, "dsp_1")
    assert disputed.case.amount == Money(10100, "INR")
    assert after(disputed, (CHARGEBACK, LOST)).case is None
    small = opened(change.payment, replace(REPORTED, amount=Money(9900, "INR")))
    assert small.case is None


def test_a_dashboard_refund_of_a_disputed_payment_opens_a_case() -> None:
    change = importing.imported(opened(a_paid_payment()), "att_1", "rfd_9", 40000, START)
    assert change.case
    assert (change.case.kind, change.case.subject_id) == (CaseKind.REFUND_AND_DISPUTE, "rfd_9")


def test_only_a_forced_refund_may_exceed_a_dispute_but_not_the_capture() -> None:
    disputed = opened(a_paid_payment()).payment
    with pytest.raises(ExceedsAvailable):
        reserved(disputed, a_refund(29901))
    forced = reserved(disputed, replace(a_refund(49900), is_forced=True))
    assert forced.payment.current.reserved_minor == 49900
    with pytest.raises(ExceedsAvailable):
        reserved(disputed, replace(a_refund(49901), is_forced=True))


@pytest.mark.parametrize(("respond_in_h", "hours"), [(None, 6), (-1, 6), (100, 6), (27, 3), (24, 1), (2, 1)])
def test_an_open_dispute_is_checked_every_six_hours_and_hourly_on_its_last_day(
    respond_in_h: int | None, hours: int
) -> None:
    respond_by = None if respond_in_h is None else START + timedelta(hours=respond_in_h)
    dispute = dispute_of(opened(a_paid_payment(), replace(REPORTED, respond_by=respond_by)))
    assert dispute.due_at == START + timedelta(hours=hours)
    assert disputing.is_due_soon(dispute, START) is (respond_in_h == 2)


def test_an_ended_dispute_is_checked_no_more_and_an_acceptance_soon() -> None:
    change = opened(a_paid_payment())
    assert dispute_of(after(change, (CHARGEBACK, LOST))).due_at is None
    requested = disputing.accept_requested(change.payment, dispute_of(change), "ours", WHY, START)
    assert dispute_of(requested).due_at == START + timedelta(minutes=1)
    assert not dispute_of(after(requested, (SECOND, OPEN))).is_accepting, "another phase is another decision"
    assert dispute_of(after(requested, (CHARGEBACK, REVIEW))).is_accepting


ANY = st.builds(
    DisputeSnapshot,
    ref=st.just("disp_1"),
    amount=st.builds(Money, MINORS, st.just("INR")),
    phase=st.sampled_from([*DisputePhase, None]),
    status=st.sampled_from([*DisputeStatus, None]),
    reported_status=st.sampled_from(["a", "b"]),
    money=st.sampled_from(DisputeMoney),
    respond_by=st.sampled_from([None, START + timedelta(days=3)]),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), ANY), max_size=12), st.sampled_from([0, 20000, 49900]))
def test_no_order_of_answers_breaks_the_rules(text: list[tuple[int, DisputeSnapshot]], refunded: int) -> None:
    payment, events, disputes = a_paid_payment(), list[Event](), dict[int, Dispute]()
    if refunded:
        change = reserved(payment, a_refund(refunded))
        refund = change.refund
        assert refund
        done = refunding.advance_refund(change.payment, refund, Snapshot(Status.COMPLETED), WHY, START)
        assert done
        payment = done.payment
    start, reported_of = payment.version, set[str]()
    for step, (number, answer) in enumerate(text):
        at, before = START + timedelta(hours=step), disputes.get(number)
        if before:
            change_or_none = disputing.advance(payment, before, answer, WHY, at)
        else:
            change_or_none = disputing.opened(payment, payment.current, f"dsp_{number}", answer, WHY, at)
        if change_or_none is None:
            continue
        payment, events = change_or_none.payment, [*events, *change_or_none.events]
        reported_of |= {change_or_none.case.kind} if change_or_none.case else set()
        for record in change_or_none.records:
            if isinstance(record, Dispute):
                assert record.version == (before.version if before else 0) + 1
                assert before is None or record.rank >= before.rank
                disputes[number] = record
        attempt = payment.current
        assert attempt.disputed_minor == sum(dispute.withheld for dispute in disputes.values()) >= 0
        ended = [dispute for dispute in disputes.values() if dispute.status.is_ended]
        assert attempt.open_disputes + attempt.open_inquiries == len(disputes) - len(ended)
        assert attempt.lost_disputes == sum(dispute.status is LOST for dispute in ended)
        assert attempt.won_disputes == sum(dispute.status is WON for dispute in ended)
        assert 0 <= attempt.available_minor <= 49900 - refunded
        assert payment.status is Status.COMPLETED
        assert not attempt.is_overdrawn or CaseKind.REFUND_AND_DISPUTE in reported_of
    assert payment.version == start + len(events)
    prev = [event.seq for event in events]
    assert prev == list(range(start + 1, payment.version + 1))


def test_events_name_the_dispute_and_its_phase() -> None:
    (event,) = opened(a_paid_payment(), replace(REPORTED, reason_code="fraudulent")).events
    assert (event.subject_id, event.from_status, event.to_status) == ("dsp_1", "", "open")
    assert (event.amount_minor, event.note) == (20000, "chargeback fraudulent")


def test_an_appeal_may_end_with_a_status_of_the_phase_before() -> None:
    """Stripe reports the end of an unanswered appeal without the appeal's phase."""
    appealed = after(opened(a_paid_payment()), (CHARGEBACK, WON), (SECOND, OPEN))
    lost = applied(appealed, phase=CHARGEBACK, status=LOST)
    assert lost
    assert (dispute_of(lost).phase, dispute_of(lost).status, lost.payment.current.lost_disputes) == (SECOND, LOST, 1)


def test_a_request_for_another_answer_ends_with_the_next_phase() -> None:
    again = after(opened(a_paid_payment()), (CHARGEBACK, REVIEW), (CHARGEBACK, OPEN))
    assert dispute_of(again).wants_another_answer
    assert not dispute_of(after(again, (CHARGEBACK, WON))).wants_another_answer
    assert not dispute_of(after(again, (SECOND, REVIEW))).wants_answer


def test_an_open_one_of_an_earlier_phase_asks_for_no_answer() -> None:
    second = after(opened(a_paid_payment()), (SECOND, REVIEW))
    assert applied(second, phase=CHARGEBACK, status=OPEN) is None


def test_a_reason_and_a_time_that_are_reported_no_more_stay() -> None:
    change = opened(a_paid_payment(), replace(REPORTED, reason_code="fraud"))
    assert applied(change, reason_code="", respond_by=None) is None
    moved_on = applied(change, status=REVIEW, reason_code="", respond_by=None)
    assert moved_on is not None
    assert (dispute_of(moved_on).reason_code, dispute_of(moved_on).respond_by) == ("fraud", REPORTED.respond_by)


def records_of(change: Change | None) -> int | None:
    """The number of disputes that a change writes; None if nothing changed."""
    return None if change is None else sum(isinstance(record, Dispute) for record in change.records)


@pytest.mark.parametrize(
    ("so_far", "answer", "written", "phase", "status"),
    [
        # Reported again.
        ([], {}, None, CHARGEBACK, OPEN),
        ([(CHARGEBACK, WON)], {"status": WON}, None, CHARGEBACK, WON),
        ([(CHARGEBACK, WON)], {"status": WON, "reason_code": "fraud"}, 1, CHARGEBACK, WON),
        # An end that contradicts the known one: a person decides.
        ([(CHARGEBACK, WON)], {"status": OPEN}, 0, CHARGEBACK, WON),
        ([(CHARGEBACK, LOST)], {"status": WON}, 0, CHARGEBACK, LOST),
        ([(CHARGEBACK, CLOSED)], {"status": REVIEW}, 0, CHARGEBACK, CLOSED),
        # A later phase may begin and end at once. The end of an earlier phase ends what is open, and nothing else.
        ([], {"phase": SECOND, "status": LOST}, 1, SECOND, LOST),
        ([(CHARGEBACK, WON)], {"phase": THIRD, "status": LOST}, 1, THIRD, LOST),
        ([(SECOND, OPEN)], {"status": WON}, 1, SECOND, WON),
        ([(SECOND, OPEN)], {"status": REVIEW}, None, SECOND, OPEN),
        ([(SECOND, WON)], {"status": LOST}, None, SECOND, WON),
        ([(SECOND, WON)], {"status": OPEN}, None, SECOND, WON),
    ],
)
def test_a_dispute_never_falls_back(
    so_far: list[tuple[DisputePhase, DisputeStatus]],
    answer: dict[str, Any],
    written: int | None,
    phase: DisputePhase,
    status: DisputeStatus,
) -> None:
    before = after(opened(a_paid_payment()), *so_far)
    change = applied(before, **answer)
    assert records_of(change) == written
    assert (change is not None and change.case is not None) is (written == 0)
    now = dispute_of(change) if change and written else dispute_of(before)
    assert (now.phase, now.status) == (phase, status)


def test_a_dispute_is_found_by_our_id_of_it_and_has_the_gateways_day() -> None:
    change = opened(
        a_paid_payment(), replace(REPORTED, opened_at=START - timedelta(days=2), money=DisputeMoney.DEBITED)
    )
    assert change.references == (Reference("dsp_1", "dsp_1", "phonepe"),)
    dispute = dispute_of(change)
    assert (dispute.opened_at, dispute.updated_at, dispute.money) == (
        START - timedelta(days=2), START, DisputeMoney.DEBITED,
    )  # fmt: skip
    assert dispute_of(opened(a_paid_payment())).opened_at == START
    later = applied(change, reason_code="fraud")
    assert later
    assert (dispute_of(later).reason_code, dispute_of(later).updated_at) == ("fraud", START + timedelta(hours=1))


def test_a_won_dispute_in_another_currency_withholds_nothing() -> None:
    change = opened(a_paid_payment(), replace(REPORTED, amount=Money(500, "USD")))
    for status, disputed in ((LOST, 49900), (WON, 0)):
        ended = applied(change, status=status, amount=Money(500, "USD"))
        assert ended
        assert ended.payment.current.disputed_minor == disputed


def test_a_dispute_that_withholds_nothing_is_not_reported_for_what_another_one_takes() -> None:
    overdrawn = opened(reserved(a_paid_payment(), a_refund(40000)).payment)
    assert overdrawn.case
    question = opened(overdrawn.payment, replace(REPORTED, ref="disp_2", phase=INQUIRY), "dsp_2")
    assert question.payment.current.is_overdrawn
    assert question.case is None
    second = opened(overdrawn.payment, replace(REPORTED, ref="disp_2"), "dsp_2")
    assert second.case
    assert (second.case.subject_id, second.case.amount) == ("dsp_2", Money(30100, "INR"))


# Accepting a dispute, and doing it in time.


def test_the_wish_to_accept_is_reported_with_its_reason_and_ends_with_the_gateways_refusal() -> None:
    change = opened(a_paid_payment())
    requested = disputing.accept_requested(change.payment, dispute_of(change), "not worth it", WHY, START)
    assert (kinds(requested), requested.events[0].note, dispute_of(requested).is_accepting) == (
        ["dispute.accept_requested"], "not worth it", True,
    )  # fmt: skip
    refused = disputing.accept_refused(
        requested.payment, dispute_of(requested), Failure(FailureCode.REJECTED), WHY, START
    )
    assert (kinds(refused), refused.events[0].note, dispute_of(refused).is_accepting) == (
        ["dispute.accept_refused"], "the gateway refused: rejected", False,
    )  # fmt: skip
    assert dispute_of(refused).status is OPEN


@pytest.mark.parametrize(
    ("is_requested", "phase", "status", "is_accepting"),
    [
        (True, CHARGEBACK, REVIEW, True),
        (True, CHARGEBACK, LOST, False),
        (True, SECOND, REVIEW, False),
        (False, CHARGEBACK, REVIEW, False),
    ],
)
def test_a_dispute_is_being_accepted_until_its_round_ends(
    is_requested: bool, phase: DisputePhase, status: DisputeStatus, is_accepting: bool
) -> None:
    change = opened(a_paid_payment())
    if is_requested:
        change = disputing.accept_requested(change.payment, dispute_of(change), "ours", WHY, START)
    assert dispute_of(after(change, (phase, status))).is_accepting is is_accepting


DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("of_dispute", "left", "is_due_soon"),
    [
        ({}, DAY, False),
        ({}, DAY - timedelta(milliseconds=1), True),
        ({}, timedelta(milliseconds=1), True),
        ({}, timedelta(0), False),
        ({}, -DAY / 2, False),
        ({"respond_by": None}, DAY / 2, False),
        ({"is_accepting": True}, DAY / 2, False),
        ({"status": REVIEW}, DAY / 2, False),
        ({"status": REVIEW, "wants_another_answer": True}, DAY / 2, True),
        ({"status": LOST}, DAY / 2, False),
    ],
)
def test_a_dispute_is_due_soon_on_the_last_day_in_which_it_waits_for_an_answer(
    of_dispute: dict[str, Any], left: timedelta, is_due_soon: bool
) -> None:
    dispute = dispute_of(opened(a_paid_payment()))
    respond_by = dispute.respond_by
    assert respond_by
    assert disputing.is_due_soon(replace(dispute, **of_dispute), respond_by - left) is is_due_soon


@pytest.mark.parametrize(
    ("of_dispute", "age", "due_in"),
    [
        ({}, timedelta(0), timedelta(hours=6)),
        ({"respond_by": START + DAY}, timedelta(0), timedelta(hours=1)),
        ({"respond_by": START + DAY, "status": REVIEW}, timedelta(0), timedelta(hours=6)),
        ({"respond_by": START + DAY, "is_accepting": True}, timedelta(0), timedelta(minutes=1)),
        ({"is_accepting": True}, timedelta(hours=2), timedelta(hours=1)),
        ({"status": WON, "is_accepting": True}, timedelta(0), None),
    ],
)
def test_a_dispute_is_checked_by_what_it_waits_for(
    of_dispute: dict[str, Any], age: timedelta, due_in: timedelta | None
) -> None:
    dispute = replace(dispute_of(opened(a_paid_payment())), **of_dispute)
    assert disputing.next_check(dispute, START + age) == (START + age + due_in if due_in else None)
