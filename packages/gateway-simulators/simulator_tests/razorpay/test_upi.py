"""UPI without Checkout: payments that the merchant's server creates, and QR codes."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from gateway_simulators.razorpay.settings import Settings
from simulator_tests.razorpay.harness import HOOK, Harness, description

QR = {"type": "upi_qr", "usage": "single_use", "fixed_amount": True, "payment_amount": 30050}


def begin(sim: Harness, order: dict[str, Any], **more: Any) -> httpx.Response:
    body = {"amount": 49900, "currency": "INR", "order_id": order["id"], "email": "a@example.com"}
    upi = {"contact": "+919812345678", "method": "upi", "upi": {"flow": "intent"}}
    return sim.http.post("/v1/payments/create/upi", json={**body, **upi, **more})


def qr_code(sim: Harness, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = sim.http.post("/v1/payments/qr_codes", json={**QR, **more}).raise_for_status().json()
    return made


def test_an_intent_is_a_payment_that_waits_for_its_payer(sim: Harness) -> None:
    order = sim.order()
    begun = begin(sim, order).json()
    (intent, poll) = begun["next"]
    assert (intent["action"], poll["action"]) == ("intent", "poll")
    assert intent["url"].startswith("upi://pay?pa=")
    assert "&am=499.00&cu=INR" in intent["url"]
    payment = sim.get(poll["url"])
    assert (payment["id"], payment["status"], payment["upi"]["flow"]) == (
        begun["razorpay_payment_id"], "created", "intent",
    )  # fmt: skip
    assert (payment["email"], payment["contact"]) == ("a@example.com", "+919812345678")
    sim.act("pay")
    assert [one["status"] for one in sim.payments(order)] == ["captured"]


REFUSED = [
    ({"amount": 100}, "Your payment amount is different from your order amount."),
    ({"email": None}, "The email field is required."),
    ({"contact": ""}, "The contact field is required."),
    ({"upi": {"flow": "collect", "vpa": "success@razorpay"}}, "UPI collect is not enabled for this account"),
    ({"upi": None}, "UPI collect is not enabled for this account"),
    ({"card": {}}, "card is/are not required and should not be sent"),
]


@pytest.mark.parametrize(("fields", "text"), REFUSED, ids=[text for _, text in REFUSED])
def test_what_is_wrong_with_an_intent_is_reported(sim: Harness, fields: dict[str, Any], text: str) -> None:
    order = sim.order()
    answer = begin(sim, order, **fields)
    assert (answer.status_code, description(answer)) == (400, text)
    assert sim.payments(order) == []


def test_a_paid_order_takes_no_intent(sim: Harness) -> None:
    order = sim.order()
    sim.act("pay")
    assert begin(sim, order).json()["error"]["reason"] == "order_already_paid"


def test_an_account_without_the_right_hears_that_there_is_no_such_address() -> None:
    sim = Harness(Settings(serves_s2s=False))
    answer = begin(sim, sim.order())
    assert (answer.status_code, description(answer)) == (400, "The requested URL was not found on the server.")


def test_a_qr_code_takes_one_payment_and_closes(sim: Harness) -> None:
    code = qr_code(sim, notes={"attempt_id": "att_1"}, name="Shop")
    assert (code["status"], code["closed_at"], code["notes"]) == ("active", None, {"attempt_id": "att_1"})
    sim.act("pay")
    after = sim.get(f"/v1/payments/qr_codes/{code['id']}")
    assert (after["status"], after["close_reason"], after["payments_amount_received"]) == ("closed", "paid", 30050)
    (payment,) = sim.get(f"/v1/payments/qr_codes/{code['id']}/payments")["items"]
    assert (payment["status"], payment["order_id"], payment["upi"]["flow"]) == ("captured", None, "qr")
    assert sim.receiver.events == ["payment.authorized", "payment.captured", "qr_code.credited"]
    credited = sim.receiver.got[2].entity("qr_code")
    assert (credited["id"], credited["status"]) == (code["id"], "closed")
    assert sim.act("pay").status_code == 409
    assert sim.ledger()["orders"][0]["id"] == "att_1"


@pytest.mark.parametrize(("requested_s", "given_s"), [(None, 7200), (1, 120), (600, 600), (99999, 7200)])
def test_a_qr_code_closes_in_time_without_a_webhook(requested_s: int | None, given_s: int) -> None:
    sim = Harness(Settings(webhook_url=HOOK))
    now = int(sim.clock.now())
    code = qr_code(sim, **({"close_by": now + requested_s} if requested_s else {}))
    assert code["close_by"] == now + given_s
    sim.wait(given_s)
    after = sim.get(f"/v1/payments/qr_codes/{code['id']}")
    assert (after["status"], after["close_reason"]) == ("closed", "expired")
    assert sim.receiver.events == []
    assert sim.act("pay", code["id"]).status_code == 409
    assert sim.ledger()["orders"][0]["state"] == "expired"


def test_a_qr_code_is_closed_by_hand_once(sim: Harness) -> None:
    code = qr_code(sim)
    close = f"/v1/payments/qr_codes/{code['id']}/close"
    assert sim.http.post(close).json()["close_reason"] == "on_demand"
    sim.app.pump()
    assert sim.receiver.events == ["qr_code.closed"]
    assert sim.http.post(close).status_code == 400


@pytest.mark.parametrize(
    "fields",
    [{"usage": "multiple_use"}, {"type": "bharat_qr"}, {"fixed_amount": False}, {"payment_amount": 99}, {"x": 1}],
)
def test_another_kind_of_qr_code_is_refused(sim: Harness, fields: dict[str, Any]) -> None:
    assert sim.http.post("/v1/payments/qr_codes", json={**QR, **fields}).status_code == 400


def test_qr_codes_are_listed_apart_from_orders(sim: Harness) -> None:
    order, code = sim.order(), qr_code(sim)
    assert [one["id"] for one in sim.get("/v1/orders")["items"]] == [order["id"]]
    assert [one["id"] for one in sim.get("/v1/payments/qr_codes")["items"]] == [code["id"]]
    assert sim.http.get(f"/v1/payments/qr_codes/{order['id']}").status_code == 400
