"""Refunds: idempotency keys, limits, outcomes."""

from __future__ import annotations

from typing import Any

import pytest

from gateway_simulators.razorpay.settings import Settings
from simulator_tests.razorpay.harness import HOOK, MANUAL, Harness, description

KEY = "rfd_00000000000000000000000001"


def test_a_refund_waits_and_is_processed_by_itself(sim: Harness) -> None:
    payment = sim.paid()
    refund = sim.refund(payment, amount=10000, receipt="rfd_1", notes={"refund_id": "rfd_1"})
    assert (refund["status"], refund["receipt"], refund["acquirer_data"]) == ("pending", "rfd_1", {"arn": None})
    assert (refund["speed_requested"], refund["speed_processed"]) == ("normal", "normal")
    sim.wait(5)
    assert sim.get(f"/v1/refunds/{refund['id']}")["status"] == "processed"
    after = sim.get(f"/v1/payments/{payment['id']}")
    assert (after["status"], after["amount_refunded"], after["refund_status"]) == ("captured", 10000, "partial")


def test_without_an_amount_all_that_is_left_goes_back(sim: Harness) -> None:
    payment = sim.paid()
    sim.refund(payment, amount=10000)
    assert sim.refund(payment)["amount"] == 39900
    after = sim.get(f"/v1/payments/{payment['id']}")
    assert (after["status"], after["refund_status"], after["captured"]) == ("refunded", "full", True)
    assert sim.get(f"/v1/orders/{payment['order_id']}")["status"] == "paid"


def test_the_same_key_and_body_is_the_same_answer(sim: Harness) -> None:
    payment = sim.paid()
    first = sim.refund(payment, KEY, amount=10000)
    sim.wait(5)
    assert sim.refund(payment, KEY, amount=10000) == first
    assert len(sim.ledger()["refunds"]) == 1


@pytest.mark.parametrize("http_status", [409, 400])
def test_the_same_key_with_another_body_is_refused(http_status: int) -> None:
    sim = Harness(Settings(reused_key_status=http_status))
    payment, other = sim.paid(), sim.paid("att_2")
    sim.refund(payment, KEY, amount=10000)
    for answer in (sim.refund_call(payment, KEY, amount=20000), sim.refund_call(other, KEY, amount=10000)):
        assert answer.status_code == http_status
        assert description(answer).startswith("Different request with the same idempotency key")
    assert len(sim.ledger()["refunds"]) == 1


def test_a_refused_refund_leaves_its_key_free(sim: Harness) -> None:
    payment = sim.paid()
    assert sim.refund_call(payment, KEY, amount=1).status_code == 400
    assert sim.refund_call(payment, KEY, amount=100).status_code == 200


def test_without_a_key_every_call_is_a_refund(sim: Harness) -> None:
    payment = sim.paid()
    assert sim.refund(payment, amount=100)["id"] != sim.refund(payment, amount=100)["id"]


@pytest.mark.parametrize("key", ["short", "with a space in it", "ümlaut-in-the-key"])
def test_a_key_has_a_shape(sim: Harness, key: str) -> None:
    headers = {b"X-Refund-Idempotency": key.encode()}
    answer = sim.http.post(f"/v1/payments/{sim.paid()['id']}/refund", json={"amount": 100}, headers=headers)
    assert answer.status_code == 400


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"amount": 49901}, "The refund amount provided is greater than amount captured"),
    ({"amount": 40000}, "The total refund amount is greater than the refund payment amount"),
    ({"amount": 99}, "The amount must be at least INR 1.00"),
    ({"amount": "100"}, "The amount must be an integer."),
    ({"amount": 100, "speed": "fast"}, "The selected speed is invalid."),
    ({"amount": 100, "refund_id": "x"}, "refund_id is/are not required and should not be sent"),
    ({"amount": 100, "currency": "INR", "why": 1}, "currency, why is/are not required and should not be sent"),
]


@pytest.mark.parametrize(("body", "text"), REFUSED, ids=[text for _, text in REFUSED])
def test_what_is_wrong_with_a_refund_is_reported(sim: Harness, body: dict[str, Any], text: str) -> None:
    payment = sim.paid()
    sim.refund(payment, amount=10000)
    answer = sim.refund_call(payment, **body)
    assert (answer.status_code, description(answer)) == (400, text)
    assert len(sim.ledger()["refunds"]) == 1


def test_what_is_wholly_refunded_has_nothing_left(sim: Harness) -> None:
    payment = sim.paid()
    sim.refund(payment)
    assert description(sim.refund_call(payment, amount=100)) == "The payment has been fully refunded already"


def test_only_captured_money_is_refunded(sim: Harness) -> None:
    assert sim.refund_call(sim.paid(**MANUAL), amount=100).status_code == 400
    order = sim.order("att_2")
    sim.act("decline", "att_2")
    assert sim.refund_call(sim.payments(order)[0], amount=100).status_code == 400


def test_a_refund_that_fails_may_be_made_anew(sim: Harness) -> None:
    payment = sim.paid()
    refund = sim.refund(payment)
    sim.http.post(f"/_sim/refunds/{refund['id']}", json={"act": "fail"}).raise_for_status()
    assert sim.get(f"/v1/refunds/{refund['id']}")["status"] == "failed"
    assert sim.get(f"/v1/payments/{payment['id']}")["amount_refunded"] == 0
    assert sim.refund(payment)["amount"] == 49900
    assert sim.http.post(f"/_sim/refunds/{refund['id']}", json={"act": "complete"}).status_code == 409


