"""A payment and its attempts: one stored document, written only if its stored version is the one that was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from payments.domain.records.event import Event, Kind, Why
from payments.domain.values import polling
from payments.domain.values.account import MAIN, Account
from payments.domain.values.money import Money
from payments.domain.values.status import Failure, Status
from payments.domain.values.terms import AS_IT_COMES, NOTHING_TO_DO, NextAction, Terms
from payments.record import record

ATTEMPTS_MAX = 10
EXCESS_RETRY = timedelta(hours=6)  # An excess capture whose refund failed is refunded again at this interval,
EXCESS_RETRIED_FOR = timedelta(days=30)  # until so long after its expiry; its case stays open.


class NoSuchAttempt(LookupError):
    """The payment has no attempt of this id."""


class ReviewKind(StrEnum):
    """Why a payment is under review. `LATE_SUCCESS` is the workspace's policy; the others are contradictions."""

    AMOUNT = "amount"
    CURRENCY = "currency"
    MERCHANT = "merchant"
    LATE_SUCCESS = "late_success"


@record
class Review:
    """What a person must decide about, with what the gateway reported when the review began.

    `reported` is None where the gateway gave no amount. `extra_ref` names a further capture beside the winning one.
    """

    kind: ReviewKind
    attempt_id: str
    opened_at: datetime
    reported: Money | None = None
    extra_ref: str = ""


@record
class Customer:
    id: str = ""
    name: str = ""
    email: str = ""
    mobile: str = ""  # As the payer typed it, where `is_mobile_e164` is False.
    is_mobile_e164: bool = False

    @property
    def sendable_mobile(self) -> str:
        """The number to send to a gateway, in E.164; "" where the stored text is no valid number."""
        return self.mobile if self.is_mobile_e164 else ""


