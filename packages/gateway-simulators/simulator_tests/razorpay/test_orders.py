"""Orders and their payments, by Razorpay's rules."""

from __future__ import annotations

import re
from typing import Any

import pytest

from gateway_simulators.razorpay.settings import Settings
from simulator_tests.razorpay.harness import HOOK, MANUAL, Harness, description


def test_a_new_order_has_all_fields_and_razorpays_shape_of_ids(sim: Harness) -> None:
    order = sim.order()
    assert re.fullmatch(r"order_[A-Za-z0-9]{14}", order.pop("id"))
    assert order == {
        "entity": "order", "amount": 49900, "amount_paid": 0, "amount_due": 49900, "currency": "INR",
        "receipt": "att_1", "offer_id": None, "status": "created", "attempts": 0, "notes": [],
        "created_at": int(sim.clock.now()),
    }  # fmt: skip


def options(**response: Any) -> dict[str, Any]:
    return {"payment": {"capture": "automatic", "capture_options": {"refund_speed": "normal"} | response}}


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"amount": None}, "The amount field is required."),
    ({"amount": "49900"}, "The amount must be an integer."),
    ({"amount": 499.5}, "The amount must be an integer."),
    ({"amount": True}, "The amount must be an integer."),
    ({"amount": 99}, "The amount must be at least INR 1.00"),
    ({"currency": None}, "The currency field is required."),
    ({"currency": "rupee"}, "The currency field is required."),
    ({"currency": "KWD", "amount": 1001}, "The last digit of a three-decimal amount must be 0."),
    ({"receipt": "r" * 41}, "The receipt may not be greater than 40 characters."),
    ({"notes": {f"n{n}": "" for n in range(16)}}, "notes must be an object of at most 15 pairs"),
    ({"notes": {"n": "x" * 257}}, "A note may not be greater than 256 characters"),
    ({"attempt": "att_1"}, "attempt is/are not required and should not be sent"),
    ({"payment": {"capture": "later"}}, "payment.capture must be automatic or manual"),
    (options(), "The expiry periods must be 12 to 7200 minutes"),
    (options(automatic_expiry_period=11), "The expiry periods must be 12 to 7200 minutes"),
    (options(automatic_expiry_period=12, manual_expiry_period=7201), "The expiry periods must be 12 to 7200 minutes"),
    (
        options(automatic_expiry_period=60, manual_expiry_period=30),
        "manual_expiry_period must not be before automatic_expiry_period",
    ),
    (options(automatic_expiry_period=12, refund_speed=None), "The refund speed field is required."),
]


@pytest.mark.parametrize(("fields", "text"), REFUSED, ids=[text for _, text in REFUSED])
def test_what_is_wrong_with_an_order_is_reported(sim: Harness, fields: dict[str, Any], text: str) -> None:
    answer = sim.http.post("/v1/orders", json={"amount": 49900, "currency": "INR"} | fields)
    assert (answer.status_code, description(answer)) == (400, text)
    error = answer.json()["error"]
    assert (error["code"], error["source"], error["metadata"]) == ("BAD_REQUEST_ERROR", "business", {})
    assert sim.ledger()["orders"] == []


def test_a_receipt_is_not_unique(sim: Harness) -> None:
    first, second = sim.order(), sim.order()
    assert first["id"] != second["id"]
    assert [order["id"] for order in sim.get("/v1/orders?receipt=att_1")["items"]] == [second["id"], first["id"]]
    assert sim.get("/v1/orders?receipt=att_2") == {"entity": "collection", "count": 0, "items": []}


def test_notes_come_back_unchanged(sim: Harness) -> None:
    assert sim.order(notes={"payment_id": "pay_1"})["notes"] == {"payment_id": "pay_1"}


def test_collections_are_cut_by_count_and_skip(sim: Harness) -> None:
    ids = [sim.order(f"att_{n}")["id"] for n in range(25)][::-1]
    pages = [sim.get(f"/v1/orders{query}")["items"] for query in ("", "?count=20", "?count=20&skip=20")]
    assert [[order["id"] for order in page] for page in pages] == [ids[:10], ids[:20], ids[20:]]
    for query in ("count=101", "count=0", "count=x", "skip=-1", "from=1"):
        assert sim.http.get(f"/v1/orders?{query}").status_code == 400


def test_collections_are_cut_by_time(sim: Harness) -> None:
    sim.order("att_1")
    sim.wait(100)
    later = sim.order("att_2")
    assert [one["id"] for one in sim.get(f"/v1/orders?from={later['created_at']}")["items"]] == [later["id"]]
    assert sim.get(f"/v1/orders?to={later['created_at'] - 1}")["count"] == 1


def test_a_paid_order_has_captured_its_money_at_once(sim: Harness) -> None:
    payment = sim.paid()
    assert (payment["status"], payment["captured"], payment["fee"], payment["tax"]) == ("captured", True, 1178, 180)
    assert (payment["method"], payment["vpa"], payment["upi"]["flow"]) == ("upi", "success@razorpay", "collect")
    order = sim.get(f"/v1/orders/{payment['order_id']}")
    assert (order["status"], order["amount_paid"], order["amount_due"], order["attempts"]) == ("paid", 49900, 0, 1)
    assert sim.act("pay").status_code == 409


