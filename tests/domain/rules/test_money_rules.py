"""The rules of money hold after every answer of a gateway, in any order."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payments.domain.change import Change, unchanged
from payments.domain.records.case import OUTCOMES, Case, Outcome
from payments.domain.records.chain import is_unbroken
from payments.domain.records.event import Event, Why
from payments.domain.records.payment import Attempt, Payment, Review, ReviewKind
from payments.domain.records.refund import ReasonCode, Refund
from payments.domain.records.snapshot import Snapshot
from payments.domain.rules import advancing, decisions, importing, refund_decisions, refunding, transitions
from payments.domain.rules.decisions import Decision, NotPossible
from payments.domain.rules.refunding import ExceedsAvailable
from payments.domain.values import polling
from payments.domain.values.money import Money
from payments.domain.values.status import Failure, FailureCode, Status

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
AMOUNT = Money(49900, "INR")
WHY = Why("system", "sweep")
NO = Failure(FailureCode.DECLINED)


def an_attempt(number: int = 1, at: datetime = START) -> Attempt:
    return Attempt(f"att_{number}", number, "phonepe", AMOUNT, Status.CREATED, at, at, at + timedelta(seconds=1200))


def a_payment() -> Payment:
    payment = Payment(
        "pay_1", "ws", "ORD", AMOUNT, Status.CREATED, 0, (an_attempt(),), "https://shop.example", START, START
    )
    return transitions.opened(payment, WHY, START).payment


def applied(
    payment: Payment, answer: Snapshot, after_s: float = 60, late_success: str = "grant", attempt: int = 1
) -> Change | None:
    return advancing.advance(payment, f"att_{attempt}", answer, late_success, WHY, START + timedelta(seconds=after_s))


def moved(payment: Payment, answer: Snapshot, after_s: float = 60, late_success: str = "grant") -> Payment:
    change = applied(payment, answer, after_s, late_success)
    assert change is not None
    return change.payment


PAID = Snapshot(Status.COMPLETED, AMOUNT)


@pytest.mark.parametrize("status_after", [Status.CREATED, Status.PENDING, Status.AUTHORIZED])
def test_nothing_moves_a_completed_attempt(status_after: Status) -> None:
    payment = moved(a_payment(), PAID)
    assert applied(payment, Snapshot(status_after, AMOUNT)) is None


def test_an_attempt_that_is_to_be_checked_at_once_is_due_now_and_not_never(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "payment_due_after", lambda _, *, carried: timedelta(0))
    assert an_attempt().next_check_at(START) == START


@pytest.mark.parametrize("status_after", [Status.FAILED, Status.CANCELLED, Status.EXPIRED])
def test_a_completed_attempt_that_the_gateway_denies_stays_completed_with_one_case(status_after: Status) -> None:
    change = applied(moved(a_payment(), PAID), Snapshot(status_after, failure=NO))
    assert change is not None
    assert change.case is not None
    assert (change.case.kind, change.payment.status, change.payment.current.captured_minor) == (
        "capture_denied", "completed", 49900,
    )  # fmt: skip
    assert applied(change.payment, Snapshot(status_after, failure=NO)) is None


@pytest.mark.parametrize("minutes", [30, 600, 6000])
def test_what_is_in_progress_is_not_ended_by_our_clock_and_its_success_is_not_late(minutes: int) -> None:
    pending = moved(a_payment(), Snapshot(Status.PENDING))
    waiting = moved(pending, Snapshot(Status.PENDING, is_in_progress=True), after_s=minutes * 60)
    assert (waiting.status, waiting.current.in_progress_at) == ("pending", START + timedelta(minutes=minutes))
    assert applied(waiting, Snapshot(Status.PENDING, is_in_progress=True), after_s=minutes * 90) is None
    assert not transitions.can_retry(waiting)
    paid = moved(waiting, PAID, after_s=minutes * 600)
    assert (paid.status, paid.current.is_late, paid.current.is_excess) == ("completed", False, False)


def test_what_is_no_longer_in_progress_ends_by_our_clock() -> None:
    waiting = moved(
        moved(a_payment(), Snapshot(Status.PENDING)), Snapshot(Status.PENDING, is_in_progress=True), after_s=2000
    )
    assert moved(waiting, Snapshot(Status.PENDING), after_s=3000).status == "expired"


@pytest.mark.parametrize(("age_h", "wait_h"), [(2, 1), (23, 1), (25, 6), (1000, 6)])
def test_what_is_in_progress_is_checked_hourly_and_then_every_six_hours(age_h: int, wait_h: int) -> None:
    waiting = moved(
        moved(a_payment(), Snapshot(Status.PENDING)), Snapshot(Status.PENDING, is_in_progress=True), after_s=2000
    )
    now = waiting.current.expires_at + timedelta(hours=age_h)
    assert waiting.next_due(now) == now + timedelta(hours=wait_h)


@pytest.mark.parametrize(
    ("amount", "kind_of_review"), [(Money(49899, "INR"), ReviewKind.AMOUNT), (Money(49900, "USD"), ReviewKind.CURRENCY)]
)
def test_another_amount_or_currency_puts_the_payment_under_review_once(
    amount: Money, kind_of_review: ReviewKind
) -> None:
    change = applied(a_payment(), Snapshot(Status.COMPLETED, amount))
    assert change is not None
    assert (change.payment.review_kind, change.payment.status, change.payment.current.captured_minor) == (
        kind_of_review,
        "created",
        0,
    )
    assert change.case is not None
    assert applied(change.payment, Snapshot(Status.COMPLETED, amount)) is None
    assert applied(change.payment, PAID) is None, "a payment under review waits for a person"
    assert change.payment.due_at is None, "nothing is checked until a person has decided"


def test_an_answer_about_another_order_puts_the_payment_under_review() -> None:
    assert moved(a_payment(), replace(PAID, is_foreign=True)).review_kind is ReviewKind.MERCHANT


def test_silence_about_a_fresh_attempt_concludes_nothing() -> None:
    assert applied(a_payment(), Snapshot(Status.CREATED), after_s=899) is None
    assert moved(a_payment(), Snapshot(Status.CREATED), after_s=901).status == "failed"


def test_pending_past_expiry_ends_only_after_its_grace() -> None:
    pending = moved(a_payment(), Snapshot(Status.PENDING))
    assert applied(pending, Snapshot(Status.PENDING), after_s=1319) is None
    assert moved(pending, Snapshot(Status.PENDING), after_s=1321).status == "expired"


@pytest.mark.parametrize(
    ("late_success", "hours", "winner", "kind_of_review"),
    [
        ("grant", 23.9, True, None),
        ("grant", 25, False, None),
        ("refund", 1, False, None),
        ("review", 1, True, ReviewKind.LATE_SUCCESS),
        ("review", 100, True, ReviewKind.LATE_SUCCESS),
    ],
)
def test_late_money_follows_the_workspace(
    late_success: str, hours: float, winner: bool, kind_of_review: ReviewKind | None
) -> None:
    expired = moved(a_payment(), Snapshot(Status.EXPIRED, failure=NO), after_s=1300)
    late = moved(expired, PAID, after_s=1200 + hours * 3600, late_success=late_success)
    assert (late.current.status, bool(late.winning_attempt_id), late.review_kind) == (
        "completed",
        winner,
        kind_of_review,
    )
    assert late.current.is_late
    assert late.current.is_excess is not winner


def test_a_paid_order_is_checked_once_more_after_its_expiry_however_early_it_was_paid() -> None:
    paid = moved(a_payment(), PAID, after_s=30).current
    assert paid.next_check_at(START + timedelta(seconds=30)) == paid.expires_at + timedelta(minutes=15)


def test_an_order_whose_payment_was_found_long_after_its_expiry_is_checked_once_more() -> None:
    """If the gateway was silent for a day, its first answer may already have two payments."""
    paid = moved(a_payment(), PAID, after_s=100_000).current
    found_at = START + timedelta(seconds=100_000)
    assert paid.captured_at == found_at
    assert paid.next_check_at(found_at) == found_at + timedelta(minutes=15)
    assert paid.next_check_at(found_at + timedelta(minutes=15)) is None


@pytest.mark.parametrize(
    ("after_s", "is_requested", "status_after"),
    [(1300, False, "cancelled"), (1321, False, "expired"), (1321, True, "cancelled")],
)
def test_a_closed_order_without_a_cancellation_request_is_expired_once_its_time_is_over(
    after_s: float, is_requested: bool, status_after: str
) -> None:
    """Our system closes overdue checkouts. If it is killed before it stores that, it later reads the closed order."""
    pending = moved(a_payment(), Snapshot(Status.PENDING))
    requested = (
        transitions.cancel_requested(pending, pending.current, "", WHY, START).payment if is_requested else pending
    )
    ended = moved(requested, Snapshot(Status.CANCELLED), after_s=after_s)
    assert ended.current.status == status_after
    assert not ended.current.is_ended_by_clock


def test_an_authorization_that_somebody_voided_is_cancelled_however_late() -> None:
    under_review = moved(a_payment(), Snapshot(Status.AUTHORIZED, AMOUNT, "hold_1"))
    assert moved(under_review, Snapshot(Status.CANCELLED), after_s=9_000).current.status == "cancelled"


def test_a_retry_needs_every_earlier_attempt_dead_and_no_open_review() -> None:
    payment = a_payment()
    assert not transitions.can_retry(payment)
    dead = moved(payment, Snapshot(Status.FAILED, failure=NO))
    assert transitions.can_retry(dead)
    assert not transitions.can_retry(replace(dead, review=Review(ReviewKind.AMOUNT, "att_1", START)))
    assert not transitions.can_retry(moved(dead, PAID, after_s=1300))


def a_refund(minor: int, number: int = 1) -> Refund:
    return Refund(
        f"rfd_{number}", "pay_1", "ws", "att_1", "phonepe", Money(minor, "INR"), Status.CREATED,
        ReasonCode.OTHER, "", "user:owner", START, START,
    )  # fmt: skip


def test_a_refund_beyond_what_is_left_is_never_reserved() -> None:
    payment = moved(a_payment(), PAID)
    reserved = refunding.reserved(payment, a_refund(40000), one_at_a_time=True, why=WHY, at=START).payment
    with pytest.raises(ExceedsAvailable):
        refunding.reserved(reserved, a_refund(9901, 2), one_at_a_time=True, why=WHY, at=START)


def test_a_refund_of_another_amount_is_a_case_and_books_nothing() -> None:
    payment = moved(a_payment(), PAID)
    change = refunding.reserved(payment, a_refund(10000), one_at_a_time=True, why=WHY, at=START)
    assert change.refund is not None
    answer = Snapshot(Status.COMPLETED, Money(9999, "INR"))
    under_review = refunding.advance_refund(change.payment, change.refund, answer, WHY, START)
    assert under_review is not None
    assert under_review.case is not None
    assert under_review.payment.current.reserved_minor == 10000
    assert under_review.refund is not None
    assert refunding.advance_refund(under_review.payment, under_review.refund, answer, WHY, START) is None


def test_a_completed_refund_under_review_is_not_due() -> None:
    payment = moved(a_payment(), PAID)
    change = refunding.reserved(payment, a_refund(10000), one_at_a_time=True, why=WHY, at=START)
    for minor in (10000, 9999):
        assert change.refund is not None
        answer = Snapshot(Status.COMPLETED, Money(minor, "INR"), may_return=timedelta(days=30))
        applied = refunding.advance_refund(change.payment, change.refund, answer, WHY, START)
        assert applied is not None
        change = applied
        assert change.refund is not None
        assert (change.refund.due_at is None) is (minor == 9999)


def test_a_refund_that_went_back_outside_does_not_come_back_because_the_gateway_never_made_it() -> None:
    payment = moved(a_payment(), PAID)
    change = refunding.reserved(payment, a_refund(10000), one_at_a_time=True, why=WHY, at=START)
    assert change.refund is not None
    under_review = refunding.advance_refund(
        change.payment, change.refund, Snapshot(Status.PENDING, Money(9999, "INR")), WHY, START
    )
    assert under_review is not None
    assert under_review.refund is not None
    assert under_review.case is not None
    outside = Decision(Outcome.REFUNDED_OUTSIDE, "by bank", "rfd_9", reference="NEFT 1")
    failed = Snapshot(Status.FAILED, failure=Failure(FailureCode.OTHER))
    decided = refund_decisions.refund_decided(
        under_review.payment, under_review.refund, under_review.case, outside, failed, WHY, START
    )
    assert decided.refund is not None
    assert (decided.refund.status, decided.payment.current.refunded_minor) == (Status.COMPLETED, 10000)
    assert refunding.advance_refund(decided.payment, decided.refund, failed, WHY, START) is None


STATUSES = st.sampled_from([s for s in Status if s not in (Status.PROCESSING, Status.RETURNED)])
OF_REFUNDS = (Status.CREATED, Status.PROCESSING, Status.COMPLETED, Status.FAILED)  # Adapters report no other.
AMOUNTS = st.sampled_from([None, AMOUNT, AMOUNT, AMOUNT, Money(1, "INR"), Money(49900, "USD")])
STEPS = st.one_of(
    st.tuples(st.just("report"), STATUSES, AMOUNTS, st.integers(1, 2)),
    st.tuples(st.just("retry"), st.none(), st.none(), st.none()),
    st.tuples(st.just("refund"), st.integers(1, 60000), st.none(), st.none()),
    st.tuples(st.just("refunded"), STATUSES, st.booleans(), st.integers(0, 5)),
    st.tuples(st.just("imported"), st.integers(1, 60000), st.none(), st.integers(1, 2)),
    st.tuples(st.just("decide"), st.sampled_from(list(Outcome)), STATUSES, AMOUNTS),
)


class History:
    """A payment, its refunds and its events, changed step by step as a store does."""

    def __init__(self) -> None:
        self.at, self.cases, self.numbers = START, dict[str, Case](), itertools.count(1)
        opened = transitions.opened(
            Payment("pay_1", "ws", "ORD", AMOUNT, Status.CREATED, 0, (an_attempt(),), "u", START, START), WHY, START
        )
        self.payment, self.events, self.refunds = opened.payment, list(opened.events), dict[str, Refund]()

    def apply(self, change: Change | None) -> None:
        if change is None:
            return
        assert change.read_version == self.payment.version
        for before in self.payment.attempts:
            after = change.payment.attempt(before.id)
            assert after.status.rank >= before.status.rank, "rank never falls"
            is_decided = any(event.kind == "case.decided" for event in change.events)
            assert is_decided or before.captured_minor in (0, after.captured_minor), (
                "captured is set once, or by a decision"
            )
        self.payment, self.events = change.payment, [*self.events, *change.events]
        for record in change.records:
            if isinstance(record, Refund):
                known = self.refunds.get(record.id)
                assert record.version == (known.version if known else 0) + 1, "a record is one version on"
                self.refunds[record.id] = record
            elif isinstance(record, Case):
                self.cases[record.id] = record

    def step(self, kind: str, one: object, two: object, three: object) -> None:
        self.at += timedelta(seconds=400)
        doing = {"report": self.report, "retry": self.retry, "refund": self.refund, "refunded": self.refunded}
        (doing | {"imported": self.imported, "decide": self.decide})[kind](one, two, three)

    def report(self, status: object, amount: object, attempt: object) -> None:
        assert isinstance(status, Status)
        assert isinstance(attempt, int)
        if attempt > len(self.payment.attempts):
            return
        text = Snapshot(status, amount if isinstance(amount, Money) else None, failure=NO if status.is_dead else None)
        change = advancing.advance(self.payment, f"att_{attempt}", text, "grant", WHY, self.at)
        if change and change.payment.attempt(f"att_{attempt}").is_excess:
            change = refunding.excess_refunded(change, f"att_{attempt}", f"rfd_s{attempt}", self.at)
        self.apply(change)

    def retry(self, _: object, __: object, ___: object) -> None:
        if transitions.can_retry(self.payment) and len(self.payment.attempts) < 2:
            self.apply(transitions.retried(self.payment, an_attempt(2, self.at), WHY, self.at))

    def refund(self, minor: object, _: object, __: object) -> None:
        winner = self.payment.winning_attempt
        if winner is None:
            return
        assert isinstance(minor, int)
        refund = replace(a_refund(minor, len(self.refunds) + 10), attempt_id=winner.id)
        try:
            self.apply(refunding.reserved(self.payment, refund, one_at_a_time=True, why=WHY, at=self.at))
        except ExceedsAvailable:
            assert minor > winner.available_minor

    def refunded(self, status: object, _: object, which: object) -> None:
        assert isinstance(status, Status)
        assert isinstance(which, int)
        if which < len(self.refunds) and status in OF_REFUNDS:
            refund = list(self.refunds.values())[which]
            self.apply(refunding.advance_refund(self.payment, refund, Snapshot(status), WHY, self.at))

    def imported(self, minor: object, _: object, which: object) -> None:
        assert isinstance(minor, int)
        assert isinstance(which, int)
        if which <= len(self.payment.attempts):
            attempt = self.payment.attempts[which - 1]
            left = attempt.captured_minor - attempt.reserved_minor - attempt.refunded_minor - attempt.written_off_minor
            if left > 0 and not self.payment.is_stuck:
                used, refund_id = min(minor, left), f"rfd_g{next(self.numbers)}"
                self.apply(importing.imported(unchanged(self.payment), attempt.id, refund_id, used, self.at))

    def decide(self, outcome: object, status: object, amount: object) -> None:
        """Decide the oldest open case, with any answer of the gateway."""
        case = next((case for case in self.cases.values() if not case.decided_at), None)
        assert isinstance(outcome, Outcome)
        assert isinstance(status, Status)
        if case is None or outcome not in OUTCOMES[case.kind]:
            return
        number = next(self.numbers)
        decision = Decision(outcome, "note", f"rfd_d{number}", f"att_d{number}", "reference")
        reported_amount = amount if isinstance(amount, Money) else None
        try:
            self.apply(self.decided(case, decision, status, reported_amount))
        except (NotPossible, ExceedsAvailable):
            return
        assert self.cases[case.id].decided_at == self.at, "a decided case has ended"

    def decided(self, case: Case, decision: Decision, status: Status, amount: Money | None) -> Change:
        by = {
            "refund_mismatch": lambda: refund_decisions.refund_decided(
                self.payment, self.refunds[case.subject_id], case, decision, Snapshot(status, amount), WHY, self.at
            ),
            "refund_returned": lambda: refund_decisions.returned_decided(
                self.payment, self.refunds[case.subject_id], case, decision, WHY, self.at, one_at_a_time=True
            ),
            "excess_refund_failed": lambda: refund_decisions.excess_decided(self.payment, case, decision, WHY, self.at),
            "capture_denied": lambda: decisions.noted(self.payment, case, decision, WHY, self.at),
        }
        review = lambda: decisions.review_decided(  # noqa: E731
            self.payment, case, decision, Snapshot(status, amount, f"ref_{decision.refund_id}"), WHY, self.at
        )
        return by.get(str(case.kind), review)()

    def check(self) -> None:
        assert is_unbroken(self.events)
        assert len(self.events) == self.payment.version
        for attempt in self.payment.attempts:
            of_it = [refund for refund in self.refunds.values() if refund.attempt_id == attempt.id]
            open_sum = sum(refund.amount.minor for refund in of_it if refund.status.is_open)
            done_sum = sum(refund.amount.minor for refund in of_it if refund.status is Status.COMPLETED)
            assert (attempt.reserved_minor, attempt.refunded_minor) == (open_sum, done_sum), (
                "counters equal recomputation"
            )
            spent = attempt.reserved_minor + attempt.refunded_minor + attempt.written_off_minor
            assert 0 <= spent <= attempt.captured_minor
            is_decided = any(event.kind == "case.decided" for event in self.events)
            assert is_decided or attempt.captured_minor in (0, AMOUNT.minor)
        captured = [attempt for attempt in self.payment.attempts if attempt.status is Status.COMPLETED]
        assert sum(not attempt.is_excess for attempt in captured) == bool(self.payment.winning_attempt_id)
        unreturned = any(attempt.is_excess and attempt.available_minor for attempt in captured)
        is_known = any(case.kind in ("excess_refund_failed", "refund_returned") for case in self.cases.values())
        assert unreturned <= is_known, "what is excess goes back in full, or a person knows"
        reviewed = {"amount_mismatch", "currency_mismatch", "merchant_mismatch", "late_success"}
        is_open = any(str(case.kind) in reviewed and not case.decided_at for case in self.cases.values())
        assert is_open == (self.payment.review is not None), "a review has its open case, and ends with it"


@settings(max_examples=500, deadline=None)
@given(st.lists(STEPS, max_size=25))
def test_every_history_keeps_the_books(steps: list[tuple[str, object, object, object]]) -> None:
    history = History()
    history.check()
    for step in steps:
        history.step(*step)
        history.check()


def _altered(events: list[Event], change: Callable[[Event], Event]) -> list[Event]:
    return [events[0], change(events[1]), *events[2:]]


def test_one_altered_event_breaks_the_chain() -> None:
    history = History()
    history.report(Status.PENDING, None, 1)
    history.report(Status.COMPLETED, AMOUNT, 1)
    assert is_unbroken(history.events)
    assert not is_unbroken(_altered(history.events, lambda event: replace(event, amount_minor=1)))
    assert not is_unbroken(_altered(history.events, lambda event: replace(event, note="x").sealed()))
    assert not is_unbroken(history.events[:1] + history.events[2:])


def test_an_undecided_capture_is_in_progress() -> None:
    authorized = moved(a_payment(), Snapshot(Status.AUTHORIZED, AMOUNT))
    requested = transitions.capture_requested(
        authorized, authorized.current, 49900, WHY, START + timedelta(minutes=2)
    ).payment
    undecided = Snapshot(Status.PENDING, is_in_progress=True)
    assert applied(requested, undecided, after_s=200) is None
    waiting = moved(requested, undecided, after_s=300)
    assert (waiting.current.status, waiting.current.in_progress_at) == ("authorized", START + timedelta(seconds=300))


def test_a_refused_capture_is_concluded_only_once_no_earlier_call_can_still_arrive() -> None:
    authorized = moved(a_payment(), Snapshot(Status.AUTHORIZED, AMOUNT))
    requested = transitions.capture_requested(
        authorized, authorized.current, 30000, WHY, START + timedelta(minutes=2)
    ).payment
    refused = Snapshot(Status.AUTHORIZED, AMOUNT, capture_refusal=Failure(FailureCode.REJECTED))
    assert applied(requested, refused, after_s=120 + advancing.SETTLE.total_seconds()) is None
    assert (
        moved(requested, refused, after_s=121 + advancing.SETTLE.total_seconds()).current.capture_requested_minor == 0
    )


def test_after_a_refused_capture_the_authorization_may_have_the_lowered_amount() -> None:
    """Square's amount is lowered before the capture."""
    authorized = moved(a_payment(), Snapshot(Status.AUTHORIZED, AMOUNT))
    requested = transitions.capture_requested(
        authorized, authorized.current, 30000, WHY, START + timedelta(minutes=2)
    ).payment
    lowered = Snapshot(Status.AUTHORIZED, replace(AMOUNT, minor=30000))
    refused = replace(lowered, capture_refusal=Failure(FailureCode.REJECTED))
    after = moved(requested, refused, after_s=121 + advancing.SETTLE.total_seconds())
    assert (after.current.capture_requested_minor, after.is_stuck) == (0, False)
    assert applied(after, lowered, after_s=400 + advancing.SETTLE.total_seconds()) is None


@pytest.mark.parametrize("outcome", [Outcome.ACCEPT, Outcome.REFUND, Outcome.WRITE_OFF])
def test_money_that_a_decision_books_is_found_by_the_gateways_name_of_it(outcome: Outcome) -> None:
    """At some gateways disputes and dashboard refunds name nothing else."""
    other = Snapshot(Status.COMPLETED, Money(49800, "INR"), "pay_theirs")
    change = applied(a_payment(), other)
    assert change is not None
    assert change.case is not None
    decided = decisions.review_decided(
        change.payment, change.case, Decision(outcome, "seen", "rfd_9"), other, WHY, START
    )
    assert "pay_theirs" in [reference.name for reference in decided.references if not reference.is_ours]
