"""For every gateway that has them: payments pending for days, and what is reported after a payment's end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from payments.domain.values.money import Money
from payments.domain.values.status import FailureCode, Status
from payments.gateways.contract.payments import CanCapture
from payments.gateways.contract.refunds import CanFindRefund
from payments.gateways.contract.webhooks import EventKind
from tests.contract.harness import AFTER_THE_END, Harness
from tests.contract.steps import (
    DAY_S,
    REFUND_STEPS_S,
    authorized,
    events_since,
    looked_at,
    name_of,
    opened,
    paid_and_names,
    refunded,
    reported,
)


def sum_of(harness: Harness, minor: int) -> Money | None:
    """Where a payment's status has no total, each refund is fetched by its own ref."""
    return None if isinstance(harness.gateway, CanFindRefund) else Money(minor, harness.currency)


def test_a_harness_shows_only_what_the_suite_knows(harness: Harness) -> None:
    assert harness.shows <= AFTER_THE_END


# Pending payments.


def test_without_an_act_of_the_payer_a_payment_is_not_in_progress(harness: Harness) -> None:
    attempt = opened(harness)
    assert not harness.gateway.fetch_payment(attempt).is_in_progress
    harness.abandon(attempt)
    assert not harness.gateway.fetch_payment(attempt).is_in_progress


def test_money_under_way_is_in_progress_and_outlasts_the_expiry_by_days(waiter: Harness) -> None:
    attempt = waiter.new_under_way()
    for _ in range(2):
        snapshot = looked_at(waiter, attempt)
        assert (snapshot.status, snapshot.is_in_progress) == (Status.PENDING, True)
        waiter.pass_time(DAY_S)
    assert waiter.captured(attempt) == 0


def test_money_under_way_arrives(waiter: Harness) -> None:
    attempt = waiter.new_under_way()
    looked_at(waiter, attempt)
    waiter.pass_time(DAY_S)
    before = reported(waiter)
    waiter.end_pending(attempt, completes=True)
    snapshot = looked_at(waiter, attempt)
    assert (snapshot.status, snapshot.amount, snapshot.is_in_progress) == (Status.COMPLETED, attempt.amount, False)
    assert waiter.captured(attempt) == attempt.amount.minor
    assert EventKind.PAYMENT in {event.kind for event in events_since(waiter, before)}


def test_money_under_way_may_fail_at_the_end(waiter: Harness) -> None:
    attempt = waiter.new_under_way()
    looked_at(waiter, attempt)
    before = reported(waiter)
    waiter.end_pending(attempt, completes=False)
    snapshot = looked_at(waiter, attempt)
    assert (snapshot.status, snapshot.is_in_progress) == (Status.FAILED, False)
    assert snapshot.failure is not None
    assert snapshot.failure.gateway_code
    assert waiter.captured(attempt) == 0
    assert EventKind.PAYMENT in {event.kind for event in events_since(waiter, before)}


# Authorizations that lapse.


def test_an_authorization_that_lapsed_is_expired_and_captures_nothing(lapser: Harness) -> None:
    attempt = authorized(lapser)
    lapser.pass_time(lapser.authorization_life_s + 1)
    assert isinstance(lapser.gateway, CanCapture)
    for snapshot in (
        lapser.gateway.fetch_payment(attempt),
        lapser.gateway.capture_payment(attempt, attempt.amount),
    ):
        assert snapshot.status is Status.EXPIRED
        assert snapshot.failure is not None
        assert snapshot.failure.code is FailureCode.EXPIRED
    assert (lapser.captured(attempt), lapser.authorized(attempt)) == (0, 0)


# Refunds.


def test_a_refund_that_comes_back_has_failed_and_may_be_made_again(returner: Harness) -> None:
    attempt, _ = paid_and_names(returner)
    refund = returner.new_refund(attempt, 10000)
    made = refunded(returner, refund, attempt)
    assert made.status is Status.COMPLETED
    before = reported(returner)
    returner.pass_time(DAY_S)
    returner.return_refund(refund)
    for known in (refund, replace(refund, refund_ref=made.ref)):
        snapshot = returner.gateway.fetch_refund(known, attempt)
        assert snapshot.status is Status.FAILED
        assert snapshot.failure is not None
        assert snapshot.failure.gateway_code
    events = [event for event in events_since(returner, before) if event.kind is EventKind.REFUND]
    assert {event.subject_id for event in events} == {refund.id}
    assert returner.gateway.fetch_payment(attempt).returned in (None, Money(0, returner.currency))
    again = returner.new_refund(attempt, attempt.amount.minor)
    assert refunded(returner, again, attempt).status is Status.COMPLETED
    assert returner.refunded(attempt) == attempt.amount.minor


