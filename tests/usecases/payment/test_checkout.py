"""Checkouts whose creation is refused, repeated or recorded late."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from payments.domain.values.status import FailureCode, Status
from payments.domain.values.terms import CaptureMode
from payments.gateways.contract.errors import Rejected
from payments.usecases.errors import GatewayDown, GatewayRefused, OutcomePending
from tests.usecases.payment.test_create import declined
from tests.usecases.payment.test_direct_charges import OK, a_world, charged
from tests.usecases.steps import opened_at
from tests.world import World


def refuse_orders(world: World) -> None:
    def refuses(*_: object) -> None:
        raise Rejected("PhonePe answered 400 X: no", code="X", words="no", http_status=400)

    world.override("phonepe", create_checkout=refuses)


def test_a_refusal_of_what_was_sent_before_ends_nothing(world: World) -> None:
    """The first call may still arrive."""
    world.fault("error_before", "pay")
    with pytest.raises(OutcomePending):
        world.initiate()
    world.clock.sleep(31)
    with world.restoring():
        refuse_orders(world)
        with pytest.raises(OutcomePending) as pending:
            world.initiate()
    payment = world.payment(str(pending.value.details["payment_id"]))
    assert (payment.current.status, payment.current.failure) == (Status.CREATED, None)
    before = world.clock.now()
    assert world.initiate()["is_there"]
    assert world.clock.now() == before, "nobody waits for a lease"


def test_a_refusal_of_a_retry_that_was_sent_once_fails_it(world: World) -> None:
    payment_id = declined(world)["payment_id"]
    refuse_orders(world)
    for _ in range(2):
        with pytest.raises(GatewayRefused) as refused:
            world.retry(payment_id)
        assert refused.value.details == {"payment_id": payment_id, "gateway_code": "X", "gateway_message": "no"}
    first, second = world.payment(payment_id).attempts
    assert second.failure
    assert (second.status, second.failure.code, second.failure.message) == (Status.FAILED, FailureCode.REJECTED, "no")
    assert first.failure
    assert first.failure.code is not FailureCode.REJECTED


def test_a_repeat_after_a_decline_returns_the_decline_and_no_refusal(silent_world: World) -> None:
    world = silent_world
    world.fault("lose_answer", "pay")
    with pytest.raises(OutcomePending) as pending:
        world.initiate()
    payment = world.payment(str(pending.value.details["payment_id"]))
    world.payer("decline", payment.current.id)
    world.advance(61)
    world.sweep()
    answer = world.initiate()
    assert (answer["payment_id"], answer["status"]) == (payment.id, "failed")


def test_an_address_is_recorded_once_the_store_answers_again(world: World) -> None:
    def unreachable(_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="x")

    world.client.before += [("transact_write_items", lambda _: None)] + [("transact_write_items", unreachable)] * 8
    answer = world.initiate()
    assert world.client.before == []
    assert answer["is_there"]
    assert world.initiate() == answer
    assert [order["calls"]["pay"] for order in world.ledger()["orders"]] == [1]


@pytest.mark.parametrize("gateway", list(OK))
def test_a_charge_that_is_authorized_is_not_polled(gateway: str) -> None:
    world = a_world(gateway)
    payment = world.payment(charged(world, gateway, OK[gateway], capture=CaptureMode.MANUAL))
    assert (payment.status, payment.current.is_carried, world.flow.started) == (Status.AUTHORIZED, False, [])


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("unauthorized", "the gateway refuses the keys of this deployment, so that it cannot be asked"),
        ("error_before", "the gateway cannot be asked now whether it has this order; repeat with the same key"),
    ],
)
def test_a_repeat_while_the_gateway_is_unavailable_says_so(world: World, fault: str, words: str) -> None:
    world.fault(fault, "*", -1)
    with pytest.raises((GatewayDown, OutcomePending)):
        world.initiate()
    world.clock.sleep(31)
    with pytest.raises(OutcomePending) as repeated:
        world.initiate()
    assert repeated.value.message.startswith(words)
    world.admin("DELETE", "/_sim/faults")
    world.clock.sleep(31)
    assert world.initiate()["is_there"]


def test_a_checkout_is_found_by_the_name_that_its_webhooks_give_it() -> None:
    world, answer = opened_at("square")
    live = world.payment(answer["payment_id"]).current
    order_id, _ = live.checkout_ref.split("/")
    where = world.ports.store.locate_by_ref("square", order_id)
    assert where
    assert where.subject_id == live.id
