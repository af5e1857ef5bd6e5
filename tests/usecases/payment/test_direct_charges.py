"""A token is charged at once: declined, authenticated by the payer, or paid; never twice, never at another gateway."""

from __future__ import annotations

from typing import Any

import pytest

from payments.domain.values.money import Money
from payments.domain.values.status import Status
from payments.domain.values.terms import ActionKind, CaptureMode, Terms
from payments.usecases.errors import GatewayDown, InvalidState, OutcomePending
from payments.usecases.payment.retry import RetryOptions, retry_payment
from tests.world import World, make_world

OK = {"stripe": "pm_card_visa", "square": "cnon:card-nonce-ok"}
DECLINED = {"stripe": "pm_card_visa_chargeDeclined", "square": "cnon:card-nonce-declined"}
each = pytest.mark.parametrize("gateway", list(OK))


def a_world(gateway: str, delivers_webhooks: bool = False) -> World:
    world = make_world(1, delivers_webhooks, (gateway,))
    world.workspace(country="US", gateways=[gateway])
    return world


def charged(world: World, gateway: str, token: str, **more: Any) -> str:
    terms = Terms(source_token=token, **more)
    answer = world.initiate(world.order(amount=Money(49900, "USD"), gateway=gateway, terms=terms))
    return str(answer["payment_id"])


def captured(world: World, gateway: str) -> int:
    return sum(one["amount"] for one in world.ledger(gateway)["captures"])


@each
def test_a_good_token_is_paid_in_the_answer(gateway: str) -> None:
    world = a_world(gateway)
    payment = world.payment(charged(world, gateway, OK[gateway]))
    assert (payment.status, payment.current.captured_minor, captured(world, gateway)) == (
        Status.COMPLETED,
        49900,
        49900,
    )
    assert world.flow.started == []


@each
def test_a_declined_token_has_failed_in_the_answer_with_both_codes(gateway: str) -> None:
    world = a_world(gateway)
    payment = world.payment(charged(world, gateway, DECLINED[gateway]))
    assert payment.status is Status.FAILED
    assert payment.current.failure is not None
    assert payment.current.failure.gateway_code
    assert captured(world, gateway) == 0


@each
def test_a_charge_may_be_authorized_first(gateway: str) -> None:
    world = a_world(gateway)
    payment = world.payment(charged(world, gateway, OK[gateway], capture=CaptureMode.MANUAL))
    assert (payment.status, payment.current.awaits_capture, captured(world, gateway)) == (Status.AUTHORIZED, True, 0)


@each
@pytest.mark.parametrize("fault", ["lose_answer", "error_after", "garbage"])
def test_a_charge_whose_answer_was_lost_is_found_and_made_once(gateway: str, fault: str) -> None:
    world = a_world(gateway)
    world.fault(fault, "pay", at=gateway)
    with pytest.raises(OutcomePending) as pending:
        charged(world, gateway, OK[gateway])
    world.advance(61)
    world.sweep()
    payment = world.payment(str(pending.value.details["payment_id"]))
    assert (payment.status, captured(world, gateway)) == (Status.COMPLETED, 49900)


@each
def test_a_repeat_with_the_same_key_charges_once(gateway: str) -> None:
    world = a_world(gateway)
    world.fault("lose_answer", "pay", at=gateway)
    with pytest.raises(OutcomePending):
        charged(world, gateway, OK[gateway])
    world.clock.sleep(31)
    payment_id = charged(world, gateway, OK[gateway])
    assert (world.payment(payment_id).status, captured(world, gateway)) == (Status.COMPLETED, 49900)


@each
def test_a_charge_that_never_left_is_made_by_the_repeat(gateway: str) -> None:
    world = a_world(gateway)
    world.fault("refuse", "pay", at=gateway)
    with pytest.raises(GatewayDown):
        charged(world, gateway, OK[gateway])
    assert captured(world, gateway) == 0
    assert world.payment(charged(world, gateway, OK[gateway])).status is Status.COMPLETED
    assert captured(world, gateway) == 49900


@each
def test_a_declined_charge_is_found_by_the_gateways_name_for_it(gateway: str) -> None:
    world = a_world(gateway)
    payment = world.payment(charged(world, gateway, DECLINED[gateway]))
    where = world.ports.store.locate_by_ref(gateway, payment.current.checkout_ref)
    assert where is not None
    assert where.subject_id == payment.current.id


@each
def test_a_retry_needs_a_new_token(gateway: str) -> None:
    world = a_world(gateway)
    payment_id = charged(world, gateway, DECLINED[gateway])
    with pytest.raises(InvalidState):
        world.retry(payment_id)
    key = world.key("retry", "retry-2", b"body")
    again = RetryOptions(source_token=OK[gateway])
    retry_payment(world.read_workspace(), payment_id, again, key, world.context())
    assert (world.payment(payment_id).status, captured(world, gateway)) == (Status.COMPLETED, 49900)


def test_a_payer_who_must_prove_himself_is_sent_there() -> None:
    world = a_world("stripe", delivers_webhooks=True)
    payment = world.payment(charged(world, "stripe", "pm_card_threeDSecure2Required"))
    assert (payment.status, payment.current.next_action.kind) == (Status.PENDING, ActionKind.REDIRECT)
    assert world.flow.started == [payment.current.id]
    world.payer("pay", payment.current.id, at="stripe")
    world.advance(2)
    assert (world.payment(payment.id).status, captured(world, "stripe")) == (Status.COMPLETED, 49900)


@each
def test_a_direct_charge_is_never_made_elsewhere(gateway: str) -> None:
    world = make_world(1, False, ("stripe", "square"))
    world.workspace(country="US", gateways=["stripe", "square"])
    world.fault("refuse", "*", times=-1, at=gateway)
    with pytest.raises(GatewayDown):
        charged(world, gateway, OK[gateway])
    other = {"stripe": "square", "square": "stripe"}[gateway]
    assert world.ledger(other)["orders"] == []
