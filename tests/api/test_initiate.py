from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from payments.domain.values.ids import PAYMENT, is_id
from tests.api.driver import Edge
from tests.world import SETTINGS


def test_a_payment_is_opened_and_the_payer_sent_on(edge: Edge) -> None:
    response = edge.pay(customer={"name": "Asha", "mobile": "+919876543210"}, metadata={"cart": "7"})
    payment = response.json
    assert response.status == 201
    assert is_id(PAYMENT, payment["payment_id"])
    assert payment["next_action"]["type"] == "redirect"
    assert payment["checkout_token"].startswith("ct_")
    assert (payment["amount"], payment["currency"], payment["status"]) == (49900, "INR", "pending")
    assert payment["customer"] == {
        "id": "",
        "name": "Asha",
        "email": "",
        "mobile": "+919876543210",
        "mobile_sent": True,
    }


@pytest.mark.parametrize(
    ("typed", "shown", "sent"),
    [("98765 43210", "+919876543210", True), ("ask at the desk", "ask at the desk", False)],
)
def test_a_mobile_is_shown_as_it_is_sent_or_as_it_was_typed(edge: Edge, typed: str, shown: str, sent: bool) -> None:
    made = edge.pay(customer={"mobile": typed}).json
    assert (made["customer"]["mobile"], made["customer"]["mobile_sent"]) == (shown, sent)
    assert edge.call("GET", f"/v1/payments/{made['payment_id']}").json["customer"] == made["customer"]


@pytest.mark.parametrize("spelt_out", [{"installments": 1}, {"customer": {}}, {"customer": {"name": "", "mobile": ""}}])
def test_a_request_that_spells_out_a_default_is_the_one_without(edge: Edge, spelt_out: dict[str, Any]) -> None:
    first = edge.pay(**dict.fromkeys(spelt_out))
    assert edge.pay(**spelt_out).text == first.text


def test_the_same_request_has_the_same_answer_byte_for_byte(edge: Edge) -> None:
    first = edge.pay()
    again = edge.pay(capture="auto", expires_in_s=1200)
    assert (again.status, again.text) == (first.status, first.text)
    assert len(edge.world.ledger()["orders"]) == 1


def test_a_key_belongs_to_one_body(edge: Edge) -> None:
    edge.pay()
    response = edge.pay(amount=100)
    assert (response.status, response.code) == (409, "idempotency_key_reused")


def test_a_second_payment_of_an_order_is_refused_with_the_first_ones_id(edge: Edge) -> None:
    first = edge.pay().json
    response = edge.pay(key="key-2")
    assert (response.status, response.code) == (409, "duplicate_order")
    assert response.json["error"]["details"] == {"payment_id": first["payment_id"]}


def test_a_lost_answer_is_reported_as_unknown_and_the_payment_is_there(edge: Edge) -> None:
    edge.world.fault("lose_answer", "pay")
    response = edge.pay()
    assert (response.status, response.code) == (504, "outcome_unknown")
    assert response.json["error"]["retryable"] is True
    payment_id = response.json["error"]["details"]["payment_id"]
    assert edge.call("GET", f"/v1/payments/{payment_id}").json["status"] in ("created", "pending")


def test_a_gateway_that_is_not_reached_is_reported_as_such(edge: Edge) -> None:
    edge.world.fault("refuse", "*", -1)
    response = edge.pay()
    assert (response.status, response.code) == (503, "gateway_unavailable")
    assert response.headers["Retry-After"] == "5"


def test_a_failed_payment_is_tried_again(edge: Edge) -> None:
    payment = edge.pay().json
    edge.world.payer("decline", payment["attempts"][0]["attempt_id"])
    edge.world.advance(1)
    path = f"/v1/payments/{payment['payment_id']}/retry"
    response = edge.call("POST", path, key="retry-1")
    assert response.status == 201
    assert [attempt["number"] for attempt in response.json["attempts"]] == [1, 2]
    assert edge.call("POST", path, {}, key="retry-1").text == response.text


def test_a_retry_accepts_no_other_amount(edge: Edge) -> None:
    payment_id = edge.pay().json["payment_id"]
    response = edge.call("POST", f"/v1/payments/{payment_id}/retry", {"amount": 1}, key="retry-1")
    assert (response.status, response.message) == (
        400,
        "amount: there is no such field; there are gateway, payment_method",
    )


def test_an_open_payment_is_not_tried_again(edge: Edge) -> None:
    payment_id = edge.pay().json["payment_id"]
    response = edge.call("POST", f"/v1/payments/{payment_id}/retry", key="retry-1")
    assert (response.status, response.code) == (409, "invalid_state")


def test_a_key_is_bound_to_the_payment_in_the_path(edge: Edge) -> None:
    first, second = edge.paid(), edge.pay(merchant_order_id="ORDER-2", key="key-2").json
    edge.call("POST", f"/v1/payments/{first['payment_id']}/refunds", {"amount": 100}, key="r")
    response = edge.call("POST", f"/v1/payments/{second['payment_id']}/refunds", {"amount": 100}, key="r")
    assert response.status == 409


@pytest.mark.parametrize(
    ("public_base_url", "base"),
    [("https://pay.shop.example", "https://pay.shop.example"), ("", "https://api.example")],
)
def test_the_payer_comes_back_to_this_api(edge: Edge, public_base_url: str, base: str) -> None:
    edge.use(edge.ports, replace(SETTINGS, public_base_url=public_base_url))
    payment = edge.pay().json
    (order,) = edge.world.ledger()["orders"]
    assert json.dumps(order).count(f"{base}/v1/checkouts/{payment['payment_id']}/return?rt=rt_") == 1