@record
class Attempt:
    """One try to pay at one gateway, which receives its `id`. Fields in `_minor` are of `amount.currency`."""

    id: str
    number: int
    gateway: str
    amount: Money
    status: Status
    created_at: datetime
    sent_at: datetime  # When the newest create call began; `SETTLE` counts from here.
    expires_at: datetime
    checkout_ref: str = ""
    search_position: str = ""  # Where the search for it at the gateway continues; "" where none is under way.
    is_absent: bool = False  # A search at the gateway read every object of its time and did not find it.
    next_action: NextAction = NOTHING_TO_DO
    terms: Terms = AS_IT_COMES
    payment_ref: str = ""
    failure: Failure | None = None
    is_carried: bool = False  # A polling execution was started for it.
    is_late: bool = False
    is_excess: bool = False
    duplicate_of: str = ""  # The attempt that the payer paid twice; this one records the second capture.
    failed_over_from: str = ""  # The attempt that this one replaces at the next gateway.
    account_name: str = MAIN  # The gateway account.
    capture_requested_minor: int = 0  # What the merchant asked to capture; 0 for nothing.
    capture_requested_at: datetime | None = None
    last_capture_minor: int = 0  # The last capture request. Some gateways then report it as the authorized amount.
    is_cancelling: bool = False  # A merchant or a decision has requested the void.
    is_void_decided: bool = False  # A decision requested it: never captured, even if the gateway refuses the void.
    cancel_requested_at: datetime | None = None
    honored_until: datetime | None = None  # Until then the gateway guarantees the capture of the authorization.
    lapse_warned_at: datetime | None = None  # When a case warned that its authorization ends soon.
    is_lapse_noted: bool = False  # A person has read that case.
    in_progress_at: datetime | None = None  # When the gateway was first found to be working on it after its expiry.
    is_ended_by_clock: bool = False  # It ended by our time limit, not by the gateway's answer.
    captured_minor: int = 0
    captured_at: datetime | None = None  # When we recorded it.
    reserved_minor: int = 0
    refunded_minor: int = 0
    refunded_outside_minor: int = 0  # The part refunded by other means: the gateway's total lacks it.
    disputed_minor: int = 0  # By open or lost chargebacks, and by inquiries that debited the money.
    open_disputes: int = 0  # Chargebacks that have not ended: refunds wait for them.
    open_inquiries: int = 0
    won_disputes: int = 0
    lost_disputes: int = 0
    unreadable_disputes: tuple[str, ...] = ()  # Dispute and unknown code of each answer that opened a case.
    written_off_minor: int = 0  # Captured, and given up by a person's decision.
    fee_minor: int = 0  # What the payer paid to the gateway on top.
    is_foreign_decided: bool = False  # A person has decided that answers about another order or merchant do not count.
    is_capture_denied: bool = False  # The gateway no longer reports it as paid; a case was opened.
    unattributed_minor: int = 0  # Refunded at the gateway, and in a case; not in `refunded_minor`.
    foreign_refunds: tuple[str, ...] = ()  # The gateway's ids of imported refunds, and of those in a case.
    refunding_id: str = ""  # The refund that the gateway processes now, where it takes one at a time.
    waiting_refunds: int = 0  # Reserved refunds that wait until the gateway is free for them.
    refunds_watched_until: datetime | None = None  # Until then a completed refund may be returned.

    @property
    def account(self) -> Account:
        """The gateway account of the attempt. It is captured, refunded and checked there alone."""
        return Account(self.gateway, self.account_name)

    @property
    def unspent_minor(self) -> int:
        """Minor units of the capture that are not reserved, refunded or written off; disputes are not subtracted."""
        return self.captured_minor - self.reserved_minor - self.refunded_minor - self.written_off_minor

    @property
    def available_minor(self) -> int:
        """Minor units that may still be refunded."""
        return max(0, self.unspent_minor - self.disputed_minor)

    @property
    def is_overdrawn(self) -> bool:
        """Whether refunds and disputes together may take more than was captured."""
        out = self.refunded_minor + self.reserved_minor
        return bool(out) and bool(self.disputed_minor) and out + self.disputed_minor > self.captured_minor

    @property
    def dispute_status(self) -> Literal["none", "open", "won", "lost"]:
        """The dispute status to show: that of the gravest dispute."""
        if self.open_disputes or self.open_inquiries:
            return "open"
        return "lost" if self.lost_disputes else "won" if self.won_disputes else "none"

    @property
    def awaits_capture(self) -> bool:
        """Whether it is authorized and waits for the merchant to capture or void it."""
        is_waiting = self.terms.is_manual and not self.capture_requested_minor and not self.is_cancelling
        return self.status is Status.AUTHORIZED and is_waiting

    @property
    def lapse_warned_from(self) -> datetime:
        """When the case is opened that warns of the end of its authorization."""
        return self.expires_at - polling.LAPSE_WARNED_BEFORE

    def next_check_at(self, now: datetime) -> datetime | None:
        """When the sweep checks the attempt next; None where no check is due any more."""
        return now + polling.SEARCH_CHECK if self.search_position else self._next_check_at(now)

    def _next_check_at(self, now: datetime) -> datetime | None:
        if self.status is Status.COMPLETED:
            if self.is_excess and self.available_minor and now < self.expires_at + EXCESS_RETRIED_FOR:
                return now + EXCESS_RETRY
            if self.duplicate_of:
                return None
            check_at = max(self.expires_at, self.captured_at or self.expires_at) + polling.FINAL_CHECK
            return check_at if now < check_at else None
        if self.awaits_capture:
            is_warned = self.lapse_warned_at is not None or self.lapse_warned_from <= now
            check_at = now + polling.AUTHORIZED_CHECK
            return check_at if is_warned else min(check_at, self.lapse_warned_from)
        if self.status is Status.AUTHORIZED or (self.is_cancelling and self.status.is_open):
            since = self.capture_requested_at or self.cancel_requested_at or self.sent_at
            return now + polling.open_due_after(now - since)
        since_expiry = now - self.expires_at
        if self.status.is_dead and since_expiry < timedelta(0):
            return self.expires_at + polling.EXPIRY_CHECK  # It ended early: one more check after its expiry.
        if self.status.is_open and since_expiry >= polling.EXPIRY_CHECK:
            return now + polling.open_due_after(since_expiry)  # No final answer yet: check until there is one.
        after = polling.payment_due_after(since_expiry, carried=self.is_carried)
        return now + after if after is not None else None