def test_a_refund_of_an_old_payment_fails(sim: Harness) -> None:
    payment = sim.paid()
    sim.wait(181 * 86400)
    refund = sim.refund(payment, amount=100)
    sim.wait(5)
    assert sim.get(f"/v1/refunds/{refund['id']}")["status"] == "failed"


@pytest.mark.parametrize(
    ("instrument", "speed"), [("success@razorpay", "instant"), ("5241810000000000@emi:3", "normal")]
)
def test_a_fast_refund_is_fast_where_the_method_can(sim: Harness, instrument: str, speed: str) -> None:
    order = sim.order(amount=300000)
    sim.choose(order, instrument)
    sim.choose(order, "otp:1234")
    refund = sim.refund(sim.payments(order)[0], amount=100, speed="optimum")
    sim.wait(5)
    assert sim.get(f"/v1/refunds/{refund['id']}")["speed_processed"] == speed


def test_refunds_are_listed_by_payment_and_in_all(sim: Harness) -> None:
    first, second = sim.paid(), sim.paid("att_2")
    ours, other = sim.refund(first, amount=100), sim.refund(second, amount=200)
    assert [one["id"] for one in sim.get(f"/v1/payments/{first['id']}/refunds")["items"]] == [ours["id"]]
    assert [one["id"] for one in sim.get("/v1/refunds")["items"]] == [other["id"], ours["id"]]
    assert sim.get(f"/v1/payments/{first['id']}/refunds/{ours['id']}") == ours


def test_a_refund_by_hand_carries_no_id_of_ours(sim: Harness) -> None:
    payment = sim.paid()
    made = sim.http.post("/_sim/dashboard_refunds", json={"order": "att_1", "amount": 500}).json()["refund"]
    refund = sim.get(f"/v1/refunds/{made}")
    assert (refund["payment_id"], refund["notes"], refund["receipt"]) == (payment["id"], [], None)
    assert sim.ledger()["refunds"][0]["made_by"] == "hand"
    sim.order("att_2")
    too_early = sim.http.post("/_sim/dashboard_refunds", json={"order": "att_2", "amount": 500})
    assert too_early.status_code == 409


def test_a_processed_refund_may_come_back_and_frees_its_amount(sim: Harness) -> None:
    payment = sim.paid()
    sim.refund(payment, amount=49900, notes={"refund_id": "rfd_1"})
    assert sim.http.post("/_sim/refunds/rfd_1", json={"act": "return"}).status_code == 409
    sim.wait(5)
    sim.receiver.got.clear()
    assert sim.http.post("/_sim/refunds/rfd_1", json={"act": "return"}).json()["state"] == "returned"
    sim.wait(0)
    (got,) = sim.receiver.got
    assert (got.event, got.entity("refund")["status"]) == ("refund.failed", "failed")
    assert (got.entity("payment")["status"], got.entity("payment")["amount_refunded"]) == ("captured", 0)
    assert sim.refund_call(payment, amount=49900).status_code == 200
    assert sim.http.post("/_sim/refunds/rfd_1", json={"act": "return"}).status_code == 409


def test_a_refund_under_way_is_in_the_payments_sum(sim: Harness) -> None:
    payment = sim.paid()
    sim.refund(payment, amount=100)
    assert sim.get(f"/v1/payments/{payment['id']}")["amount_refunded"] == 100


def test_a_lapsed_authorization_sends_a_refund_webhook_and_captured_nothing(sim: Harness) -> None:
    payment = sim.paid(**MANUAL)
    sim.receiver.got.clear()
    sim.wait(3600)
    sim.wait(5)
    assert sim.receiver.events == ["refund.created", "refund.processed"]
    reported = sim.receiver.got[0]
    assert (reported.entity("payment")["captured"], reported.entity("payment")["status"]) == (False, "refunded")
    assert reported.entity("refund")["receipt"] is None
    assert sim.get(f"/v1/payments/{payment['id']}/refunds")["count"] == 1
    assert sim.ledger()["refunds"] == []
    assert sim.ledger()["orders"][0]["refunded"] == 0
    refund = reported.entity("refund")["id"]
    assert sim.http.post(f"/_sim/refunds/{refund}", json={"act": "return"}).status_code == 409


def test_a_fee_that_the_payer_bears_is_in_the_payment_and_stays_with_razorpay() -> None:
    sim = Harness(Settings(webhook_url=HOOK, payer_bears_fee=True))
    order = sim.order(amount=50000, **MANUAL)
    sim.act("pay")
    authorized = sim.payments(order)[0]
    assert (authorized["status"], authorized["amount"], authorized["fee"], authorized["tax"]) == (
        "authorized",
        51180,
        1180,
        180,
    )
    assert sim.capture_call(authorized, 51180).status_code == 400
    assert sim.capture_call(authorized, 50000).status_code == 200
    assert sim.get(f"/v1/orders/{order['id']}")["amount_paid"] == 50000
    refusal = sim.refund_call(authorized, amount=50001)
    assert description(refusal) == "The refund amount provided is greater than amount captured"
    sim.refund(authorized)
    payment = sim.payments(order)[0]
    assert (payment["status"], payment["amount_refunded"], payment["refund_status"]) == ("refunded", 50000, "full")
