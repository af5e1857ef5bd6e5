"""PayPal's simulator after the payer acted: reviews, the honor period, lapses, refunds that come back, reversals."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway_simulators.paypal.settings import Settings
from simulator_tests.paypal.harness import DAY, HOUR, ORDERS, PAYMENTS, Harness, issue, usd


@pytest.fixture
def sim() -> Harness:
    return Harness()


def control(sim: Harness, path: str, **body: Any) -> dict[str, Any]:
    answer: dict[str, Any] = sim.http.post(f"/_sim/{path}", json=body).raise_for_status().json()
    return answer


def with_buyer(sim: Harness, buyer: str, intent: str = "AUTHORIZE") -> str:
    """Returns PayPal's id of the order."""
    ref = str(sim.create(intent=intent)["id"])
    page = sim.http.post("/checkoutnow", params={"token": ref}, data={"act": "pay", "instrument": buyer})
    assert page.status_code == 303
    return ref


def authorized_by(sim: Harness, buyer: str) -> dict[str, Any]:
    order = sim.post(f"{ORDERS}/{with_buyer(sim, buyer)}/authorize").raise_for_status().json()
    authorization: dict[str, Any] = order["purchase_units"][0]["payments"]["authorizations"][0]
    return authorization


def last_resource(sim: Harness) -> dict[str, Any]:
    sim.app.pump()
    resource: dict[str, Any] = json.loads(sim.got[-1][1])["resource"]
    return resource


def capture_all(sim: Harness, authorization: str, key: str = "") -> Any:
    return sim.post(f"{PAYMENTS}/authorizations/{authorization}/capture", {"final_capture": True}, key)


@pytest.mark.parametrize(
    ("act", "status", "state", "event"),
    [
        ("complete", "CREATED", "authorized", "PAYMENT.AUTHORIZATION.CREATED"),
        ("deny", "DENIED", "failed", "CHECKOUT.ORDER.APPROVED"),
    ],
)
def test_an_authorization_under_review_ends_in_its_own_time(
    sim: Harness, act: str, status: str, state: str, event: str
) -> None:
    authorization = authorized_by(sim, "reviewed-first@example.com")
    assert (authorization["status"], authorization["status_details"]) == ("PENDING", {"reason": "PENDING_REVIEW"})
    assert sim.ledger()["orders"][0]["state"] == "open"
    assert issue(capture_all(sim, authorization["id"])) == (422, "TRANSACTION_REFUSED")
    sim.wait(5 * DAY)
    assert control(sim, "pending/att_1", act=act) == {"order": "att_1", "state": state}
    assert sim.http.get(f"{PAYMENTS}/authorizations/{authorization['id']}").json()["status"] == status
    assert sim.events[-1] == event
    assert sim.http.post("/_sim/pending/att_1", json={"act": act}).status_code == 409


def test_after_the_honor_period_the_buyer_may_have_no_money(sim: Harness) -> None:
    authorization = authorized_by(sim, "spent@example.com")["id"]
    sim.wait(3 * DAY)
    assert issue(capture_all(sim, authorization, "k1")) == (422, "PAYER_CANNOT_PAY")
    assert sim.http.get(f"{PAYMENTS}/authorizations/{authorization}").json()["status"] == "CREATED"
    assert sim.ledger()["orders"][0]["state"] == "authorized"
    assert issue(capture_all(sim, authorization, "k1")) == (422, "PAYER_CANNOT_PAY")


def test_within_the_honor_period_a_capture_succeeds(sim: Harness) -> None:
    authorization = authorized_by(sim, "spent@example.com")["id"]
    sim.wait(3 * DAY - HOUR)
    assert capture_all(sim, authorization).status_code == 201


@pytest.mark.parametrize(("pays", "code"), [(True, 201), (False, 422)])
def test_whether_any_buyer_pays_after_the_honor_period_is_a_setting(pays: bool, code: int) -> None:
    sim = Harness(Settings(pays_after_honor_period=pays))
    authorization = sim.authorized()
    sim.wait(3 * DAY)
    assert capture_all(sim, authorization).status_code == code