def test_a_payment_has_the_sum_of_what_went_back(dashboard: Harness) -> None:
    attempt, _ = paid_and_names(dashboard)
    gateway = dashboard.gateway
    assert gateway.fetch_payment(attempt).returned in (None, Money(0, dashboard.currency))
    refunded(dashboard, dashboard.new_refund(attempt, 10000), attempt)
    refunded(dashboard, dashboard.new_refund(attempt, 5000), attempt)
    snapshot = gateway.fetch_payment(attempt)
    assert (snapshot.status, snapshot.amount) == (Status.COMPLETED, attempt.amount)
    assert snapshot.returned == sum_of(dashboard, 15000)


def test_a_refund_that_failed_is_not_in_the_sum(dashboard: Harness) -> None:
    attempt, _ = paid_and_names(dashboard)
    refund = dashboard.new_refund(attempt, 10000)
    dashboard.gateway.create_refund(refund, attempt)
    dashboard.end_refund(refund, completes=False)
    assert dashboard.gateway.fetch_payment(attempt).returned in (None, Money(0, dashboard.currency))


def test_a_refund_in_a_state_that_no_one_knows_leaves_the_sum_as_it_was_or_unknown(dashboard: Harness) -> None:
    attempt, _ = paid_and_names(dashboard)
    dashboard.refund_by_hand(attempt, 10000)
    dashboard.pass_time(REFUND_STEPS_S)
    attempt = replace(attempt, payment_ref=dashboard.gateway.fetch_payment(attempt).ref)
    ops = [op for op in dashboard.faults["new_word"] if op.endswith("status")]
    assert "status" in ops
    for op in ops:
        dashboard.fault("new_word", op)
        assert dashboard.gateway.fetch_payment(attempt).returned in (None, sum_of(dashboard, 10000))


def test_a_dashboard_refund_is_an_event_of_its_payment(dashboard: Harness) -> None:
    attempt, names = paid_and_names(dashboard)
    before = reported(dashboard)
    ref = dashboard.refund_by_hand(attempt, 10000)
    dashboard.pass_time(REFUND_STEPS_S)
    dashboard.pass_time(REFUND_STEPS_S)
    events = [event for event in events_since(dashboard, before) if event.kind is not EventKind.IGNORED]
    assert events
    assert {event.kind for event in events} == {EventKind.PAYMENT}
    assert {name_of(event) for event in events} <= names
    assert dashboard.gateway.fetch_payment(attempt).returned == sum_of(dashboard, 10000)
    if isinstance(dashboard.gateway, CanFindRefund):
        assert ref in {event.refund_ref for event in events}
        found = dashboard.gateway.fetch_foreign_refund(ref, attempt)
        assert (found.status, found.amount) == (Status.COMPLETED, Money(10000, dashboard.currency))


@pytest.mark.parametrize("minor", [49900, 10000], ids=["all", "a part"])
def test_a_reversed_payment_stays_completed_and_counts_what_went_back(reverser: Harness, minor: int) -> None:
    attempt, names = paid_and_names(reverser)
    before = reported(reverser)
    ref = reverser.reverse(attempt, minor)
    snapshot = reverser.gateway.fetch_payment(attempt)
    assert (snapshot.status, snapshot.amount) == (Status.COMPLETED, attempt.amount)
    assert snapshot.returned == sum_of(reverser, minor)
    events = [event for event in events_since(reverser, before) if event.kind is not EventKind.IGNORED]
    assert events
    assert {event.kind for event in events} == {EventKind.PAYMENT}
    assert {name_of(event) for event in events} <= names
    if isinstance(reverser.gateway, CanFindRefund):
        assert reverser.gateway.fetch_foreign_refund(ref, attempt).amount == Money(minor, reverser.currency)
