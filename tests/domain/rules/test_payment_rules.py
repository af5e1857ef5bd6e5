"""A payment and its attempts: how much of the money is left, and when the next check is due."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from payments.domain.records.event import Kind
from payments.domain.records.payment import Customer, NoSuchAttempt, Payment, Review, ReviewKind, Step, recorded
from payments.domain.records.snapshot import Snapshot
from payments.domain.rules import transitions
from payments.domain.values.money import Money
from payments.domain.values.status import Status
from payments.domain.values.terms import CaptureMode, Terms
from tests.domain.rules.test_money_rules import NO, START, WHY, a_payment, an_attempt, moved
from tests.domain.rules.test_rules_after_the_end import with_live

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
EXPIRES_AT = a_payment().current.expires_at
PAID = {"status": Status.COMPLETED, "captured_minor": 49900}
EXCESS = PAID | {"is_excess": True}
MANUAL = {"status": Status.AUTHORIZED, "terms": Terms(capture=CaptureMode.MANUAL)}


@pytest.mark.parametrize(
    ("of_attempt", "unspent", "available", "is_overdrawn"),
    [
        ({}, 49900, 49900, False),
        ({"reserved_minor": 100, "refunded_minor": 200, "written_off_minor": 300}, 49300, 49300, False),
        ({"reserved_minor": 100, "refunded_minor": 200, "disputed_minor": 1000}, 49600, 48600, False),
        ({"disputed_minor": 60000}, 49900, 0, False),
        ({"refunded_minor": 10000, "disputed_minor": 39900}, 39900, 0, False),
        ({"refunded_minor": 10000, "disputed_minor": 39901}, 39900, 0, True),
        ({"reserved_minor": 10000, "disputed_minor": 39901}, 39900, 0, True),
        ({"reserved_minor": 5000, "refunded_minor": 5000, "disputed_minor": 39901}, 39900, 0, True),
        ({"refunded_minor": 49901}, -1, 0, False),
    ],
)
def test_what_is_left_of_a_capture(
    of_attempt: dict[str, object], unspent: int, available: int, is_overdrawn: bool
) -> None:
    live = with_live(a_payment(), **PAID | of_attempt).current
    assert (live.unspent_minor, live.available_minor, live.is_overdrawn) == (unspent, available, is_overdrawn)


@pytest.mark.parametrize(
    ("counted", "status"),
    [
        ({}, "none"),
        ({"won_disputes": 1}, "won"),
        ({"won_disputes": 1, "lost_disputes": 1}, "lost"),
        ({"lost_disputes": 1, "open_inquiries": 1}, "open"),
        ({"lost_disputes": 1, "open_disputes": 1}, "open"),
    ],
)
def test_an_attempt_has_the_worst_status_of_its_disputes(counted: dict[str, object], status: str) -> None:
    assert with_live(a_payment(), **counted).current.dispute_status == status


@pytest.mark.parametrize(
    ("of_attempt", "awaits_capture"),
    [
        (MANUAL, True),
        (MANUAL | {"terms": Terms()}, False),
        (MANUAL | {"capture_requested_minor": 1}, False),
        (MANUAL | {"is_cancelling": True}, False),
        (MANUAL | {"status": Status.PENDING}, False),
        (MANUAL | {"status": Status.COMPLETED}, False),
    ],
)
def test_an_authorized_payment_waits_until_somebody_captures_or_cancels(
    of_attempt: dict[str, object], awaits_capture: bool
) -> None:
    assert with_live(a_payment(), **of_attempt).current.awaits_capture is awaits_capture


def test_an_ambiguous_phone_number_is_sent_to_no_gateway() -> None:
    assert Customer(mobile="98765", is_mobile_e164=False).sendable_mobile == ""
    assert Customer(mobile="+919876543210", is_mobile_e164=True).sendable_mobile == "+919876543210"


# The next check of an attempt that expires 20 minutes after its start.


@pytest.mark.parametrize(
    ("of_attempt", "now", "due_in"),
    [
        # Open, and its payer may still pay.
        ({}, START, MINUTE),
        ({"is_carried": True}, START, 5 * MINUTE),
        ({"search_position": "p1", "is_carried": True}, START, MINUTE),
        ({}, EXPIRES_AT, 2 * MINUTE),
        ({}, EXPIRES_AT + MINUTE, MINUTE),
        ({}, EXPIRES_AT + 2 * MINUTE, MINUTE),
        ({}, EXPIRES_AT + 10 * MINUTE, 10 * MINUTE),
        ({}, EXPIRES_AT + 9 * DAY, 6 * HOUR),
        # Ended without money, which may come late.
        ({"status": Status.FAILED}, EXPIRES_AT - MINUTE, 3 * MINUTE),
        ({"status": Status.FAILED}, EXPIRES_AT, 2 * MINUTE),
        ({"status": Status.FAILED}, EXPIRES_AT + 2 * MINUTE, 3 * MINUTE),
        ({"status": Status.FAILED}, EXPIRES_AT + DAY, DAY),
        ({"status": Status.FAILED}, EXPIRES_AT + 6 * DAY, None),
        # Paid: it may be paid a second time.
        (PAID, START, 35 * MINUTE),
        (PAID, EXPIRES_AT + 15 * MINUTE - timedelta(seconds=1), timedelta(seconds=1)),
        (PAID, EXPIRES_AT + 15 * MINUTE, None),
        (PAID | {"duplicate_of": "att_0"}, START, None),
        # An excess capture: its refund is made again if it failed.
        (EXCESS, START, 6 * HOUR),
        (EXCESS | {"duplicate_of": "att_0"}, START, 6 * HOUR),
        (EXCESS, EXPIRES_AT + 30 * DAY - MINUTE, 6 * HOUR),
        (EXCESS, EXPIRES_AT + 30 * DAY, None),
        (EXCESS | {"refunded_minor": 49900}, START, 35 * MINUTE),
        (EXCESS | {"refunded_minor": 49900, "duplicate_of": "att_0"}, START, None),
        # Authorized: the merchant is warned a day before it lapses.
        (MANUAL | {"expires_at": START + 3 * DAY}, START, HOUR),
        (MANUAL | {"expires_at": START + DAY + 30 * MINUTE}, START, 30 * MINUTE),
        (MANUAL | {"expires_at": START + DAY}, START, HOUR),
        (MANUAL | {"expires_at": START + DAY + 30 * MINUTE, "lapse_warned_at": START}, START, HOUR),
        # Being captured or cancelled.
        ({"status": Status.AUTHORIZED}, START + 11 * MINUTE, 10 * MINUTE),
        ({"status": Status.AUTHORIZED, "sent_at": START + 5 * MINUTE}, START + 11 * MINUTE, MINUTE),
        ({"status": Status.AUTHORIZED, "capture_requested_at": START + 5 * MINUTE}, START + 11 * MINUTE, MINUTE),
        ({"status": Status.AUTHORIZED, "cancel_requested_at": START + 5 * MINUTE}, START + 11 * MINUTE, MINUTE),
        ({"is_cancelling": True, "is_carried": True}, START, MINUTE),
        ({"is_cancelling": True, "cancel_requested_at": START - HOUR}, START, HOUR),
        ({"is_cancelling": True, "status": Status.FAILED}, EXPIRES_AT + DAY, DAY),
    ],
)
def test_an_attempt_is_checked_until_nothing_can_happen_to_it(
    of_attempt: dict[str, object], now: datetime, due_in: timedelta | None
) -> None:
    due_at = with_live(a_payment(), **of_attempt).current.next_check_at(now)
    assert due_at == (now + due_in if due_in else None)


# The payment.


def tried_again(**of_first: object) -> Payment:
    dead = moved(a_payment(), Snapshot(Status.FAILED, failure=NO))
    dead = dead.with_attempt(replace(dead.current, **of_first))  # type: ignore[arg-type]
    return transitions.retried(dead, an_attempt(2, START + HOUR), WHY, START + HOUR).payment


@pytest.mark.parametrize(
    ("kind", "is_stuck", "can_change"),
    [
        (ReviewKind.AMOUNT, True, False),
        (ReviewKind.CURRENCY, True, False),
        (ReviewKind.MERCHANT, True, False),
        (ReviewKind.LATE_SUCCESS, False, True),
        (None, False, True),
    ],
)
def test_a_payment_whose_books_are_contradicted_is_not_checked(
    kind: ReviewKind | None, is_stuck: bool, can_change: bool
) -> None:
    payment = replace(a_payment(), review=Review(kind, "att_1", START) if kind else None)
    assert (payment.is_stuck, payment.review_kind, payment.next_due(START) is not None) == (is_stuck, kind, can_change)


def test_a_payment_is_due_with_the_first_of_its_attempts() -> None:
    now = START + HOUR
    payment = tried_again()
    checks = [attempt.next_check_at(now) for attempt in payment.attempts]
    assert payment.next_due(now) == min(check for check in checks if check)
    assert checks[0] != checks[1]
    ended = tried_again(expires_at=START - 9 * DAY)
    assert ended.next_due(now) == ended.current.next_check_at(now), "nothing can happen to the first any more"
    assert with_live(a_payment(), **PAID, duplicate_of="att_0").next_due(now) is None


SOON, LONG = START + timedelta(seconds=5), START + DAY


@pytest.mark.parametrize(
    ("payment", "kind", "due_at", "wanted"),
    [
        (a_payment(), "attempt.pending", SOON, START + MINUTE),
        (a_payment(), "attempt.pending", None, START + MINUTE),
        (a_payment(), "refund.created", None, START + MINUTE),
        (a_payment(), "refund.created", SOON, SOON),
        (a_payment(), "refund.created", LONG, START + MINUTE),
        (tried_again(), "attempt.pending", SOON, SOON),
        (with_live(a_payment(), **PAID, duplicate_of="att_0"), "refund.created", SOON, SOON),
        (with_live(a_payment(), **PAID, duplicate_of="att_0"), "attempt.completed", SOON, None),
        (replace(a_payment(), review=Review(ReviewKind.AMOUNT, "att_1", START)), "payment.under_review", SOON, None),
    ],
)
def test_a_write_brings_the_next_check_forward_and_a_review_takes_it_out(
    payment: Payment, kind: Kind, due_at: datetime | None, wanted: datetime | None
) -> None:
    after, event = recorded(replace(payment, due_at=due_at), Step(kind, "x", "", ""), WHY, START)
    assert after.due_at == wanted
    assert (after.version, after.event_hash, after.updated_at) == (payment.version + 1, event.hash, START)
    assert (event.seq, event.prev_hash) == (payment.version + 1, payment.event_hash)


def test_an_attempt_is_found_by_its_id_and_by_the_one_that_it_stands_for() -> None:
    names = {"att_1": "", "att_2": "att_1", "att_3": "", "att_4": "att_2"}
    attempts = tuple(
        replace(an_attempt(number), failed_over_from=before) for number, before in enumerate(names.values(), start=1)
    )
    payment = replace(a_payment(), attempts=attempts)
    assert [payment.opened_for(name).id for name in names] == ["att_4", "att_4", "att_3", "att_4"]
    assert [payment.attempt(name).id for name in names] == list(names)
    assert payment.current.id == "att_4"
    assert payment.winning_attempt is None
    assert replace(payment, winning_attempt_id="att_3").winning_attempt == attempts[2]
    for find in (payment.attempt, payment.opened_for):
        with pytest.raises(NoSuchAttempt):
            find("att_9")


def test_only_the_attempt_that_changed_is_replaced() -> None:
    payment = tried_again()
    first, second = payment.attempts
    changed = replace(first, amount=Money(1, "INR"))
    assert payment.with_attempt(changed).attempts == (changed, second)
