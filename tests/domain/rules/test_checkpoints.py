"""When a payment is compared with its gateway again, long after its end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from payments.domain.records.payment import Payment
from payments.domain.records.snapshot import Snapshot
from payments.domain.rules import refunding, transitions
from payments.domain.rules.checkpoints import next_checkpoint
from payments.domain.values import polling
from payments.domain.values.status import Status
from tests.domain.rules.test_money_rules import AMOUNT, NO, PAID, START, WHY, a_payment, a_refund, an_attempt, moved

DAY = timedelta(days=1)


def passed(payment: Payment) -> Iterator[datetime]:
    """Each checkpoint until there is none."""
    while at := next_checkpoint(payment):
        payment = replace(payment, reconciled_at=at)
        yield at


def test_an_unpaid_payment_is_compared_seven_days_after_its_expiry() -> None:
    payment = a_payment()
    assert list(passed(payment)) == [payment.current.expires_at + 7 * DAY]


def test_an_unpaid_payment_of_several_attempts_is_compared_after_the_last_expiry() -> None:
    payment = moved(a_payment(), Snapshot(Status.FAILED, failure=NO))
    again = transitions.retried(payment, an_attempt(2, START + DAY), WHY, START + DAY).payment
    for payment in (again, replace(again, attempts=again.attempts[::-1])):
        assert list(passed(payment)) == [an_attempt(2, START + DAY).expires_at + 7 * DAY]


def test_a_paid_one_is_compared_one_seven_and_thirty_five_days_after_its_capture() -> None:
    payment = moved(a_payment(), PAID, after_s=0)
    assert list(passed(payment)) == [START + days * DAY for days in (1, 7, 35)]


def test_a_further_capture_has_its_own_days() -> None:
    payment = moved(a_payment(), PAID, after_s=0)
    again = transitions.paid_again(payment, payment.current, "att_2", "ref_2", AMOUNT, WHY, START + 3 * DAY).payment
    assert list(passed(again)) == [START + days * DAY for days in (1, 4, 7, 10, 35, 38)]


@pytest.mark.parametrize(("may_return", "ends"), [(40, [1, 7, 35, 70]), (10, [1, 7, 35, 47]), (0, [1, 7, 35])])
def test_it_is_compared_when_a_refund_can_no_longer_come_back(may_return: int, ends: list[int]) -> None:
    payment = moved(a_payment(), PAID, after_s=0)
    opened = refunding.reserved(payment, a_refund(10000), one_at_a_time=False, why=WHY, at=START)
    refund, answer = opened.refund, Snapshot(Status.COMPLETED, may_return=may_return * DAY)
    assert refund
    done = refunding.advance_refund(opened.payment, refund, answer, WHY, START + 40 * DAY)
    assert done
    assert list(passed(done.payment)) == [START + days * DAY for days in ends]


def test_the_watch_of_a_refund_ends_with_its_last_check() -> None:
    for days in range(45):
        ends_at = polling.return_watch_ends(START, days * DAY)
        checks = [polling.return_watch(START, START + hour * DAY / 24, days * DAY) for hour in range(24 * 45)]
        assert ends_at == max((check for check in checks if check), default=None)
