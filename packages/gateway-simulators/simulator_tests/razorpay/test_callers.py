"""Which credentials are accepted, and faults of the connection."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable

import httpx
import pytest

from gateway_simulators.razorpay.settings import Settings
from simulator_tests.razorpay.harness import Harness

GOOD = b64encode(b"rzp_test_PavatiSim00001:sim-key-secret").decode()
STRANGERS = {
    "nobody": "",
    "lower case": f"basic {GOOD}",
    "upper case": f"BASIC {GOOD}",
    "a bearer": f"Bearer {GOOD}",
    "a wrong secret": "Basic " + b64encode(b"rzp_test_PavatiSim00001:wrong").decode(),
    "a live key": "Basic " + b64encode(b"rzp_live_PavatiSim00001:sim-key-secret").decode(),
    "a space": "Basic " + b64encode(b"rzp_test_PavatiSim00001:sim-key-secret ").decode(),
}


@pytest.mark.parametrize("authorization", STRANGERS.values(), ids=STRANGERS)
def test_a_call_without_credentials_changes_nothing(sim: Harness, authorization: str) -> None:
    body = {"amount": 49900, "currency": "INR"}
    answer = sim.browser.post("/v1/orders", json=body, headers={"Authorization": authorization})
    assert answer.status_code == 401
    assert answer.json() == {"error": {"code": "BAD_REQUEST_ERROR", "description": "Authentication failed"}}
    assert sim.ledger()["orders"] == []


@pytest.mark.parametrize(("secret", "http_status"), [("", 200), ("sim-key-secret", 200), ("wrong", 401)])
def test_the_methods_are_reported_for_the_key_alone(sim: Harness, secret: str, http_status: int) -> None:
    answer = sim.browser.get("/v1/methods", auth=(Settings().key_id, secret))
    assert answer.status_code == http_status
    assert ("emi_plans" in answer.json()) is (http_status == 200)


def test_no_other_call_is_served_for_the_key_alone(sim: Harness) -> None:
    assert sim.browser.get("/v1/orders", auth=(Settings().key_id, "")).status_code == 401


@pytest.mark.parametrize("body", [b"[]", b"{", b"amount=1", b'"x"'])
def test_a_body_that_is_no_object_is_refused(sim: Harness, body: bytes) -> None:
    assert sim.http.post("/v1/orders", content=body).status_code == 400


@pytest.mark.parametrize(("fault", "made"), [("lose_answer", 1), ("refuse", 0)])
def test_a_call_may_go_unanswered(sim: Harness, fault: str, made: int) -> None:
    sim.fault(fault, "pay")
    with pytest.raises(httpx.TransportError):
        sim.order_call()
    assert len(sim.ledger()["orders"]) == made


@pytest.mark.parametrize(
    ("fault", "http_status", "made"),
    [
        ("error_before", 500, 0),
        ("error_after", 500, 1),
        ("unauthorized", 401, 0),
        ("garbage", 200, 1),
        ("slow", 200, 1),
    ],
)
def test_an_answer_may_be_spoilt(sim: Harness, fault: str, http_status: int, made: int) -> None:
    sim.fault(fault, "pay")
    assert sim.order_call().status_code == http_status
    assert len(sim.ledger()["orders"]) == made
    assert sim.slept == ([8.0] if fault == "slow" else [])
    assert sim.order_call().status_code == 200


@pytest.mark.parametrize("op", ["pay", "status", "refund", "refund_status"])
def test_a_wrong_amount_is_seen_where_it_was_armed(sim: Harness, op: str) -> None:
    if op == "pay":
        sim.fault("wrong_amount", op)
        assert (sim.order()["amount"], sim.order("att_2")["amount"]) == (49800, 49900)
        return
    payment = sim.paid()
    refund = sim.refund(payment, amount=1000) if op == "refund_status" else {}
    sim.fault("wrong_amount", op)
    seen: Callable[[], int] = {
        "status": lambda: sim.get(f"/v1/payments/{payment['id']}")["amount"] - 49900,
        "refund": lambda: sim.get(f"/v1/refunds/{sim.refund(payment, amount=1000)['id']}")["amount"] - 1000,
        "refund_status": lambda: sim.get(f"/v1/refunds/{refund.get('id')}")["amount"] - 1000,
    }[op]
    assert (seen(), seen()) == (-100, 0)


def test_what_happened_is_counted_by_op_and_by_our_id(sim: Harness) -> None:
    payment = sim.paid(payment_capture=0)
    sim.capture_call(payment)
    refund = sim.refund(payment, amount=500, notes={"refund_id": "rfd_1"})
    sim.get(f"/v1/refunds/{refund['id']}")
    ledger = sim.ledger()
    assert ledger["orders"][0]["calls"] == {"pay": 1, "status": 1, "capture": 1}
    assert ledger["refunds"][0]["calls"] == {"refund": 1, "refund_status": 1}


def test_a_reset_forgets_all(sim: Harness) -> None:
    sim.refund(sim.paid(), "a-key-of-mine", amount=500)
    sim.http.post("/_sim/reset").raise_for_status()
    ledger = sim.ledger()
    assert [ledger[name] for name in ("orders", "captures", "refunds", "webhooks")] == [[], [], [], []]
    assert sim.refund(sim.paid(), "a-key-of-mine", amount=700)["amount"] == 700