def test_a_failed_payment_leaves_the_order_to_be_paid(sim: Harness) -> None:
    order = sim.order()
    for act in ("decline", "fail_one_try", "pay"):
        sim.wait(1)
        sim.act(act).raise_for_status()
    assert [(one["status"], one["error_reason"]) for one in sim.payments(order)] == [
        ("captured", None), ("failed", "payment_failed"), ("failed", "payment_cancelled"),
    ]  # fmt: skip
    assert sim.get(f"/v1/orders/{order['id']}")["status"] == "paid"


@pytest.mark.parametrize(
    ("setting", "more", "status"),
    [
        (True, {}, "captured"),
        (False, {}, "authorized"),
        (False, {"payment_capture": 1}, "captured"),
        (True, {"payment_capture": False}, "authorized"),
        (False, options(automatic_expiry_period=12), "captured"),
        (True, MANUAL, "authorized"),
    ],
)
def test_the_order_says_when_money_is_captured_and_else_the_account(
    setting: bool, more: dict[str, Any], status: str
) -> None:
    sim = Harness(Settings(captures_by_default=setting))
    assert sim.paid(**more)["status"] == status


def test_an_authorized_order_takes_no_other_payment(sim: Harness) -> None:
    payment = sim.paid(**MANUAL)
    assert (payment["status"], payment["captured"], payment["fee"]) == ("authorized", False, None)
    assert sim.act("pay").status_code == 409


def test_only_the_whole_of_an_authorization_is_captured_and_only_once(sim: Harness) -> None:
    payment = sim.paid(**MANUAL)
    part = sim.capture_call(payment, 49800)
    assert (part.status_code, description(part)) == (400, "Capture amount must be equal to the amount authorized")
    assert sim.capture_call(payment).json()["status"] == "captured"
    again = sim.capture_call(payment)
    assert (again.status_code, description(again)) == (400, "This payment has already been captured")
    assert [capture["amount"] for capture in sim.ledger()["captures"]] == [49900]


def test_what_failed_cannot_be_captured(sim: Harness) -> None:
    order = sim.order()
    sim.act("decline")
    assert sim.capture_call(sim.payments(order)[0]).status_code == 400
    assert sim.ledger()["captures"] == []


def test_an_authorization_that_is_not_captured_is_released(sim: Harness) -> None:
    payment = sim.paid(**MANUAL)
    sim.wait(3601)
    after = sim.get(f"/v1/payments/{payment['id']}")
    assert (after["status"], after["captured"], after["amount_refunded"]) == ("refunded", False, 49900)
    assert sim.capture_call(payment).status_code == 400
    assert [order["state"] for order in sim.ledger()["orders"]] == ["expired"]


def test_a_late_authorization_is_captured_within_the_automatic_period_only() -> None:
    sim = Harness(Settings(webhook_url=HOOK, late_success_seconds=300))
    for receipt, minutes, status in (("att_1", 16, "captured"), ("att_2", 12, "authorized")):
        order = sim.order(receipt, **options(automatic_expiry_period=minutes, manual_expiry_period=60))
        sim.fault("late_success", "pay")
        sim.act("pay", receipt)
        sim.wait(600)
        assert sim.payments(order)[0]["status"] == "failed"
        sim.wait(300)
        assert sim.payments(order)[0]["status"] == status


def test_a_payment_of_the_last_second_is_reported_late(sim: Harness) -> None:
    order = sim.order()
    sim.fault("late_success", "pay")
    sim.wait(600)
    assert sim.payments(order) == []
    sim.wait(30)
    assert sim.payments(order)[0]["status"] == "captured"


def test_two_payments_of_one_order_may_both_be_captured(sim: Harness) -> None:
    order = sim.order()
    sim.fault("double_pay", "pay")
    sim.act("pay")
    sim.wait(2)
    assert [one["status"] for one in sim.payments(order)] == ["captured", "captured"]
    assert sim.ledger()["orders"][0]["captured"] == 2 * 49900


UNKNOWN = [
    ("/v1/orders/order_00000000000000", "The id provided does not exist"),
    ("/v1/payments/pay_00000000000000", "The id provided does not exist"),
    ("/v1/refunds/rfnd_00000000000000", "The id provided does not exist"),
    ("/v1/payments/qr_codes/qr_00000000000000", "The id provided does not exist"),
    ("/v1/orders/att_1", "att_1 is not a valid id"),
    ("/v1/payments/pay_1", "pay_1 is not a valid id"),
    ("/v1/invoices", "The requested URL was not found on the server."),
    ("/v1/payments/pay_1/void", "The requested URL was not found on the server."),
]


@pytest.mark.parametrize(("path", "text"), UNKNOWN)
def test_what_is_unknown_is_a_bad_request(sim: Harness, path: str, text: str) -> None:
    answer = sim.http.get(path)
    assert (answer.status_code, description(answer)) == (400, text)
