"""Which follow-up calls an answer causes, for each state of the books."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from payments.domain.records.payment import Attempt, Payment, Review, ReviewKind
from payments.domain.records.snapshot import Snapshot
from payments.domain.rules.advancing import EXPIRY_GRACE, SETTLE
from payments.domain.values.money import Money
from payments.domain.values.status import FailureCode, Status
from payments.gateways.contract.errors import GatewayError, OutcomeUnknown, Rejected, Unavailable, Unsupported
from payments.usecases.payment.follow_up import follow_up
from tests.usecases.steps import AMOUNT, opened_at
from tests.world import World

MOMENT = timedelta(milliseconds=1)
SECOND = timedelta(seconds=1)
FULL = Money(AMOUNT, "USD")
PENDING = Snapshot(Status.PENDING)
ON_REVIEW = Snapshot(Status.AUTHORIZED, FULL, ref="AUTH-1")
AGREED = Snapshot(Status.AUTHORIZED, FULL)  # The payer agreed to a capture: PayPal has no authorization with an id yet.
APPROVED = Snapshot(Status.PENDING, is_approved=True)
UNDER_WAY = Snapshot(Status.PENDING, is_in_progress=True)
ABSENT = Snapshot(Status.CREATED)
CAPTURED = Snapshot(Status.COMPLETED, FULL, ref="CAP-1")
VOIDED = Snapshot(Status.CANCELLED)
OVERDUE = timedelta(seconds=1200) + EXPIRY_GRACE + MOMENT
CANCELLING = {"is_cancelling": True}
CAPTURING = {"status": Status.AUTHORIZED, "capture_requested_minor": 10000}
DEAD = {"status": Status.EXPIRED}
ANOTHER = {"winning_attempt_id": "att_another"}
REPLACED = {"replaced_by": "pay_another"}


@dataclass
class At:
    """An open payment at PayPal. The answers to follow-up calls are given, and the calls are recorded."""

    manual: bool = False
    answers: dict[str, Snapshot | GatewayError] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    amounts: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.world, answer = opened_at("paypal", manual=self.manual)
        self.payment: Payment = self.world.payment(answer["payment_id"])
        self.world.override(
            "paypal",
            authorize_payment=lambda attempt: self._called("authorize", ON_REVIEW),
            cancel_payment=lambda attempt: self._called("cancel", VOIDED),
            capture_payment=self._capture,
        )

    def _capture(self, attempt: Attempt, amount: Money) -> Snapshot:
        self.amounts.append(amount.minor)
        return self._called("capture", CAPTURED)

    def _called(self, call: str, usual: Snapshot) -> Snapshot:
        self.calls.append(call)
        answer = self.answers.get(call, usual)
        if isinstance(answer, GatewayError):
            raise answer
        return answer

    def act(
        self,
        snapshot: Snapshot,
        attempt: dict[str, Any] | None = None,
        payment: dict[str, Any] | None = None,
        after: timedelta = SECOND,
    ) -> Snapshot:
        world: World = self.world
        live = replace(self.payment.current, **(attempt or {}))
        read = replace(self.payment.with_attempt(live), **(payment or {}))
        world.clock.sleep((live.created_at + after - world.clock.now()).total_seconds() + 0.0001)
        return follow_up(read, live, snapshot, world.context())


def request(at: At, what: str, ago: timedelta) -> dict[str, Any]:
    """Request it so long before the check, which is an hour after the start."""
    return {what: at.payment.current.created_at + timedelta(hours=1) - ago}


@pytest.mark.parametrize(
    ("snapshot", "attempt", "payment", "after", "calls"),
    [
        (PENDING, {}, {}, SECOND, []),
        (PENDING, {}, {}, OVERDUE - MOMENT, []),
        (PENDING, {}, {}, OVERDUE, ["cancel"]),
        (UNDER_WAY, {}, {}, OVERDUE, []),
        (UNDER_WAY, CANCELLING, {}, SECOND, ["cancel"]),
        (PENDING, {"status": Status.CREATED}, {}, OVERDUE, []),
        (ABSENT, {}, {}, OVERDUE, []),  # For an hour it may still be found.
        (ON_REVIEW, {}, {}, SECOND, ["capture"]),
        (ON_REVIEW, {}, {}, OVERDUE, ["capture"]),
        (APPROVED, {}, {}, SECOND, ["authorize", "capture"]),
        (APPROVED, {}, {}, OVERDUE, ["cancel"]),
        (PENDING, CANCELLING, {}, SECOND, ["cancel"]),
        (ON_REVIEW, CANCELLING, {}, SECOND, ["cancel"]),
        (APPROVED, CANCELLING, {}, SECOND, ["cancel"]),
        (PENDING, {}, ANOTHER, SECOND, ["cancel"]),
        (ON_REVIEW, {}, ANOTHER, SECOND, ["cancel"]),
        (PENDING, {}, REPLACED, SECOND, ["cancel"]),
        (ON_REVIEW, {}, REPLACED, SECOND, ["cancel"]),
        (ON_REVIEW, CAPTURING, REPLACED, SECOND, ["cancel"]),  # No capture was sent.
        (ON_REVIEW, CAPTURING, ANOTHER, SECOND, ["cancel"]),
        (ON_REVIEW, CAPTURING, {}, OVERDUE, ["capture"]),
        (ON_REVIEW, {"status": Status.COMPLETED}, {}, SECOND, []),
        (ON_REVIEW, {"status": Status.COMPLETED}, REPLACED, SECOND, []),
        (CAPTURED, {}, REPLACED, SECOND, []),
        (VOIDED, CANCELLING, {}, SECOND, []),
        (PENDING, DEAD, REPLACED, SECOND, []),
        (APPROVED, DEAD, {}, OVERDUE, []),
        (ON_REVIEW, DEAD, {}, OVERDUE, ["capture"]),
        (ON_REVIEW, DEAD, REPLACED, OVERDUE, ["cancel"]),
        (ON_REVIEW, DEAD, ANOTHER, OVERDUE, ["cancel"]),
    ],
)
def test_follow_up_calls_of_an_automatic_capture(
    snapshot: Snapshot, attempt: dict[str, Any], payment: dict[str, Any], after: timedelta, calls: list[str]
) -> None:
    at = At()
    at.act(snapshot, attempt, payment, after)
    assert at.calls == calls


@pytest.mark.parametrize(
    ("snapshot", "attempt", "payment", "calls"),
    [
        (APPROVED, {}, {}, ["authorize"]),
        (ON_REVIEW, {}, {}, []),
        (ON_REVIEW, CANCELLING, {}, ["cancel"]),
        (ON_REVIEW, CAPTURING, {}, ["capture"]),
        (ON_REVIEW, {}, REPLACED, ["cancel"]),
        (ON_REVIEW, DEAD, {}, ["cancel"]),
    ],
)
def test_what_follows_where_the_merchant_captures_later(
    snapshot: Snapshot, attempt: dict[str, Any], payment: dict[str, Any], calls: list[str]
) -> None:
    at = At(manual=True)
    at.act(snapshot, attempt, payment)
    assert at.calls == calls


@pytest.mark.parametrize("late_success", ["refund", "review"])
def test_what_is_approved_late_is_voided_where_the_workspace_does_not_grant_it(late_success: str) -> None:
    at = At()
    at.world.workspace(late_success=late_success)
    assert at.act(ON_REVIEW, DEAD, after=OVERDUE).status is Status.EXPIRED
    assert at.calls == ["cancel"]


@pytest.mark.parametrize(
    ("snapshot", "manual", "ago", "calls"),
    [
        (AGREED, False, SETTLE, []),
        (AGREED, False, SETTLE + MOMENT, ["cancel"]),
        (AGREED, True, SETTLE, ["cancel"]),
        (ON_REVIEW, False, SETTLE, ["cancel"]),
        (PENDING, False, SETTLE, ["cancel"]),
    ],
)
def test_a_cancelled_approval_is_voided_once_no_capture_can_still_arrive(
    snapshot: Snapshot, manual: bool, ago: timedelta, calls: list[str]
) -> None:
    at = At(manual)
    at.act(snapshot, CANCELLING | request(at, "cancel_requested_at", ago), after=timedelta(hours=1))
    assert at.calls == calls


@pytest.mark.parametrize("payment", [ANOTHER, REPLACED], ids=["paid by another", "replaced"])
@pytest.mark.parametrize("ago", [SETTLE, SETTLE + MOMENT])
def test_a_capture_that_is_no_longer_wanted_is_voided_once_it_can_not_arrive(
    payment: dict[str, Any], ago: timedelta
) -> None:
    at = At(manual=True)
    at.act(ON_REVIEW, CAPTURING | request(at, "capture_requested_at", ago), payment, timedelta(hours=1))
    assert ("cancel" in at.calls) is (ago > SETTLE)
    if payment is ANOTHER:
        assert "capture" not in at.calls, "the order is paid"


@pytest.mark.parametrize(("attempt", "amount"), [(CAPTURING, 10000), ({}, AMOUNT), (DEAD, AMOUNT)])
def test_what_was_requested_is_captured_and_otherwise_all(attempt: dict[str, Any], amount: int) -> None:
    at = At()
    assert at.act(ON_REVIEW, attempt) == CAPTURED
    assert at.amounts == [amount]


@pytest.mark.parametrize("snapshot", [PENDING, ON_REVIEW, APPROVED])
def test_while_books_and_gateway_disagree_nothing_is_done(snapshot: Snapshot) -> None:
    at = At()
    wrong = replace(snapshot, amount=Money(AMOUNT - 1, "USD"))
    assert at.act(wrong, after=OVERDUE) == wrong
    assert at.calls == []


@pytest.mark.parametrize("kind", list(ReviewKind))
def test_under_review_nothing_is_done_unless_it_is_about_late_money(kind: ReviewKind) -> None:
    at = At()
    at.act(ON_REVIEW, payment={"review": Review(kind, at.payment.current.id, at.world.clock.now())})
    assert at.calls == (["capture"] if kind is ReviewKind.LATE_SUCCESS else [])


def test_what_is_closed_for_its_age_is_expired_and_what_was_cancelled_is_cancelled() -> None:
    at = At()
    expired = at.act(PENDING, after=OVERDUE)
    assert (expired.status, expired.failure and expired.failure.code) == (Status.EXPIRED, FailureCode.EXPIRED)
    assert At().act(PENDING, CANCELLING) == VOIDED
    at = At(answers={"cancel": replace(VOIDED, ref="VOID-1")})
    assert at.act(PENDING, after=OVERDUE).ref == "VOID-1"


@pytest.mark.parametrize("refusal", [Rejected("no"), Unsupported("never")])
@pytest.mark.parametrize(
    ("call", "snapshot", "attempt"),
    [("authorize", APPROVED, {}), ("capture", ON_REVIEW, {}), ("cancel", ON_REVIEW, CANCELLING)],
)
def test_a_refusal_changes_nothing_and_only_that_of_a_capture_is_reported(
    call: str, snapshot: Snapshot, attempt: dict[str, Any], refusal: GatewayError
) -> None:
    at = At(answers={call: refusal})
    followed = at.act(snapshot, attempt)
    as_before = replace(followed, capture_refusal=None, cancel_refusal=None)
    assert (as_before, at.calls) == (snapshot, [call])
    assert (followed.capture_refusal is not None) is (call == "capture")


@pytest.mark.parametrize("silence", [Unavailable("no answer"), OutcomeUnknown("lost")])
@pytest.mark.parametrize(
    ("call", "snapshot", "attempt"),
    [("authorize", APPROVED, {}), ("capture", ON_REVIEW, {}), ("cancel", ON_REVIEW, CANCELLING)],
)
def test_a_call_without_an_answer_is_no_refusal(
    call: str, snapshot: Snapshot, attempt: dict[str, Any], silence: GatewayError
) -> None:
    at = At(answers={call: silence})
    with pytest.raises(type(silence)):
        at.act(snapshot, attempt)


def test_who_has_paid_before_it_could_be_voided_has_paid() -> None:
    at = At(answers={"cancel": CAPTURED})
    assert at.act(PENDING, after=OVERDUE) == CAPTURED
