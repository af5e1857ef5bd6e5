"""What an unfinished search at the gateway leaves behind, and what ends it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from payments.domain import advancing, polling, transitions
from payments.domain.advancing import SETTLE, News, search_goes_on
from payments.domain.change import Change
from payments.domain.payment import Payment, Review, ReviewKind
from payments.domain.status import Status
from tests.domain.test_money_rules import NO, PAID, START, WHY, a_payment

FAILED = News(Status.FAILED, failure=NO)
SETTLED = START + SETTLE + timedelta(seconds=1)


def searching(payment: Payment, position: str = "p1") -> Change | None:
    return search_goes_on(payment, payment.live, position, WHY, SETTLED)


def under_way() -> Payment:
    change = searching(a_payment())
    assert change
    return change.payment


def learned(payment: Payment, news: News) -> Payment:
    change = advancing.advance(payment, payment.live.id, news, "grant", WHY, SETTLED)
    assert change
    return change.payment


def test_an_unfinished_search_is_stored_and_goes_on_in_a_minute_however_old_the_attempt() -> None:
    payment = under_way()
    assert payment.live.search_position == "p1"
    for days in (0, 3, 300):
        at = START + timedelta(days=days)
        assert payment.live.next_look(at) == at + polling.SEARCH_CHECK


@pytest.mark.parametrize(
    ("payment", "position"),
    [
        (replace(under_way(), review=Review(ReviewKind.AMOUNT, "att_1", START)), "p2"),
        (under_way(), "p1"),
        (under_way().with_attempt(replace(under_way().live, sent_at=SETTLED - SETTLE)), "p2"),
    ],
    ids=["under review", "no further than before", "a call may still arrive"],
)
def test_it_is_not_stored(payment: Payment, position: str) -> None:
    assert searching(payment, position) is None


@pytest.mark.parametrize("news", [PAID, FAILED, News(Status.PENDING), News(Status.CREATED)])
def test_every_answer_ends_it(news: News) -> None:
    assert learned(under_way(), news).live.search_position == ""


def test_a_dead_attempt_is_no_longer_searched_for_once_all_was_read() -> None:
    dead = under_way().with_attempt(replace(under_way().live, status=Status.FAILED))
    assert learned(dead, News(Status.CREATED)).live.search_position == ""


def test_a_dead_attempt_that_is_found_is_known_by_its_ref_from_then_on() -> None:
    dead = under_way().with_attempt(replace(under_way().live, status=Status.FAILED))
    change = advancing.advance(dead, dead.live.id, News(Status.PENDING, found_ref="cs_1"), "grant", WHY, SETTLED)
    assert change
    assert (change.payment.live.status, change.payment.live.checkout_ref) == (Status.FAILED, "cs_1")
    assert [reference.name for reference in change.references] == ["cs_1"]


def test_a_call_that_is_sent_again_is_searched_for_anew() -> None:
    payment = under_way()
    assert transitions.resent(payment, payment.live.id, WHY, SETTLED).payment.live.search_position == ""
