"""What an unfinished search at the gateway stores, and what ends it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from payments.domain.change import Change
from payments.domain.records.payment import Payment, Review, ReviewKind
from payments.domain.records.snapshot import Snapshot
from payments.domain.rules import advancing, transitions
from payments.domain.rules.advancing import SETTLE, search_goes_on
from payments.domain.values import polling
from payments.domain.values.status import Status
from tests.domain.rules.test_money_rules import NO, PAID, START, WHY, a_payment

FAILED = Snapshot(Status.FAILED, failure=NO)
SETTLED = START + SETTLE + timedelta(seconds=1)


def searching(payment: Payment, position: str = "p1") -> Change | None:
    return search_goes_on(payment, payment.current, position, WHY, SETTLED)


def under_way() -> Payment:
    change = searching(a_payment())
    assert change
    return change.payment


def learned(payment: Payment, answer: Snapshot) -> Payment:
    change = advancing.advance(payment, payment.current.id, answer, "grant", WHY, SETTLED)
    assert change
    return change.payment


def test_an_unfinished_search_is_stored_and_goes_on_in_a_minute_however_old_the_attempt() -> None:
    payment = under_way()
    assert payment.current.search_position == "p1"
    for days in (0, 3, 300):
        at = START + timedelta(days=days)
        assert payment.current.next_check_at(at) == at + polling.SEARCH_CHECK


@pytest.mark.parametrize(
    ("payment", "position"),
    [
        (replace(under_way(), review=Review(ReviewKind.AMOUNT, "att_1", START)), "p2"),
        (under_way(), "p1"),
        (under_way().with_attempt(replace(under_way().current, sent_at=SETTLED - SETTLE)), "p2"),
    ],
    ids=["under review", "no further than before", "a call may still arrive"],
)
def test_it_is_not_stored(payment: Payment, position: str) -> None:
    assert searching(payment, position) is None


@pytest.mark.parametrize("answer", [PAID, FAILED, Snapshot(Status.PENDING), Snapshot(Status.CREATED)])
def test_every_answer_ends_it(answer: Snapshot) -> None:
    assert learned(under_way(), answer).current.search_position == ""


READ_ALL = Snapshot(Status.CREATED, is_searched=True)


def dead(**changes: object) -> Payment:
    return under_way().with_attempt(replace(under_way().current, status=Status.FAILED, **changes))  # type: ignore[arg-type]


def test_an_attempt_is_absent_once_all_was_read_and_no_call_can_arrive_any_more() -> None:
    assert learned(dead(), READ_ALL).current.is_absent
    assert learned(under_way(), READ_ALL).current.is_absent
    assert not learned(dead(), Snapshot(Status.CREATED)).current.is_absent, "nothing was searched"
    young = dead(sent_at=SETTLED - SETTLE)
    assert not learned(young, READ_ALL).current.is_absent


def test_what_is_known_to_be_absent_is_reported_once() -> None:
    absent = learned(dead(), READ_ALL)
    assert advancing.advance(absent, absent.current.id, READ_ALL, "grant", WHY, SETTLED) is None


def test_an_absent_attempt_that_a_webhook_shows_is_absent_no_more() -> None:
    found = learned(learned(dead(), READ_ALL), Snapshot(Status.PENDING, found_ref="cs_1")).current
    assert (found.checkout_ref, found.is_absent) == ("cs_1", False)


def test_a_dead_attempt_that_is_found_is_known_by_its_ref_from_then_on() -> None:
    payment = dead()
    change = advancing.advance(
        payment, payment.current.id, Snapshot(Status.PENDING, found_ref="cs_1"), "grant", WHY, SETTLED
    )
    assert change
    assert (change.payment.current.status, change.payment.current.checkout_ref) == (Status.FAILED, "cs_1")
    assert [reference.name for reference in change.references] == ["cs_1"]


def test_a_call_that_is_sent_again_is_searched_for_anew() -> None:
    payment = under_way().with_attempt(replace(under_way().current, is_absent=True))
    resent = transitions.resent(payment, payment.current.id, WHY, SETTLED).payment.current
    assert (resent.search_position, resent.is_absent) == ("", False)
