"""Refunds that succeed at once, that succeed later, and that fail after they had succeeded."""

from __future__ import annotations

from typing import Any

import pytest

from gateway_simulators.stripe.settings import Settings
from simulator_tests.stripe.harness import HOOK, Harness

DAY = 86400.0


def refund(sim: Harness, intent: str, **more: Any) -> dict[str, Any]:
    more["metadata[refund_id]"] = "rfd_1"
    return sim.post("refunds", payment_intent=intent, **more)


def test_a_cards_refund_succeeds_at_once(sim: Harness) -> None:
    intent = sim.charge()["id"]
    assert refund(sim, intent, amount=10000)["status"] == "succeeded"
    assert refund(sim, intent)["amount"] == 39900
    error = sim.refused("refunds", payment_intent=intent)
    assert (error["http"], error["code"]) == (400, "charge_already_refunded")
    charge = sim.get("charges")["data"][0]
    assert (charge["amount_refunded"], charge["refunded"]) == (49900, True)


def test_more_than_is_left_is_refused_without_a_code(sim: Harness) -> None:
    intent = sim.charge()["id"]
    refund(sim, intent, amount=40000)
    error = sim.refused("refunds", payment_intent=intent, amount=9901)
    assert ("code" in error, error["param"]) == (False, "amount")
    assert error["message"].startswith("Refund amount ($99.01) is greater than unrefunded amount on charge ($99.00)")


@pytest.mark.parametrize("way", ["held", "declined", "let go"])
def test_what_was_not_captured_cannot_be_refunded(sim: Harness, way: str) -> None:
    if way == "declined":
        intent = sim.charge_call("pm_card_visa_chargeDeclined").json()["error"]["payment_intent"]["id"]
    else:
        intent = sim.authorize()["id"]
    if way == "let go":
        sim.post(f"payment_intents/{intent}/cancel")
    assert "does not have a successful charge" in sim.refused("refunds", payment_intent=intent)["message"]


@pytest.mark.parametrize("reason", ["customer_request", "late_success", ""])
def test_a_reason_outside_the_closed_set_is_refused(sim: Harness, reason: str) -> None:
    assert sim.refused("refunds", payment_intent=sim.charge()["id"], reason=reason)["param"] == "reason"


def test_a_refund_names_a_payment_or_a_charge(sim: Harness) -> None:
    intent = sim.charge()
    assert sim.refused("refunds")["http"] == 400
    assert sim.refused("refunds", payment_intent=intent["id"], charge=intent["latest_charge"])["http"] == 400
    assert sim.post("refunds", charge=intent["latest_charge"])["payment_intent"] == intent["id"]
    assert sim.refused("refunds", charge="ch_nobody")["code"] == "resource_missing"
    assert sim.refused("refunds", payment_intent="pi_nobody")["http"] == 404


def test_some_refunds_are_pending_first(sim: Harness) -> None:
    made = refund(sim, sim.charge("pm_card_pendingRefund")["id"])
    assert made["status"] == "pending"
    sim.wait(5)
    assert sim.get(f"refunds/{made['id']}")["status"] == "succeeded"


def test_some_refunds_fail_after_they_succeeded(sim: Harness) -> None:
    intent = sim.charge("pm_card_refundFail")["id"]
    made = refund(sim, intent)
    assert made["status"] == "succeeded"
    sim.wait(2 * DAY)
    assert sim.get(f"refunds/{made['id']}")["status"] == "succeeded"
    sim.wait(DAY)
    after = sim.get(f"refunds/{made['id']}")
    assert (after["status"], after["failure_reason"]) == ("failed", "expired_or_canceled_card")
    assert sim.events[-2:] == ["refund.failed", "refund.updated"]
    assert refund(sim, intent)["status"] == "succeeded"  # The balance covers it again.


def test_a_refund_is_ended_at_the_controls(sim: Harness) -> None:
    slow = Harness(Settings(webhook_url=HOOK, refund_seconds=3600))
    intent = slow.charge()["id"]
    by_hand = slow.control("dashboard_refunds", order="att_1", amount=100).json()["refund"]
    assert slow.control(f"refunds/{by_hand}", act="return").status_code == 409
    assert slow.control(f"refunds/{by_hand}", act="fail").json()["state"] == "failed"
    refund(slow, intent)
    assert slow.control("refunds/rfd_1", act="complete").json()["state"] == "completed"
    assert slow.control("refunds/rfd_1", act="complete").status_code == 409
    assert slow.control("refunds/rfd_1", act="fail").status_code == 409
    assert slow.control("refunds/rfd_1", act="return").json()["state"] == "returned"
    assert slow.control("refunds/rfd_1", act="return").status_code == 409
    assert slow.control("refunds/rfd_0", act="fail").status_code == 404


def test_a_disputed_payment_is_not_refunded(sim: Harness) -> None:
    sim.charge("pm_card_createDispute")
    error = sim.refused("refunds", payment_intent=sim.get("payment_intents")["data"][0]["id"])
    assert error["code"] == "charge_disputed"
    inquired = sim.charge("pm_card_createDisputeInquiry")
    assert refund(sim, inquired["id"])["status"] == "succeeded"


def test_a_refund_by_hand_has_no_id_of_ours(sim: Harness) -> None:
    sim.charge()
    made = sim.control("dashboard_refunds", order="att_1", amount=100).json()["refund"]
    assert sim.get(f"refunds/{made}")["metadata"] == {}
    assert sim.ledger()["refunds"][0]["made_by"] == "hand"


def test_refunds_are_listed_by_payment(sim: Harness) -> None:
    intent = sim.charge()
    made = refund(sim, intent["id"], amount=100)
    refund(sim, sim.charge(**{"metadata[attempt_id]": "att_2"})["id"])
    by_intent = sim.get("refunds", payment_intent=intent["id"])["data"]
    assert by_intent == sim.get("refunds", charge=intent["latest_charge"])["data"] == [made]


def test_a_wrong_amount_goes_back_where_that_was_armed(sim: Harness) -> None:
    sim.fault("wrong_amount", "refund")
    made = refund(sim, sim.charge()["id"], amount=10000)
    assert made["amount"] == 9900
    sim.fault("wrong_amount", "refund_status")
    assert sim.get(f"refunds/{made['id']}")["amount"] != made["amount"]
    assert sim.get(f"refunds/{made['id']}")["amount"] == made["amount"]
