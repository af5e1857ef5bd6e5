from __future__ import annotations

from typing import Any

import pytest

from tests.api.driver import Edge, Reply


def refund(edge: Edge, body: Any = None, key: str = "refund-1", payment_id: str = "") -> Reply:
    payment_id = payment_id or edge.paid()["payment_id"]
    return edge.call("POST", f"/v1/payments/{payment_id}/refunds", body, key=key, sub="finance")


@pytest.mark.parametrize("body", [{}, {"amount": 49900}, {"amount": 49900, "currency": "INR"}])
def test_a_payment_is_refunded_in_full(edge: Edge, body: Any) -> None:
    response = refund(edge, body)
    assert (response.status, response.json["amount"], response.json["currency"]) == (201, 49900, "INR")
    assert response.json["status"] in ("pending", "processing", "completed")
    assert edge.call("GET", f"/v1/refunds/{response.json['refund_id']}").json["refund_id"] == response.json["refund_id"]


def test_a_refund_names_its_order_the_gateways_id_and_when_it_was_completed(edge: Edge) -> None:
    response = refund(edge, {"amount": 10000}).json
    assert response["merchant_order_id"] == "ORDER-1"
    edge.world.advance(61)
    edge.world.sweep()
    done = edge.call("GET", f"/v1/refunds/{response['refund_id']}", sub="finance").json
    there = next(each for each in edge.world.sim.model.ledger_refunds() if each.id == response["refund_id"])
    assert (done["status"], done["gateway_refund_id"]) == ("completed", there.ref)
    assert done["completed_at"] >= done["created_at"]


def test_a_part_is_refunded_with_a_reason(edge: Edge) -> None:
    response = refund(edge, {"amount": 10000, "reason_code": "damaged", "reason_text": "आधा टूटा"})
    assert (response.json["reason_code"], response.json["reason_text"]) == ("damaged", "आधा टूटा")
    payment_id = response.json["payment_id"]
    listed = edge.call("GET", f"/v1/payments/{payment_id}/refunds", sub="finance").json
    assert [each["refund_id"] for each in listed["data"]] == [response.json["refund_id"]]


def test_the_same_refund_requested_twice_is_one_refund(edge: Edge) -> None:
    payment_id = edge.paid()["payment_id"]
    first = refund(edge, {"amount": 10000}, payment_id=payment_id)
    assert refund(edge, {"amount": 10000, "reason_code": "other"}, payment_id=payment_id).text == first.text


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"amount": 49901}, 422, "refund_exceeds_payment"),
        ({"amount": 49899}, 422, "refund_below_minimum"),
        ({"amount": 100, "currency": "USD"}, 422, "refund_currency_mismatch"),
        ({"currency": "USD"}, 422, "refund_currency_mismatch"),
        ({"amount": 100, "currency": "inr"}, 400, "invalid_request"),
        ({"amount": 0}, 400, "invalid_amount"),
        ({"amount": None}, 400, "invalid_amount"),
        ({"reason_text": "x" * 251}, 400, "invalid_request"),
        ({"refund_id": "rfd_1"}, 400, "invalid_request"),
        ({"reason_text": "4111 1111 1111 1111"}, 422, "raw_card_data_rejected"),
    ],
)
def test_a_refund_that_cannot_be_is_refused(edge: Edge, body: dict[str, Any], status: int, code: str) -> None:
    response = refund(edge, body)
    assert (response.status, response.code) == (status, code)
    assert edge.world.ledger()["refunds"] == []


def test_an_unpaid_payment_is_not_refunded(edge: Edge) -> None:
    response = refund(edge, {}, payment_id=edge.pay().json["payment_id"])
    assert (response.status, response.code) == (409, "invalid_state")
