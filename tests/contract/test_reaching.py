"""Tests without a payer: on every simulator, and on the gateways' sandboxes whose keys are set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from payments.domain.records.snapshot import Snapshot
from payments.domain.values.money import Money
from payments.domain.values.status import Status
from payments.domain.values.terms import ActionKind, CaptureMode, Terms
from payments.gateways.contract.errors import GatewayError, OutcomeUnknown, Rejected
from payments.gateways.contract.payments import CanCancel, CanCapture, CanCharge, Charge
from tests.contract.conftest import HARNESSES
from tests.contract.harness import Harness
from tests.contract.sandboxes import SandboxHarness, secrets
from tests.contract.steps import OPEN

Reached = Harness | SandboxHarness
REACHED: dict[str, Callable[[], Reached]] = {
    **HARNESSES,
    **{f"{name}, its sandbox": lambda n=name, s=secret: SandboxHarness(n, s) for name, secret in secrets().items()},  # type: ignore[misc]
}
CHARGED = [name for name, make in REACHED.items() if isinstance(make().gateway, CanCharge)]


@pytest.fixture(params=REACHED)
def reached(request: pytest.FixtureRequest) -> Reached:
    return REACHED[request.param]()


@pytest.fixture(params=CHARGED)
def charging(request: pytest.FixtureRequest) -> Reached:
    return REACHED[request.param]()


def test_keys_are_read_from_the_environment() -> None:
    assert secrets({"PAVATI_SANDBOX_STRIPE": '{"secret_key": "sk_test_1"}'}) == {"stripe": {"secret_key": "sk_test_1"}}
    assert secrets({}) == {}


def test_a_checkout_is_opened_and_is_the_same_when_tried_again(reached: Reached) -> None:
    attempt = reached.new_attempt()
    checkout = reached.gateway.create_checkout(attempt, reached.order())
    assert checkout.next_action.kind is not ActionKind.NONE
    assert reached.gateway.fetch_payment(replace(attempt, checkout_ref=checkout.ref)).status in OPEN
    again = replace(attempt, sent_at=attempt.created_at.replace(microsecond=1))
    try:
        assert reached.gateway.create_checkout(again, reached.order()).ref == checkout.ref
    except OutcomeUnknown:
        assert reached.gateway.fetch_payment(replace(attempt, checkout_ref=checkout.ref)).status in OPEN


def test_what_was_never_sent_is_unknown_there(reached: Reached) -> None:
    assert reached.gateway.fetch_payment(reached.new_attempt()) == Snapshot(Status.CREATED)


def test_what_no_one_paid_cannot_be_refunded(reached: Reached) -> None:
    attempt = reached.new_attempt()
    checkout = reached.gateway.create_checkout(attempt, reached.order())
    with pytest.raises(Rejected):
        reached.gateway.create_refund(
            reached.new_refund(attempt, 10000), replace(attempt, checkout_ref=checkout.ref, payment_ref="none")
        )


def test_an_unpaid_checkout_is_closed(reached: Reached) -> None:
    attempt = reached.new_attempt()
    attempt = replace(attempt, checkout_ref=reached.gateway.create_checkout(attempt, reached.order()).ref)
    if isinstance(reached.gateway, CanCancel):
        assert reached.gateway.cancel_payment(attempt).status in (Status.CANCELLED, Status.EXPIRED)
    assert reached.gateway.fetch_payment(attempt).status is not Status.COMPLETED


def charge(reached: Reached, outcome: str, capture: CaptureMode = CaptureMode.AUTO) -> tuple[Charge, Snapshot]:
    attempt = reached.new_attempt(terms=Terms(source_token=reached.token_for(outcome), capture=capture))
    assert isinstance(reached.gateway, CanCharge)
    charged = reached.gateway.charge_token(attempt, reached.order())
    known = replace(attempt, checkout_ref=charged.ref, payment_ref=charged.snapshot.ref)
    return charged, reached.gateway.fetch_payment(known)


def test_a_good_token_is_paid_and_refunded_in_part(charging: Reached) -> None:
    attempt = charging.new_attempt(terms=Terms(source_token=charging.token_for("ok")))
    assert isinstance(charging.gateway, CanCharge)
    charged = charging.gateway.charge_token(attempt, charging.order())
    assert (charged.snapshot.status, charged.snapshot.amount) == (Status.COMPLETED, attempt.amount)
    paid = replace(attempt, checkout_ref=charged.ref, payment_ref=charged.snapshot.ref)
    refund = charging.new_refund(paid, 10000)
    made = charging.gateway.create_refund(refund, paid)
    assert made.status in (Status.PROCESSING, Status.COMPLETED)
    found = charging.gateway.fetch_refund(replace(refund, refund_ref=made.ref), paid)
    assert (found.amount, found.failure) == (Money(10000, charging.currency), None)
    with pytest.raises(GatewayError):
        charging.gateway.create_refund(charging.new_refund(paid, 49900), paid)


def test_a_bad_token_is_declined(charging: Reached) -> None:
    charged, found = charge(charging, "declined")
    assert charged.snapshot.status is Status.FAILED
    assert found.status is not Status.COMPLETED


def test_an_authorized_charge_is_captured_in_part(charging: Reached) -> None:
    attempt = charging.new_attempt(terms=Terms(source_token=charging.token_for("ok"), capture=CaptureMode.MANUAL))
    assert isinstance(charging.gateway, CanCharge)
    assert isinstance(charging.gateway, CanCapture)
    charged = charging.gateway.charge_token(attempt, charging.order())
    assert charged.snapshot.status is Status.AUTHORIZED
    authorized = replace(attempt, checkout_ref=charged.ref, payment_ref=charged.snapshot.ref)
    part = Money(30000, charging.currency)
    assert charging.gateway.capture_payment(authorized, part).amount == part
