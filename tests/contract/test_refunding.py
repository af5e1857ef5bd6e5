"""Every gateway: refunds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from payments.domain.values.money import Money
from payments.domain.values.status import Status
from payments.gateways.contract.errors import OutcomeUnknown, Rejected
from tests.contract.harness import Harness
from tests.contract.steps import REFUND_STEPS_S, opened, paid, refunded


@pytest.mark.parametrize("minor", [49900, 10000], ids=["full", "partial"])
def test_a_refund_comes_to_an_end_with_its_own_amount(harness: Harness, minor: int) -> None:
    attempt = paid(harness)
    refund = harness.new_refund(attempt, minor)
    created = harness.gateway.create_refund(refund, attempt)
    assert created.status in (Status.PROCESSING, Status.COMPLETED)
    assert harness.gateway.fetch_refund(refund, attempt).status in (Status.PROCESSING, Status.COMPLETED)
    harness.pass_time(REFUND_STEPS_S)
    harness.pass_time(REFUND_STEPS_S)
    for known in (refund, replace(refund, refund_ref=created.ref)):
        snapshot = harness.gateway.fetch_refund(known, attempt)
        assert (snapshot.status, snapshot.amount) == (Status.COMPLETED, Money(minor, harness.currency))
    assert snapshot.ref
    assert harness.refunded(attempt) == minor


def test_the_same_refund_twice_moves_money_once(harness: Harness) -> None:
    attempt = paid(harness)
    refund = harness.new_refund(attempt, 10000)
    assert refunded(harness, refund, attempt).status is Status.COMPLETED
    try:
        harness.gateway.create_refund(refund, attempt)
    except OutcomeUnknown:
        assert harness.gateway.fetch_refund(refund, attempt).status is Status.COMPLETED
    assert harness.refunded(attempt) == 10000


def test_refunds_of_all_that_was_paid_leave_nothing_to_refund(harness: Harness) -> None:
    attempt = paid(harness)
    for minor in (40000, 9900):
        assert refunded(harness, harness.new_refund(attempt, minor), attempt).status is Status.COMPLETED
    with pytest.raises(Rejected):
        harness.gateway.create_refund(harness.new_refund(attempt, 100), attempt)
    assert harness.refunded(attempt) == 49900


def test_more_than_was_paid_is_rejected(harness: Harness) -> None:
    attempt = paid(harness)
    with pytest.raises(Rejected):
        harness.gateway.create_refund(harness.new_refund(attempt, 49901), attempt)
    assert harness.refunded(attempt) == 0


def test_an_unpaid_attempt_cannot_be_refunded(harness: Harness) -> None:
    attempt = opened(harness)
    with pytest.raises(Rejected):
        harness.gateway.create_refund(harness.new_refund(attempt, 100), attempt)
