"""Every gateway that has them: authorizations, captures, voids, charges of a token."""

from __future__ import annotations

from dataclasses import replace

import pytest

from payments.domain.records.payment import Attempt
from payments.domain.values.money import Money
from payments.domain.values.status import Status
from payments.domain.values.terms import ActionKind, CaptureMode, Terms
from payments.gateways.contract.errors import OutcomeUnknown, Unavailable
from payments.gateways.contract.payments import CanCancel, CanCapture, CanCharge, Charge
from tests.contract.harness import Harness
from tests.contract.steps import authorized, looked_at, opened, paid


def capturing(harness: Harness) -> CanCapture:
    assert isinstance(harness.gateway, CanCapture)
    return harness.gateway


def test_what_is_authorized_is_not_captured(holder: Harness) -> None:
    attempt = authorized(holder)
    snapshot = holder.gateway.fetch_payment(attempt)
    assert (snapshot.status, snapshot.amount) == (Status.AUTHORIZED, attempt.amount)
    assert snapshot.authorization_expires_at is None or snapshot.authorization_expires_at > attempt.created_at
    assert (holder.captured(attempt), holder.authorized(attempt)) == (0, attempt.amount.minor)


def test_captured_twice_the_money_is_captured_once(holder: Harness) -> None:
    attempt = authorized(holder)
    for _ in range(2):
        snapshot = capturing(holder).capture_payment(attempt, attempt.amount)
        assert (snapshot.status, snapshot.amount) == (Status.COMPLETED, attempt.amount)
    assert (holder.captured(attempt), holder.authorized(attempt)) == (attempt.amount.minor, 0)


def test_a_part_is_captured_and_the_rest_voided(holder: Harness) -> None:
    attempt, part = authorized(holder), Money(30000, holder.currency)
    if not capturing(holder).has_partial_capture:
        return  # The use case refuses it before any call: tests/usecases/payment/test_holds.py.
    snapshot = capturing(holder).capture_payment(attempt, part)
    assert (snapshot.status, snapshot.amount) == (Status.COMPLETED, part)
    assert (holder.captured(attempt), holder.authorized(attempt)) == (30000, 0)
    assert holder.gateway.fetch_payment(attempt).amount == part


def test_a_capture_whose_answer_was_lost_is_found(holder: Harness) -> None:
    attempt = authorized(holder)
    holder.fault("lose_answer", "capture")
    with pytest.raises(OutcomeUnknown):
        capturing(holder).capture_payment(attempt, attempt.amount)
    assert holder.gateway.fetch_payment(attempt).status is Status.COMPLETED
    assert capturing(holder).capture_payment(attempt, attempt.amount).status is Status.COMPLETED
    assert holder.captured(attempt) == attempt.amount.minor


def test_a_capture_that_was_never_sent_captured_nothing(holder: Harness) -> None:
    attempt = authorized(holder)
    holder.fault("refuse", "capture")
    with pytest.raises(Unavailable):
        capturing(holder).capture_payment(attempt, attempt.amount)
    assert holder.captured(attempt) == 0


def test_what_is_voided_cannot_be_captured_any_more(holder: Harness) -> None:
    attempt = authorized(holder)
    if not isinstance(holder.gateway, CanCancel):
        return  # Its authorizations lapse by themselves, as the tests of its simulator show.
    for _ in range(2):
        assert holder.gateway.cancel_payment(attempt).status is Status.CANCELLED
    assert (holder.captured(attempt), holder.authorized(attempt)) == (0, 0)
    assert holder.gateway.fetch_payment(attempt).status is Status.CANCELLED


def test_what_was_captured_cannot_be_voided(canceller: Harness) -> None:
    attempt = paid(canceller)
    assert isinstance(canceller.gateway, CanCancel)
    snapshot = canceller.gateway.cancel_payment(attempt)
    assert (snapshot.status, snapshot.amount) == (Status.COMPLETED, attempt.amount)
    assert canceller.captured(attempt) == attempt.amount.minor


def test_a_checkout_that_is_closed_is_closed_when_tried_again(canceller: Harness) -> None:
    attempt = opened(canceller)
    assert isinstance(canceller.gateway, CanCancel)
    for _ in range(2):
        assert canceller.gateway.cancel_payment(attempt).status in (Status.CANCELLED, Status.EXPIRED)
    assert canceller.captured(attempt) == 0


def charge(harness: Harness, outcome: str, capture: CaptureMode = CaptureMode.AUTO) -> tuple[Attempt, Charge]:
    attempt = harness.new_attempt(terms=Terms(source_token=harness.token_for(outcome), capture=capture))
    assert isinstance(harness.gateway, CanCharge)
    return attempt, harness.gateway.charge_token(attempt, harness.order())


def test_a_good_token_is_charged_at_once_and_once(charger: Harness) -> None:
    attempt, first = charge(charger, "ok")
    assert isinstance(charger.gateway, CanCharge)
    again = charger.gateway.charge_token(attempt, charger.order())
    for charged in (first, again):
        assert (charged.snapshot.status, charged.snapshot.amount) == (Status.COMPLETED, attempt.amount)
    assert first.ref == again.ref
    assert charger.captured(attempt) == attempt.amount.minor
    assert charger.gateway.fetch_payment(replace(attempt, checkout_ref=first.ref)).status is Status.COMPLETED


def test_a_declined_token_is_an_answer_and_no_error(charger: Harness) -> None:
    attempt, charged = charge(charger, "declined")
    assert charged.snapshot.status is Status.FAILED
    assert charged.snapshot.failure is not None
    assert charged.snapshot.failure.gateway_code
    assert charger.captured(attempt) == 0


def test_a_payer_who_must_authenticate_gets_the_next_action_or_a_failure(charger: Harness) -> None:
    attempt, charged = charge(charger, "needs_action")
    is_requested = charged.next_action.kind in (ActionKind.REDIRECT, ActionKind.CLIENT_SDK)
    assert charged.snapshot.status is (Status.PENDING if is_requested else Status.FAILED)
    assert charger.captured(attempt) == 0


def test_a_charge_may_be_authorized(charger: Harness) -> None:
    attempt, charged = charge(charger, "ok", CaptureMode.MANUAL)
    assert (charged.snapshot.status, charged.snapshot.amount) == (Status.AUTHORIZED, attempt.amount)
    assert charger.captured(attempt) == 0


@pytest.mark.parametrize("fault", ["lose_answer", "error_after", "garbage"])
def test_a_charge_whose_answer_was_lost_is_found_by_our_id(charger: Harness, fault: str) -> None:
    attempt = charger.new_attempt(terms=Terms(source_token=charger.token_for("ok")))
    charger.fault(fault, "pay")
    assert isinstance(charger.gateway, CanCharge)
    with pytest.raises(OutcomeUnknown):
        charger.gateway.charge_token(attempt, charger.order())
    assert looked_at(charger, attempt).status is Status.COMPLETED
    assert charger.gateway.charge_token(attempt, charger.order()).snapshot.status is Status.COMPLETED
    assert charger.captured(attempt) == attempt.amount.minor
