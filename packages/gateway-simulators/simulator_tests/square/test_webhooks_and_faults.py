"""Square's webhooks, faults of the connection, and a restart."""

from __future__ import annotations

import argparse
import hmac
import json
from base64 import b64encode
from pathlib import Path

import httpx
import pytest

from gateway_simulators.kit.clock import RunningClock
from gateway_simulators.kit.inprocess import InProcessTransport
from gateway_simulators.square.__main__ import build, options
from gateway_simulators.square.settings import Settings
from simulator_tests.square.harness import HOOK, PAYMENTS, Shop


def test_a_charge_is_reported_as_made_and_as_captured() -> None:
    shop = Shop()
    shop.charge()
    assert shop.events() == [("payment.created", "APPROVED"), ("payment.updated", "COMPLETED")]


def test_an_authorization_a_capture_and_a_refund_are_reported() -> None:
    shop = Shop()
    payment = shop.charge(autocomplete=False)
    shop.http.post(f"{PAYMENTS}/{payment['id']}/complete", json={})
    shop.refund(payment["id"])
    shop.wait(6)
    assert shop.events() == [
        ("payment.created", "APPROVED"),
        ("payment.updated", "COMPLETED"),
        ("refund.created", "PENDING"),
        ("refund.updated", "COMPLETED"),
        ("payment.updated", "COMPLETED"),
    ]


def test_a_decline_is_reported_too() -> None:
    shop = Shop()
    shop.charge_call(source="cnon:card-nonce-declined")
    assert shop.events() == [("payment.created", "FAILED")]


def test_the_proof_covers_address_and_body() -> None:
    shop = Shop()
    shop.charge()
    shop.app.pump()
    for headers, body in shop.got:
        digest = hmac.new(shop.settings.signature_key.encode(), HOOK.encode() + body, "sha256").digest()
        assert headers["x-square-hmacsha256-signature"] == b64encode(digest).decode()
    first, second = (json.loads(body) for _, body in shop.got)
    assert first["event_id"] != second["event_id"]
    assert first["data"]["id"] == second["data"]["id"]


def test_a_copy_has_the_id_of_its_first() -> None:
    shop = Shop()
    shop.fault("duplicate_webhook", "pay")
    shop.charge()
    assert [code for code, _ in shop.events()] == ["payment.created"] * 2 + ["payment.updated"] * 2
    ids = [json.loads(body)["event_id"] for _, body in shop.got]
    assert (ids[0] == ids[1], ids[2] == ids[3], len(set(ids))) == (True, True, 2)


def test_a_webhook_may_be_lost_or_late() -> None:
    shop = Shop()
    shop.fault("no_webhook", "pay")
    shop.charge()
    assert shop.events() == []
    shop.fault("late_webhook", "pay", seconds=30)
    shop.charge("att_2")
    assert shop.events() == []
    shop.wait(30)
    assert len(shop.events()) == 2
    assert shop.http.post("/_sim/webhooks", json={"order": "att_2", "copies": 3}).status_code == 200
    assert len(shop.events()) == 5


def test_a_webhook_may_come_before_the_answer() -> None:
    shop = Shop()
    shop.fault("webhook_first", "pay")
    shop.link()
    assert [code for code, _ in shop.events()] == ["payment.created", "payment.updated"]
    assert shop.ledger()["orders"][0]["state"] == "paid"
    payment = shop.charge("att_2")
    shop.fault("webhook_first", "refund")
    assert shop.refund(payment["id"])["status"] == "PENDING"
    assert ("refund.updated", "COMPLETED") in shop.events()


@pytest.mark.parametrize(("fault", "is_done"), [("lose_answer", True), ("refuse", False)])
def test_a_call_whose_answer_is_lost_has_acted(fault: str, is_done: bool) -> None:
    shop = Shop()
    shop.fault(fault, "pay")
    with pytest.raises(httpx.TransportError):
        shop.charge_call()
    assert len(shop.ledger()["captures"]) == is_done


@pytest.mark.parametrize(
    ("fault", "http_status", "is_done"),
    [("error_before", 500, False), ("error_after", 500, True), ("garbage", 200, True), ("unauthorized", 401, False)],
)
def test_a_call_answered_with_an_error_after_acting_has_acted(fault: str, http_status: int, is_done: bool) -> None:
    shop = Shop()
    shop.fault(fault, "pay")
    assert shop.charge_call().status_code == http_status
    assert len(shop.ledger()["captures"]) == is_done
    assert shop.charge()["status"] == "COMPLETED"
    assert len(shop.ledger()["captures"]) == 1


def test_calls_are_counted_by_our_ids() -> None:
    shop = Shop()
    link = shop.link()
    shop.order(link["order_id"])
    shop.act("pay")
    payment = shop.order(link["order_id"])["tenders"][0]["payment_id"]
    shop.payment(payment)
    shop.refund(payment)
    ledger = shop.ledger()
    assert ledger["orders"][0]["calls"] == {"pay": 1, "status": 3}
    assert ledger["refunds"][0]["calls"] == {"refund": 1}
    assert (ledger["refunds"][0]["id"], ledger["refunds"][0]["order"]) == ("rfd_1", "att_1")


def test_a_reset_forgets_all() -> None:
    shop = Shop()
    shop.charge()
    shop.http.post("/_sim/reset").raise_for_status()
    assert (shop.ledger()["orders"], shop.ledger()["captures"]) == ([], [])
    assert shop.charge()["status"] == "COMPLETED"


def test_a_refund_by_hand_has_no_id_of_ours() -> None:
    shop = Shop()
    shop.charge()
    shop.http.post("/_sim/dashboard_refunds", json={"order": "att_1", "amount": 100}).raise_for_status()
    (refund,) = shop.ledger()["refunds"]
    assert (refund["id"], refund["made_by"], refund["amount"]) == ("", "hand", 100)
    assert shop.http.post("/_sim/dashboard_refunds", json={"order": "att_1", "amount": 901}).status_code == 400


def test_all_records_are_kept_over_a_restart(tmp_path: Path) -> None:
    given: argparse.Namespace = options().parse_args(["--state", str(tmp_path / "square.state"), "--seed", "3"])
    headers = {"Authorization": f"Bearer {Settings().access_token}"}
    seen = []
    for number in range(2):
        app = build(given, RunningClock())
        with httpx.Client(transport=InProcessTransport(app), base_url="http://sim.test", headers=headers) as http:
            if number == 0:
                charge = {"source_id": "cnon:card-nonce-ok", "idempotency_key": "a", "reference_id": "a"}
                money = {"amount_money": {"amount": 1, "currency": "USD"}}
                http.post(PAYMENTS, json=charge | money).raise_for_status()
            seen.append(http.get("/_sim/ledger").json()["orders"])
    assert len(seen[0]) == 1
    assert seen[0] == seen[1]