def test_a_lapse_shows_in_the_times_of_an_authorization(sim: Harness) -> None:
    """After the 29th day it cannot be captured; after the 30th PayPal voids it."""
    authorization = sim.authorized()
    sim.wait(30 * DAY)
    shown = sim.http.get(f"{PAYMENTS}/authorizations/{authorization}").json()
    assert shown["status"] == "VOIDED"
    assert shown["update_time"] > shown["expiration_time"]


def test_an_authorization_may_be_voided_at_paypals_own_pages(sim: Harness) -> None:
    authorization = sim.authorized()
    sim.wait(DAY)
    assert control(sim, "dashboard_voids", order="att_1") == {"order": "att_1", "state": "cancelled"}
    shown = sim.http.get(f"{PAYMENTS}/authorizations/{authorization}").json()
    assert (shown["status"], shown["update_time"] < shown["expiration_time"]) == ("VOIDED", True)
    assert sim.events[-1] == "PAYMENT.AUTHORIZATION.VOIDED"
    for order, code in (("att_1", 409), ("att_9", 404)):
        assert sim.http.post("/_sim/dashboard_voids", json={"order": order}).status_code == code


def test_a_completed_refund_may_come_back(sim: Harness) -> None:
    capture = sim.captured(value="10.00")
    ref = sim.refund(capture, "4.00", custom_id="rfd_1").json()["id"]
    assert sim.http.post("/_sim/refunds/rfd_1", json={"act": "return"}).status_code == 409
    sim.wait(2)
    assert control(sim, "refunds/rfd_1", act="return") == {"refund": "rfd_1", "state": "returned"}
    assert sim.http.get(f"{PAYMENTS}/refunds/{ref}").json()["status"] == "FAILED"
    assert sim.http.get(f"{PAYMENTS}/captures/{capture}").json()["status"] == "COMPLETED"
    assert sim.events[-1] == "PAYMENT.REFUND.FAILED"
    assert last_resource(sim)["custom_id"] == "rfd_1"
    assert sim.refund(capture, "10.00").status_code == 201


def test_a_reversal_is_a_refund_that_no_one_requested(sim: Harness) -> None:
    capture = sim.captured(value="10.00")
    sim.refund(capture, "4.00", custom_id="rfd_1")
    ref = control(sim, "reversals", order="att_1", amount=500)["reversal"]
    assert sim.events[-1] == "PAYMENT.CAPTURE.REVERSED"
    reported = last_resource(sim)
    assert (reported["id"], reported["status"], reported["amount"], reported["note_to_payer"]) == (
        ref, "COMPLETED", usd("5.00"), "Payment reversed",
    )  # fmt: skip
    assert next(link["href"] for link in reported["links"] if link["rel"] == "up").endswith(f"/captures/{capture}")
    assert "custom_id" not in reported
    assert json.loads(sim.got[-1][1])["resource_type"] == "refund"
    assert issue(sim.refund(capture, "1.01")) == (422, "REFUND_AMOUNT_EXCEEDED")
    reversals = [refund for refund in sim.ledger()["refunds"] if refund["made_by"] == "reversal"]
    assert [(one["order"], one["amount"], one["state"]) for one in reversals] == [("att_1", 500, "completed")]


def test_a_reversal_is_at_most_what_is_left(sim: Harness) -> None:
    sim.approved("att_0")
    sim.captured(value="10.00")
    for order, amount, response in (("att_1", 1001, "1000 left"), ("att_0", 1, "0 left")):
        answer = sim.http.post("/_sim/reversals", json={"order": order, "amount": amount})
        assert (answer.status_code, response in answer.json()["error"]) == (409, True)


def test_a_reversal_does_not_come_back(sim: Harness) -> None:
    sim.captured()
    ref = control(sim, "reversals", order="att_1", amount=500)["reversal"]
    assert sim.http.post(f"/_sim/refunds/{ref}", json={"act": "return"}).status_code == 409


def test_the_ledger_says_who_refunded(sim: Harness) -> None:
    capture = sim.captured()
    sim.refund(capture, "1.00", custom_id="rfd_1")
    control(sim, "dashboard_refunds", order="att_1", amount=100)
    assert [refund["made_by"] for refund in sim.ledger()["refunds"]] == ["api", "hand"]
