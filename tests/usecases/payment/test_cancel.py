"""A gateway refuses to void an authorization: the caller gets the reason at once, and the authorization stays
tracked.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest

from payments.domain.values.clock import to_text
from payments.domain.values.status import Status
from payments.usecases.errors import GatewayDown, GatewayRefused, InvalidState, OutcomePending
from tests.usecases.payment.test_holds import authorized, cancel, capture, captured, events_of, opened
from tests.world import World

CAN_VOID = ("stripe", "paypal")


def refuse_voids(world: World, gateway: str) -> None:
    world.admin(
        "POST", "/_sim/faults", {"fault": "reject", "op": "cancel", "reason": "no_permission", "times": -1}, gateway
    )


def allow_voids(world: World, gateway: str) -> None:
    world.admin("DELETE", "/_sim/faults", at=gateway)


@pytest.mark.parametrize("gateway", CAN_VOID)
def test_the_answer_says_why_and_until_when_it_is_tried_again(gateway: str) -> None:
    world, payment_id = authorized(gateway)
    refuse_voids(world, gateway)
    settled_at = to_text(world.clock.now() + timedelta(minutes=15))
    with pytest.raises(GatewayRefused, match="the gateway refused to cancel, and the money is still authorized") as no:
        cancel(world, payment_id)
    assert no.value.details["gateway_code"]
    assert (no.value.details["payment_id"], no.value.details["settled_at"]) == (payment_id, settled_at)
    with pytest.raises(InvalidState, match="the payment is being cancelled") as cancelling:
        capture(world, payment_id)
    assert cancelling.value.details["settled_at"] == no.value.details["settled_at"]


@pytest.mark.parametrize("gateway", CAN_VOID)
def test_it_is_tried_again_until_no_earlier_request_can_arrive(gateway: str) -> None:
    world, payment_id = authorized(gateway)
    refuse_voids(world, gateway)
    with pytest.raises(GatewayRefused):
        cancel(world, payment_id)
    allow_voids(world, gateway)
    world.advance(301)
    world.sweep()
    assert world.payment(payment_id).status is Status.CANCELLED


@pytest.mark.parametrize("gateway", CAN_VOID)
def test_after_that_the_timeline_says_so_and_it_may_be_captured(gateway: str) -> None:
    world, payment_id = authorized(gateway)
    refuse_voids(world, gateway)
    with pytest.raises(GatewayRefused):
        cancel(world, payment_id)
    world.advance(901)
    world.sweep()
    (refused,) = [event for event in events_of(world, payment_id) if event.kind == "attempt.cancel_refused"]
    assert refused.note.startswith("the gateway refused: ")
    payment = world.payment(payment_id)
    assert (payment.status, payment.current.is_cancelling) == (Status.AUTHORIZED, False)
    world.advance(3700)
    world.sweep()
    assert world.timeline(payment_id).count("attempt.cancel_refused") == 1
    assert capture(world, payment_id).current.captured_minor == captured(world, gateway) == 49900


@pytest.mark.parametrize("gateway", CAN_VOID)
def test_after_that_it_may_be_cancelled_again(gateway: str) -> None:
    world, payment_id = authorized(gateway)
    refuse_voids(world, gateway)
    with pytest.raises(GatewayRefused):
        cancel(world, payment_id)
    world.advance(901)
    with pytest.raises(GatewayRefused):
        cancel(world, payment_id)
    allow_voids(world, gateway)
    assert cancel(world, payment_id).status is Status.CANCELLED


def test_a_checkout_that_cannot_be_closed_yet_stays_to_be_cancelled() -> None:
    world, payment_id = opened("stripe")
    refuse_voids(world, "stripe")
    assert cancel(world, payment_id).status is Status.PENDING
    assert world.payment(payment_id).current.is_cancelling


@pytest.mark.parametrize("act", [capture, cancel])
def test_keys_that_the_gateway_refuses_are_named(act: object) -> None:
    world, payment_id = authorized("stripe")
    world.admin("POST", "/_sim/faults", {"fault": "unauthorized", "times": -1}, "stripe")
    with pytest.raises(GatewayDown, match="refuses the keys of this deployment: have them mended; it is asked again"):
        act(world, payment_id)  # type: ignore[operator]


@pytest.mark.parametrize("http_status", [404, 409])
def test_what_is_no_refusal_of_a_gateway_ends_no_cancellation(http_status: int) -> None:
    world, payment_id = authorized("stripe")
    fault = {"fault": "error_before", "op": "cancel", "times": -1, "status": http_status}
    world.admin("POST", "/_sim/faults", fault, "stripe")
    with suppress(GatewayDown, OutcomePending):
        cancel(world, payment_id)
    for _ in range(5):
        world.advance(301)
        world.sweep()
    payment = world.payment(payment_id)
    assert (payment.current.is_cancelling, "attempt.cancel_refused" in world.timeline(payment_id)) == (True, False)
