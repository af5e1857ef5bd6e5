"""What every gateway must do when somebody pays.

That a wrong amount puts a payment under review is tested with the use cases.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from payments.domain.records.snapshot import Snapshot
from payments.domain.values.money import Money
from payments.domain.values.status import FailureCode, Status
from payments.domain.values.terms import ActionKind
from payments.gateways.contract.errors import OutcomeUnknown
from payments.gateways.contract.gateway import abilities
from payments.gateways.contract.payments import CanCancel
from payments.gateways.registry import GATEWAYS
from tests.contract.harness import Harness
from tests.contract.steps import OPEN, looked_at, opened, paid


def test_every_registered_gateway_is_here(harnesses: dict[str, Callable[[], Harness]]) -> None:
    assert {make().gateway.name for make in harnesses.values()} == set(GATEWAYS)


def test_a_new_checkout_has_a_ref_and_something_to_do_and_is_open(harness: Harness) -> None:
    attempt = harness.new_attempt()
    checkout = harness.gateway.create_checkout(attempt, harness.order())
    action = checkout.next_action
    assert checkout.ref
    assert action.kind is not ActionKind.NONE
    assert action.url.startswith("http") or action.values
    assert all(isinstance(text, str) for text in action.values.values())
    assert checkout.expires_at in (None, attempt.expires_at)
    assert harness.gateway.fetch_payment(replace(attempt, checkout_ref=checkout.ref)).status in OPEN


def test_an_attempt_unknown_to_the_gateway_is_created(harness: Harness) -> None:
    attempt = paid(harness)
    assert harness.gateway.fetch_payment(harness.new_attempt()) == Snapshot(Status.CREATED)
    assert harness.gateway.fetch_refund(harness.new_refund(attempt, 100), attempt) == Snapshot(Status.CREATED)


@pytest.mark.parametrize("minor", [100, 49900, 10_000_001])
def test_a_paid_attempt_is_completed_with_the_gateways_own_amount(harness: Harness, minor: int) -> None:
    attempt = paid(harness, minor)
    snapshot = harness.gateway.fetch_payment(replace(attempt, amount=Money(1, "XXX")))
    assert (snapshot.status, snapshot.amount) == (Status.COMPLETED, Money(minor, harness.currency))
    assert snapshot.ref or not harness.refunds_need_ref
    assert (snapshot.failure, snapshot.extra_captures) == (None, ())
    assert harness.captured(attempt) == minor


def test_a_wrong_amount_is_reported_as_it_is(harness: Harness) -> None:
    attempt = paid(harness)
    harness.fault("wrong_amount", "status")
    amount = harness.gateway.fetch_payment(attempt).amount
    assert amount is not None
    assert amount != attempt.amount


def test_a_declined_attempt_has_failed_with_one_of_our_codes_or_may_be_tried_again(harness: Harness) -> None:
    attempt = opened(harness)
    harness.decline(attempt)
    snapshot = looked_at(harness, attempt)
    assert harness.captured(attempt) == 0
    if not harness.decline_ends_it:
        assert snapshot.status is Status.PENDING
        return
    assert snapshot.status is Status.FAILED
    assert snapshot.failure is not None
    assert snapshot.failure.code in FailureCode
    assert snapshot.failure.code is not FailureCode.OTHER
    assert snapshot.failure.gateway_code


def test_an_abandoned_attempt_is_open_until_it_expires_or_is_closed(harness: Harness) -> None:
    """The system closes a checkout whose time is over, where the gateway can."""
    attempt = opened(harness)
    harness.abandon(attempt)
    assert harness.gateway.fetch_payment(attempt).status in OPEN
    harness.pass_time(601)
    over = (Status.EXPIRED, Status.CANCELLED, Status.CREATED)  # CREATED: the gateway has no such order any more.
    if isinstance(harness.gateway, CanCancel):
        assert harness.gateway.cancel_payment(attempt).status in over
    status = harness.gateway.fetch_payment(attempt).status
    assert status in over or (status in OPEN and harness.never_closes)
    assert harness.captured(attempt) == 0


def test_a_late_success_is_seen(harness: Harness) -> None:
    attempt = opened(harness)
    harness.fault("late_success", "pay")
    harness.pass_time(601)
    assert harness.gateway.fetch_payment(attempt).status is not Status.COMPLETED
    harness.pass_time(60)
    harness.pay_late(attempt)
    assert looked_at(harness, attempt).status is Status.COMPLETED
    assert harness.captured(attempt) == attempt.amount.minor


@pytest.mark.parametrize("value", ["SOMETHING_NEW", "completed_maybe", "REVERSED"])
def test_a_status_code_no_one_has_seen_is_pending(harness: Harness, value: str) -> None:
    attempt = opened(harness)
    harness.report_code(value)
    assert harness.gateway.fetch_payment(attempt).status is Status.PENDING


def test_the_same_attempt_created_twice_is_one_thing_to_pay(harness: Harness) -> None:
    """As the system does it: it checks before it sends again."""
    attempt = opened(harness)
    again = replace(attempt, checkout_ref="", sent_at=attempt.created_at.replace(microsecond=1))
    try:
        checkout = harness.gateway.create_checkout(again, harness.order())
    except OutcomeUnknown:
        assert harness.gateway.fetch_payment(attempt).status in OPEN
    else:
        assert checkout.ref == attempt.checkout_ref
    assert harness.things_to_pay(attempt) == 1


def test_its_abilities_are_read_off_its_methods(harness: Harness) -> None:
    reported = abilities(harness.gateway)
    methods = {
        "capture": "capture_payment",
        "cancel": "cancel_payment",
        "charge": "charge_token",
        "verify": "is_proved",
    }
    assert {name: reported[name] for name in methods} == {
        name: hasattr(harness.gateway, method) for name, method in methods.items()
    }
