"""Events: which are sent, in which order, with which signature, and how long they are stored."""

from __future__ import annotations

import json

import pytest
import stripe

from gateway_simulators.stripe.settings import EVERY_EVENT, Settings
from simulator_tests.stripe.harness import HOOK, Harness

DAY = 86400


@pytest.fixture
def all_events() -> Harness:
    return Harness(Settings(webhook_url=HOOK, enabled_events=EVERY_EVENT, webhook_secrets=("whsec_new", "whsec_old")))


def test_a_charge_is_reported_in_stripes_order(all_events: Harness) -> None:
    all_events.charge()
    assert all_events.events == ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]


def test_an_authorization_is_reported_in_stripes_order(all_events: Harness) -> None:
    intent = all_events.authorize()
    all_events.post(f"payment_intents/{intent['id']}/capture")
    assert all_events.events == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.amount_capturable_updated",
        "charge.captured",
        "payment_intent.succeeded",
    ]


def test_a_decline_is_reported_in_stripes_order(all_events: Harness) -> None:
    all_events.charge_call("pm_card_visa_chargeDeclined")
    assert all_events.events == ["payment_intent.created", "charge.failed", "payment_intent.payment_failed"]


def test_an_authorization_that_runs_out_is_reported(all_events: Harness) -> None:
    all_events.authorize()
    all_events.wait(7 * DAY)
    assert all_events.events[-2:] == ["charge.expired", "payment_intent.canceled"]


def test_a_session_is_reported_beside_its_intent(all_events: Harness) -> None:
    all_events.open()
    all_events.act("pay")
    assert all_events.events[-2:] == ["payment_intent.succeeded", "checkout.session.completed"]


def test_a_dispute_is_reported(all_events: Harness) -> None:
    all_events.charge("pm_card_createDispute")
    assert all_events.events[-2:] == ["charge.dispute.created", "charge.dispute.funds_withdrawn"]


def test_the_usual_endpoint_gets_one_event_for_each_happening(sim: Harness) -> None:
    sim.open()
    sim.act("pay")
    assert sim.events == ["payment_intent.succeeded"]


def test_during_a_rotation_there_is_a_proof_for_each_secret(all_events: Harness) -> None:
    all_events.charge()
    all_events.app.pump()
    headers, body = all_events.posted[0]
    assert headers["Stripe-Signature"].count("v1=") == 2
    for secret in ("whsec_new", "whsec_old"):
        stripe.WebhookSignature.verify_header(body.decode(), headers["Stripe-Signature"], secret, tolerance=None)


def test_a_webhook_is_what_the_api_shows(sim: Harness) -> None:
    intent = sim.charge()
    sim.app.pump()
    event = json.loads(sim.posted[0][1])
    assert event["data"]["object"] == intent
    assert event == sim.get(f"events/{event['id']}")


def test_an_event_is_stored_for_thirty_days(sim: Harness) -> None:
    sim.charge()
    kinds = {"type": "payment_intent.succeeded"}
    assert len(sim.get("events", **kinds)["data"]) == 1
    sim.wait(30 * DAY + 1)
    assert sim.get("events", **kinds)["data"] == []


@pytest.mark.parametrize(("fault", "copies"), [("no_webhook", 0), ("duplicate_webhook", 2), ("late_webhook", 0)])
def test_a_webhook_goes_missing_comes_twice_or_late(sim: Harness, fault: str, copies: int) -> None:
    sim.fault(fault, "pay")
    sim.charge()
    assert len(sim.events) == copies
    assert len({body for _, body in sim.posted}) == min(copies, 1)  # A copy is the same event.
    sim.wait(60)
    assert len(sim.events) == (1 if fault == "late_webhook" else copies)


def test_a_late_webhook_is_signed_when_it_is_sent(sim: Harness) -> None:
    sim.fault("late_webhook", "pay", seconds=600)
    sim.charge()
    sim.wait(600)
    assert sim.posted[0][0]["Stripe-Signature"].startswith(f"t={int(sim.clock.now())},")


def test_a_webhook_may_overtake_the_answer(sim: Harness) -> None:
    sim.fault("webhook_first", "pay")
    session = sim.open()
    assert [json.loads(body)["type"] for _, body in sim.posted] == ["payment_intent.succeeded"]
    assert session["status"] == "open"
    assert sim.session(session)["status"] == "complete"


def test_a_webhook_is_sent_again_as_the_same_event(sim: Harness) -> None:
    sim.charge()
    sim.control("webhooks", order="att_1", copies=2).raise_for_status()
    ids = [json.loads(body)["id"] for _, body in sim.posted]
    assert (len(ids), len(set(ids))) == (3, 1)
    assert sim.control("webhooks", order="att_0").status_code == 404
