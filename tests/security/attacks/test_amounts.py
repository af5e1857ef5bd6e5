from __future__ import annotations

from typing import Any

import pytest

from tests.api.driver import GOOD_ORDER, ROUTES, Reply, an_event
from tests.security.attacks.amounts import MINIMUM, NOT_JSON, OF_PAYMENTS, OF_REFUNDS, TEXTS
from tests.security.attacks.judge import Judge
from tests.security.attacks.scene import Scene, a_post, a_raw_payment

ORDER = '"merchant_order_id": "ORDER-1", "currency": "INR", "return_url": "https://shop.example/"'


def refused(judge: Judge, scene: Scene, text: str, code: str) -> list[Reply]:
    """By both routes that accept an amount."""
    payment = a_raw_payment(f'{{{ORDER}, "amount": {text}}}'.encode())
    refund = a_post(scene.ours.refunds, f'{{"amount": {text}}}'.encode())
    return [judge(event, code, text.strip('"')) for event in (payment, refund)]


def short(text: str) -> str:
    return ascii(text)[:40]


@pytest.mark.parametrize("text", TEXTS, ids=short)
def test_what_is_no_whole_number_of_paise_moves_no_money_in_or_out(judge: Judge, scene: Scene, text: str) -> None:
    for response in refused(judge, scene, text, "invalid_amount"):
        assert '"amount": 49900 means Rs 499.00' in response.message
        assert response.json["error"]["details"] == {}


WITH_AMOUNT = [
    ("POST", "/v1/payments", GOOD_ORDER),
    ("POST", "/v1/payments/{payment}/capture", {}),
    ("POST", "/v1/payments/{payment}/refunds", {}),
    ("GET", "/v1/gateways", None),
]


@pytest.mark.parametrize("amount", [499.0, 49900.5, 0.1, 1e3])
@pytest.mark.parametrize(("method", "path", "body"), WITH_AMOUNT, ids=lambda value: str(value)[:30])
def test_a_fraction_gets_the_amounts_own_error_wherever_an_amount_can_be_sent(
    judge: Judge, scene: Scene, method: str, path: str, body: Any, amount: float
) -> None:
    path = path.format(payment=scene.ours.payment_id)
    if body is None:
        event = an_event(method, f"{path}?amount={amount}")
    else:
        event = an_event(method, path, body | {"amount": amount}, key="fraction")
    assert '"amount": 49900 means Rs 499.00' in judge(event, "invalid_amount").message


def test_every_route_with_an_amount_is_among_these() -> None:
    takes = {
        route.name
        for route in ROUTES
        if any("amount" in model.model_fields for model in (route.body, route.query) if model)
    }
    assert takes == {f"{method} {path.replace('{payment}', '{payment_id}')}" for method, path, _ in WITH_AMOUNT}


@pytest.mark.parametrize("text", NOT_JSON, ids=short)
def test_an_amount_that_json_cannot_represent_is_no_json(judge: Judge, scene: Scene, text: str) -> None:
    refused(judge, scene, text, "invalid_request")


@pytest.mark.parametrize(("body", "code"), OF_PAYMENTS.values(), ids=OF_PAYMENTS)
def test_a_payment_names_its_money_in_one_way(judge: Judge, body: str, code: str) -> None:
    judge(a_raw_payment(body.encode()), code)


@pytest.mark.parametrize(("body", "code"), OF_REFUNDS.values(), ids=OF_REFUNDS)
def test_a_refund_gives_back_what_there_is(judge: Judge, scene: Scene, body: str, code: str) -> None:
    judge(a_post(scene.ours.refunds, body.encode()), code)


@pytest.mark.parametrize("amount", [100, 49_900, 99_999_999])
def test_a_whole_number_of_paise_is_an_amount(judge: Judge, amount: int) -> None:
    response = judge.edge.send(a_raw_payment(f'{{{ORDER}, "amount": {amount}}}'.encode()))
    assert (response.status, response.json["amount"]) == (201, amount)
    assert judge.edge.world.payment(response.json["payment_id"]).amount.minor == amount


def test_there_are_enough_amounts() -> None:
    assert len(set(TEXTS)) == len(TEXTS)
    assert len(TEXTS) + len(NOT_JSON) + len(OF_PAYMENTS) + len(OF_REFUNDS) >= MINIMUM
