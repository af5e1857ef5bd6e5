"""Captures that are cut off, refused, or larger for a reason that the gateway itself gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from dev.histories.whole import list_cases
from payments.domain.rules.advancing import SETTLE
from payments.domain.values.clock import to_text
from payments.domain.values.status import Status
from payments.usecases.errors import GatewayDown, GatewayRefused, InvalidState, OutcomePending
from payments.usecases.payment.cancel import cancel_payment
from payments.usecases.payment.capture import capture_payment
from payments.usecases.payment.refresh import refresh_payment
from tests.usecases.steps import AMOUNT, REFRESH, authorized_at, opened_at, swept
from tests.world import WORKSPACE, World

PART = 20000


class Killed(BaseException):
    """The function's instance is gone."""


def refuses(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


def kills(request: httpx.Request) -> httpx.Response:
    raise Killed


def answers(http_status: int, code: str) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        error = {"category": "API_ERROR", "code": code}
        return httpx.Response(http_status, json={"errors": [error]}, request=request)

    return answer


WAYS = {
    "never sent": refuses,
    "server error": answers(500, "INTERNAL_SERVER_ERROR"),
    "too many": answers(429, "RATE_LIMITED"),
    "killed": kills,
}


def break_once(world: World, path_end: str, how: Callable[[httpx.Request], httpx.Response]) -> None:
    """The next call whose path ends so meets this instead of the gateway."""
    handle, done = world.wire.handle_request, list[bool]()

    def broken(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith(path_end) and not done:
            done.append(True)
            return how(request)
        return handle(request)

    world.wire.handle_request = broken  # type: ignore[method-assign]


@pytest.mark.parametrize("how", WAYS)
def test_a_capture_in_part_that_is_cut_off_at_square_is_completed_by_the_next_check(how: str) -> None:
    """Square captures by two calls: lower the amount, then complete the payment."""
    world, payment_id = authorized_at("square")
    break_once(world, "/complete", WAYS[how])
    with pytest.raises((GatewayDown, GatewayRefused, OutcomePending, Killed)):
        capture_payment(payment_id, PART, world.context())
    assert [order["authorized"] for order in world.ledger("square")["orders"]] == [PART]
    swept(world, 3)
    payment = world.payment(payment_id)
    assert (payment.status, payment.current.captured_minor, payment.review) == (Status.COMPLETED, PART, None)
    assert [capture["amount"] for capture in world.ledger("square")["captures"]] == [PART]
    assert list_cases(WORKSPACE, world.ports) == []


@pytest.mark.parametrize("gateway", ["stripe", "paypal", "square"])
def test_a_refused_part_may_be_followed_by_another_amount_once_it_is_settled(gateway: str) -> None:
    world, payment_id = authorized_at(gateway)
    world.fault("refuse", "capture", times=-1, at=gateway)
    with pytest.raises((GatewayDown, OutcomePending)):
        capture_payment(payment_id, PART, world.context())
    with pytest.raises(InvalidState):
        capture_payment(payment_id, AMOUNT, world.context())
    with pytest.raises(InvalidState):
        cancel_payment(payment_id, "", world.context())
    world.admin("DELETE", "/_sim/faults", at=gateway)
    swept(world, 3)
    assert world.payment(payment_id).current.captured_minor == PART


def test_a_fee_that_the_payer_bears_is_no_contradiction_and_no_refundable_money() -> None:
    world, answer = opened_at("razorpay")
    orders = world.sims["razorpay"].model.orders
    orders._settings = replace(orders._settings, payer_bears_fee=True)
    world.payer("pay", answer["attempt_id"], at="razorpay")
    world.advance(3)
    refresh_payment(answer["payment_id"], world.context(REFRESH))
    payment = world.payment(answer["payment_id"])
    assert (payment.status, payment.current.captured_minor, payment.review) == (Status.COMPLETED, AMOUNT, None)
    assert payment.current.fee_minor > 0
    assert payment.current.available_minor == AMOUNT
    assert world.refund(payment.id)["amount"] == AMOUNT


def test_a_capture_that_is_requested_long_after_the_authorization_is_settled_and_alarmed_by_its_own_age() -> None:
    world, payment_id = authorized_at("stripe")
    world.clock.sleep(6 * 3600)
    world.fault("error_before", "capture", times=-1, at="stripe")
    with pytest.raises((GatewayDown, OutcomePending)):
        capture_payment(payment_id, PART, world.context())
    requested_at = world.payment(payment_id).current.capture_requested_at
    assert requested_at is not None
    with pytest.raises(InvalidState) as refused:
        capture_payment(payment_id, AMOUNT, world.context())
    assert refused.value.details["settled_at"] == to_text(requested_at + SETTLE)
    world.metrics.clear()
    swept(world, 3)
    assert world.metrics["PendingOver30Min"] == 0
    swept(world, 31)
    assert world.metrics["PendingOver30Min"] > 0


def test_where_all_was_captured_no_rest_is_reported_as_released() -> None:
    world, payment_id = authorized_at("stripe")
    capture_payment(payment_id, None, world.context())
    with pytest.raises(InvalidState) as refused:
        capture_payment(payment_id, PART, world.context())
    assert str(refused.value).startswith(f"{AMOUNT} USD (minor units) were captured: nothing is left")


def test_what_is_captured_already_is_reported_without_calling_the_gateway() -> None:
    world, payment_id = authorized_at("stripe")
    payment = capture_payment(payment_id, PART, world.context())
    world.fault("refuse", "*", times=-1, at="stripe")
    assert capture_payment(payment_id, PART, world.context()) == payment