@record
class Payment:
    """What a merchant wants for one order: `amount`, collected by one of its attempts."""

    id: str
    workspace_id: str
    merchant_order_id: str
    amount: Money
    status: Status
    version: int
    attempts: tuple[Attempt, ...]
    return_url: str
    created_at: datetime
    updated_at: datetime
    winning_attempt_id: str = ""
    review: Review | None = None
    failure: Failure | None = None  # Set where a person's decision ended it.
    replaces: str = ""  # The ended payment of the same order that this one replaces.
    replaced_by: str = ""
    customer: Customer | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    expires_in_s: int = 0
    is_routed: bool = False  # The system chose the gateway, and may go on to the next one.
    checkout_token_hashes: tuple[str, ...] = ()  # One for each attempt: a browser may still use an earlier one.
    return_token_hashes: tuple[str, ...] = ()
    due_at: datetime | None = None
    reconciled_at: datetime | None = None  # When it was last reconciled at a checkpoint.
    event_hash: str = ""

    @property
    def current(self) -> Attempt:
        """The newest attempt: the only one that the payer can still pay."""
        return self.attempts[-1]

    @property
    def winning_attempt(self) -> Attempt | None:
        """The attempt whose capture pays for the order."""
        return self.attempt(self.winning_attempt_id) if self.winning_attempt_id else None

    def attempt(self, attempt_id: str) -> Attempt:
        """Raises NoSuchAttempt."""
        for attempt in self.attempts:
            if attempt.id == attempt_id:
                return attempt
        raise NoSuchAttempt(attempt_id)

    def opened_for(self, attempt_id: str) -> Attempt:
        """The attempt that replaced `attempt_id` at the next gateways, the last of several; itself where none did."""
        for attempt in self.attempts:
            if attempt.failed_over_from == attempt_id:
                attempt_id = attempt.id
        return self.attempt(attempt_id)

    def with_attempt(self, changed: Attempt) -> Payment:
        attempts = tuple(changed if attempt.id == changed.id else attempt for attempt in self.attempts)
        return replace(self, attempts=attempts)

    @property
    def review_kind(self) -> ReviewKind | None:
        return self.review.kind if self.review else None

    @property
    def is_stuck(self) -> bool:
        """Whether books and gateway contradict each other: the payment does not change until a person decides."""
        return self.review is not None and self.review.kind is not ReviewKind.LATE_SUCCESS

    def next_due(self, now: datetime) -> datetime | None:
        """When the sweep checks it next; None while a person has to decide, or where no check is due."""
        if self.is_stuck:
            return None
        checks = [check_at for attempt in self.attempts if (check_at := attempt.next_check_at(now))]
        return min(checks, default=None)


@record
class Step:
    """The fields of an event that the rule which makes the change sets. `amount_minor` is in minor units."""

    kind: Kind
    subject_id: str
    from_status: str
    to_status: str
    amount_minor: int = 0
    note: str = ""


def recorded(payment: Payment, step: Step, why: Why, at: datetime) -> tuple[Payment, Event]:
    """The payment in its next version, and the event of the change."""
    event = Event(
        stream_id=payment.id,
        seq=payment.version + 1,
        kind=step.kind,
        subject_id=step.subject_id,
        from_status=step.from_status,
        to_status=step.to_status,
        actor=why.actor,
        cause=why.stored_cause,
        at=at,
        amount_minor=step.amount_minor,
        note=step.note,
        prev_hash=payment.event_hash,
    ).sealed()
    moved = replace(payment, version=event.seq, event_hash=event.hash, updated_at=at, due_at=_due(payment, step, at))
    return moved, event


def _due(payment: Payment, step: Step, at: datetime) -> datetime | None:
    """When the next check is due. A write brings it forward but never postpones it; a review ends the checks."""
    due_at, is_all = payment.next_due(at), len(payment.attempts) == 1 and step.kind.startswith("attempt.")
    if is_all or payment.due_at is None or payment.is_stuck:
        return due_at
    return min(payment.due_at, due_at or payment.due_at)
