"""A payment's timeline, its cases, and its references for webhooks: each in full."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta, timezone
from functools import partial

import pytest

from payments.domain.change import Change, unchanged
from payments.domain.records.case import Case, CaseKind, Outcome
from payments.domain.records.dispute import Dispute
from payments.domain.records.event import Event
from payments.domain.records.payment import Payment, ReviewKind
from payments.domain.records.refund import GATEWAY, SYSTEM
from payments.domain.records.snapshot import Snapshot
from payments.domain.rules import advancing, disputing, importing, refund_decisions, refunding, reviewing, transitions
from payments.domain.values.money import Money
from payments.domain.values.status import Status
from payments.domain.values.terms import CaptureMode, Terms
from tests.domain.rules.test_dispute_rules import REPORTED
from tests.domain.rules.test_money_rules import (
    AMOUNT,
    NO,
    PAID,
    START,
    WHY,
    a_payment,
    a_refund,
    an_attempt,
    applied,
    moved,
)
from tests.domain.rules.test_rules_after_the_end import LATER, a_case, decision, with_live

OTHER = Money(30000, "INR")
AUTHORIZED_ANSWER = Snapshot(Status.AUTHORIZED, AMOUNT)
A_DAY_ON = START + timedelta(days=1)
FAILED = Snapshot(Status.FAILED, failure=NO)
Applied = tuple[str, str, str, str, int, str]


def with_status(status: Status, **changes: object) -> Payment:
    return replace(with_live(a_payment(), status=status, **changes), status=status)


PENDING, DEAD = with_status(Status.PENDING), with_status(Status.FAILED)
AUTHORIZED = with_status(Status.AUTHORIZED, terms=Terms(capture=CaptureMode.MANUAL), expires_at=A_DAY_ON)
PAYING = moved(a_payment(), PAID)
REFUNDED = with_live(PAYING, refunded_minor=10000)
REFUND = replace(a_refund(10000), status=Status.PROCESSING)
BACK = replace(REFUND, status=Status.COMPLETED, completed_at=START)
MADE_THERE = replace(BACK, actor=GATEWAY)


def of(change: Change | None) -> Change:
    assert change
    return change


def a_dispute(payment: Payment = PAYING) -> tuple[Payment, Dispute]:
    change = of(disputing.opened(payment, payment.current, "dsp_1", REPORTED, WHY, START))
    return change.payment, next(record for record in change.records if isinstance(record, Dispute))


def searched(payment: Payment) -> Change | None:
    return advancing.search_goes_on(payment, payment.current, "p1", WHY, LATER)


def written_off(payment: Payment) -> Change:
    case = a_case(CaseKind.EXCESS_REFUND_FAILED)
    return refund_decisions.excess_decided(payment, case, decision(Outcome.WRITE_OFF), WHY, LATER)


LIVE = "att_1"
EXCESS_NOTE = "excess: to be refunded in full"
DECIDED = "excess_refund_failed {} [NEFT 4711]: seen (note)"
EVENTS: list[tuple[Callable[[], Change | None], list[Applied]]] = [
    # Opened, tried again, captured, cancelled.
    (lambda: transitions.opened(a_payment(), WHY, START), [("payment.created", LIVE, "", "created", 49900, "")]),
    (
        lambda: transitions.retried(DEAD, an_attempt(2), WHY, START),
        [("attempt.created", "att_2", "", "created", 49900, "")],
    ),
    (
        lambda: transitions.replaced(DEAD, replace(a_payment(), id="pay_2"), WHY, START).beside,
        [("payment.replaced", "pay_2", "failed", "failed", 0, "pay_2")],
    ),
    (
        lambda: transitions.resent(a_payment(), LIVE, WHY, START),
        [("attempt.resent", LIVE, "created", "created", 0, "")],
    ),
    (
        lambda: transitions.acknowledged(a_payment(), a_payment().current, "", WHY, START),
        [("attempt.pending", LIVE, "created", "pending", 0, "checkout opened")],
    ),
    (
        lambda: transitions.capture_requested(AUTHORIZED, AUTHORIZED.current, 30000, WHY, START),
        [("attempt.capture_requested", LIVE, "authorized", "authorized", 30000, "")],
    ),
    (
        lambda: transitions.cancel_requested(AUTHORIZED, AUTHORIZED.current, "no stock", WHY, START),
        [("attempt.cancel_requested", LIVE, "authorized", "authorized", 0, "no stock")],
    ),
    (
        lambda: transitions.outcome_unknown(a_payment(), LIVE, WHY, START),
        [("attempt.outcome_unknown", LIVE, "created", "created", 0, "the gateway's answer was lost")],
    ),
    (
        lambda: transitions.refused(a_payment(), LIVE, NO, WHY, START),
        [("attempt.failed", LIVE, "created", "failed", 0, "declined")],
    ),
    (
        lambda: transitions.paid_again(PAYING, PAYING.current, "att_copy", "", OTHER, WHY, START),
        [("attempt.paid_again", "att_copy", "", "completed", 30000, EXCESS_NOTE)],
    ),
    # What the gateway answered about an attempt.
    (lambda: searched(DEAD), [("attempt.searched", LIVE, "failed", "failed", 0, "not found yet")]),
    (
        lambda: applied(DEAD, Snapshot(Status.CREATED, is_searched=True), 1000),
        [("attempt.searched", LIVE, "failed", "failed", 0, "not at the gateway")],
    ),
    (
        lambda: applied(DEAD, Snapshot(Status.CREATED, found_ref="cs_1"), 1000),
        [("attempt.searched", LIVE, "failed", "failed", 0, "found at the gateway")],
    ),
    (lambda: applied(PENDING, AUTHORIZED_ANSWER), [("attempt.authorized", LIVE, "pending", "authorized", 0, "")]),
    (
        lambda: applied(PENDING, Snapshot(Status.PENDING, is_in_progress=True), 1400),
        [("attempt.in_progress", LIVE, "pending", "pending", 0, "the gateway has not decided yet")],
    ),
    (
        lambda: applied(AUTHORIZED, replace(AUTHORIZED_ANSWER, authorization_expires_at=LATER)),
        [
            (
                "attempt.authorization_moved", LIVE, "authorized", "authorized", 0,
                "ends at 2026-11-20T13:00:00.000Z, not at 2026-11-21T12:00:00.000Z",
            )
        ],
    ),
    (
        lambda: applied(AUTHORIZED, AUTHORIZED_ANSWER),
        [
            (
                "attempt.authorization_lapsing", LIVE, "authorized", "authorized", 49900,
                "capture or cancel before 2026-11-21T12:00:00.000Z",
            )
        ],
    ),
    (
        lambda: advancing.capture_refused(
            AUTHORIZED, replace(AUTHORIZED.current, capture_requested_minor=30000), NO, WHY, START
        ),
        [("attempt.capture_refused", LIVE, "authorized", "authorized", 30000, "the gateway refused: declined")],
    ),
    (
        lambda: advancing.cancel_refused(AUTHORIZED, replace(AUTHORIZED.current, is_cancelling=True), NO, WHY, START),
        [("attempt.cancel_refused", LIVE, "authorized", "authorized", 0, "the gateway refused: declined")],
    ),
    (
        lambda: applied(PAYING, Snapshot(Status.CANCELLED)),
        [("attempt.capture_denied", LIVE, "completed", "completed", 49900, "cancelled")],
    ),
    (
        lambda: applied(PENDING, Snapshot(Status.COMPLETED, OTHER)),
        [
            (
                "payment.under_review", LIVE, "pending", "pending", 0,
                "amount: expected 49900 INR, phonepe reports 30000 INR",
            )
        ],
    ),
    (lambda: applied(PENDING, Snapshot(Status.FAILED, failure=NO)), [
        ("attempt.failed", LIVE, "pending", "failed", 0, "declined"),
    ]),
    (lambda: applied(PENDING, PAID), [("attempt.completed", LIVE, "pending", "completed", 49900, "")]),
    (lambda: applied(DEAD, PAID), [("attempt.completed", LIVE, "failed", "completed", 49900, "late")]),
    (
        lambda: applied(DEAD, PAID, late_success="refund"),
        [("attempt.completed", LIVE, "failed", "completed", 49900, EXCESS_NOTE)],
    ),
    # Refunds.
    (
        lambda: refunding.reserved(PAYING, a_refund(10000), one_at_a_time=True, why=WHY, at=START),
        [("refund.created", "rfd_1", "", "created", 10000, "other")],
    ),
    (
        lambda: refunding.took_slot(PAYING, a_refund(10000), WHY, START),
        [("refund.sending", "rfd_1", "created", "created", 10000, "")],
    ),
    (
        lambda: refunding.advance_refund(REFUNDED, REFUND, FAILED, WHY, START),
        [("refund.failed", "rfd_1", "processing", "failed", 10000, "declined")],
    ),
    (
        lambda: refunding.advance_refund(REFUNDED, BACK, FAILED, WHY, START),
        [("refund.returned", "rfd_1", "completed", "returned", 10000, "declined")],
    ),
    (
        lambda: refunding.advance_refund(REFUNDED, REFUND, Snapshot(Status.COMPLETED, OTHER), WHY, START),
        [("refund.contradicted", "rfd_1", "processing", "processing", 0, "requested 10000 INR, reported 30000 INR")],
    ),
    (
        lambda: importing.imported(unchanged(PAYING), LIVE, "rfd_9", 400, START),
        [("refund.imported", "rfd_9", "", "completed", 400, "made at phonepe")],
    ),
    (
        lambda: importing.import_returned_in_part(REFUNDED, MADE_THERE, 4000, "rfd_2", WHY, START),
        [
            ("refund.split", "rfd_2", "", "completed", 4000, "a part of rfd_1"),
            ("refund.returned", "rfd_2", "completed", "returned", 4000, "other"),
        ],
    ),
    (
        lambda: importing.unattributed(unchanged(PAYING), LIVE, 100, START),
        [("attempt.money_returned", LIVE, "completed", "completed", 100, "not attributed")],
    ),
    (
        lambda: importing.unattributed_came_back(PAYING, PAYING.current, 100, None, WHY, START),
        [("attempt.money_back", LIVE, "completed", "completed", 100, "100 INR came back")],
    ),
    # Decisions.
    (
        lambda: written_off(excess().payment),
        [
            ("case.decided", "pay_1", "completed", "completed", 0, DECIDED.format("write_off")),
            ("attempt.written_off", LIVE, "completed", "completed", 49900, ""),
        ],
    ),
    (
        lambda: refund_decisions.excess_decided(
            excess().payment,
            a_case(CaseKind.EXCESS_REFUND_FAILED),
            decision(Outcome.REFUNDED_OUTSIDE),
            WHY,
            LATER,
        ),
        [
            ("case.decided", "pay_1", "completed", "completed", 0, DECIDED.format("refunded_outside")),
            ("refund.recorded", "rfd_decided", "", "completed", 49900, "NEFT 4711"),
        ],
    ),
    # Disputes.
    (
        lambda: disputing.opened(PAYING, PAYING.current, "dsp_1", REPORTED, WHY, START),
        [("dispute.opened", "dsp_1", "", "open", 20000, "chargeback")],
    ),
    (
        lambda: disputing.accept_requested(*a_dispute(), "ours", WHY, START),
        [("dispute.accept_requested", "dsp_1", "open", "open", 20000, "ours")],
    ),
    (
        lambda: disputing.opened(
            PAYING, PAYING.current, "dsp_1", replace(REPORTED, phase=None, reported_status="odd"), WHY, START
        ),
        [("dispute.unreadable", LIVE, "", "", 20000, "disp_1 of 20000 INR at phonepe says odd")],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("making", "wanted"), EVENTS, ids=[wanted[-1][0] for _, wanted in EVENTS])
def test_each_event_says_what_moved_from_where_to_where(
    making: Callable[[], Change | None], wanted: list[Applied]
) -> None:
    events = of(making()).events
    assert [
        (event.kind, event.subject_id, event.from_status, event.to_status, event.amount_minor, event.note)
        for event in events
    ] == wanted
    assert {event.stream_id for event in events} == {"pay_1"}


def excess() -> Change:
    return unchanged(with_live(PAYING, is_excess=True))


def test_each_event_says_who_made_it_and_by_what() -> None:
    outside = refund_decisions.excess_decided(
        excess().payment, a_case(CaseKind.EXCESS_REFUND_FAILED), decision(Outcome.REFUNDED_OUTSIDE), WHY, LATER
    )
    changes = (
        applied(PENDING, PAID),
        refunding.excess_refunded(excess(), LIVE, "rfd_1", START),
        importing.imported(unchanged(PAYING), LIVE, "rfd_9", 400, START),
        importing.unattributed(unchanged(PAYING), LIVE, 100, START),
        written_off(excess().payment),
        outside,
    )
    events = [of(change).events[-1] for change in changes]
    assert [(event.kind, event.actor, event.cause) for event in events] == [
        ("attempt.completed", "system", "sweep"),
        ("refund.created", "system", "excess capture"),
        ("refund.imported", "gateway", "status"),
        ("attempt.money_returned", "gateway", "status"),
        ("attempt.written_off", "system", "decision"),
        ("refund.recorded", "gateway", "decision"),
    ]


def a_case_of(kind: CaseKind, subject_id: str, note: str, amount: Money | None, after_s: float = 0) -> Case:
    return Case(kind, subject_id, "ws", START + timedelta(seconds=after_s), note, "pay_1", amount)


def reviewed(kind: ReviewKind) -> Change | None:
    return reviewing.put_under_review(PENDING, PENDING.current, kind, Snapshot(Status.COMPLETED, OTHER), WHY, START)


_EXPECTED = "expected 49900 INR, phonepe reports 30000 INR"
_LAPSES = "the authorization of att_1 ends at 2026-11-21T12:00:00.000Z: capture or cancel it before"
_TWICE = "att_1: captured 49900, refunded 40000, reserved 5000, disputed 20000 INR: the payer may be paid twice"
SPENT = with_live(PAYING, refunded_minor=40000, reserved_minor=5000)
CASES: list[tuple[Callable[[], Change | None], Case]] = [
    (partial(reviewed, ReviewKind.AMOUNT), a_case_of(CaseKind.AMOUNT_MISMATCH, "pay_1", _EXPECTED, OTHER)),
    (partial(reviewed, ReviewKind.CURRENCY), a_case_of(CaseKind.CURRENCY_MISMATCH, "pay_1", _EXPECTED, OTHER)),
    (partial(reviewed, ReviewKind.MERCHANT), a_case_of(CaseKind.MERCHANT_MISMATCH, "pay_1", _EXPECTED, OTHER)),
    (
        lambda: applied(DEAD, PAID, late_success="review"),
        a_case_of(CaseKind.LATE_SUCCESS, "pay_1", "paid after it had ended", AMOUNT, 60),
    ),
    (
        lambda: applied(PAYING, Snapshot(Status.FAILED)),
        a_case_of(CaseKind.CAPTURE_DENIED, "pay_1", "att_1 is completed here and failed at phonepe", AMOUNT, 60),
    ),
    (
        lambda: applied(AUTHORIZED, AUTHORIZED_ANSWER),
        a_case_of(CaseKind.AUTHORIZATION_LAPSING, "pay_1", _LAPSES, AMOUNT, 60),
    ),
    (
        lambda: refunding.advance_refund(REFUNDED, BACK, FAILED, WHY, START),
        a_case_of(CaseKind.REFUND_RETURNED, "rfd_1", "rfd_1 of 10000 INR came back: declined", REFUND.amount),
    ),
    (
        lambda: refunding.advance_refund(REFUNDED, replace(REFUND, actor=SYSTEM), FAILED, WHY, START),
        a_case_of(CaseKind.EXCESS_REFUND_FAILED, "pay_1", "rfd_1 of 10000 INR failed: declined", REFUND.amount),
    ),
    (
        lambda: disputing.opened(SPENT, SPENT.current, "dsp_1", REPORTED, WHY, START),
        a_case_of(CaseKind.REFUND_AND_DISPUTE, "dsp_1", _TWICE, Money(15100, "INR")),
    ),
    (
        lambda: disputing.opened(
            PAYING, PAYING.current, "dsp_1", replace(REPORTED, status=None, reported_status="odd"), WHY, START
        ),
        a_case_of(CaseKind.DISPUTE_UNREADABLE, "disp_1", "disp_1 of 20000 INR at phonepe says odd", REPORTED.amount),
    ),
]


@pytest.mark.parametrize(("making", "wanted"), CASES, ids=[str(case.kind) for _, case in CASES])
def test_each_case_says_what_a_person_has_to_know(making: Callable[[], Change | None], wanted: Case) -> None:
    assert of(making()).case == wanted


def test_an_attempt_is_found_by_our_name_of_it_and_by_the_gateways() -> None:
    found = applied(DEAD, Snapshot(Status.CREATED, found_ref="cs_1"), 1000)
    paid = applied(PENDING, replace(PAID, ref="ref_1"))
    again = transitions.paid_again(PAYING, PAYING.current, "att_copy", "ref_2", OTHER, WHY, START)
    opened = transitions.opened(a_payment(), WHY, START)
    references = [one for change in (opened, found, paid, again) for one in of(change).references]
    assert [(one.name, one.subject_id, one.gateway, one.is_ours) for one in references] == [
        ("att_1", "att_1", "phonepe", True),
        ("cs_1", "att_1", "phonepe", False),
        ("ref_1", "att_1", "phonepe", False),
        ("att_copy", "att_copy", "phonepe", True),
        ("ref_2", "att_copy", "phonepe", False),
    ]
    known = with_live(DEAD, checkout_ref="cs_0")
    assert applied(known, Snapshot(Status.CREATED, found_ref="cs_1"), 1000) is None, (
        "it is known by another name already"
    )
    assert of(applied(known, replace(PAID, found_ref="cs_1"), 1000)).references == ()


def test_a_refund_is_found_by_our_name_of_it() -> None:
    made = refunding.reserved(PAYING, a_refund(100), one_at_a_time=True, why=WHY, at=START)
    imported = importing.imported(unchanged(PAYING), LIVE, "rfd_9", 400, START)
    split = importing.import_returned_in_part(REFUNDED, MADE_THERE, 4000, "rfd_2", WHY, START)
    outside = refund_decisions.excess_decided(
        excess().payment, a_case(CaseKind.EXCESS_REFUND_FAILED),
        decision(Outcome.REFUNDED_OUTSIDE), WHY, LATER,
    )  # fmt: skip
    references = [one for change in (made, imported, split, outside) for one in change.references]
    assert [(one.name, one.subject_id, one.gateway, one.is_ours) for one in references] == [
        (name, name, "phonepe", True) for name in ("rfd_1", "rfd_9", "rfd_2", "rfd_decided")
    ]


def test_an_event_that_was_stored_keeps_its_hash() -> None:
    """Existing timelines are proven by it: neither the order of fields nor their form may change it."""
    event = Event(
        "pay_1", 7, "attempt.completed", LIVE, "pending", "completed", "system", "poll", START, 49900, "₹", ""
    )
    assert event.sealed().hash == "2b585b5738388184461c36a5446568e1c87873fd6aa0f3325d8e8a07ca6d8506"
    later = replace(event, at=START.astimezone(timezone(timedelta(hours=5, minutes=30))))
    assert later.sealed().hash == event.sealed().hash, "one instant is one text"


def test_what_is_paid_again_is_at_the_same_account() -> None:
    paying = with_live(PAYING, account_name="eu")
    again = transitions.paid_again(paying, paying.current, "att_copy", "ref_2", OTHER, WHY, START)
    assert again.payment.attempt("att_copy").account == paying.current.account
