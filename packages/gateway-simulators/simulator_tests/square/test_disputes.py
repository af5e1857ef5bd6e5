"""Disputes, refunds that come back, bank transfers and several tenders."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from gateway_simulators.square.disputes import REASONS
from simulator_tests.square.harness import Shop, usd

DISPUTES = "/v2/disputes"
DAY = 86400.0


def control(shop: Shop, path: str, **body: Any) -> httpx.Response:
    answer = shop.http.post(f"/_sim/{path}", json=body)
    shop.app.pump()
    return answer


def open_dispute(shop: Shop, phase: str = "chargeback", amount: int = 1000) -> str:
    made = control(shop, "disputes", order="att_1", amount=amount, phase=phase)
    ref: str = made.raise_for_status().json()["dispute"]
    return ref


def shown(shop: Shop, ref: str) -> dict[str, Any]:
    dispute: dict[str, Any] = shop.http.get(f"{DISPUTES}/{ref}").raise_for_status().json()["dispute"]
    return dispute


def test_a_dispute_is_reported_by_webhook_fetched_and_listed() -> None:
    shop = Shop()
    payment = shop.charge()
    ref = open_dispute(shop, amount=400)
    dispute = shown(shop, ref)
    assert (dispute["state"], dispute["amount_money"]) == ("EVIDENCE_REQUIRED", usd(400))
    assert dispute["disputed_payment"] == {"payment_id": payment["id"]}
    control(shop, f"disputes/{ref}", act="win").raise_for_status()
    reported = [json.loads(body) for _, body in shop.got]
    assert [event["type"] for event in reported][-2:] == ["dispute.created", "dispute.state.updated"]
    assert reported[-1]["data"]["object"]["dispute"] == shown(shop, ref)
    assert shop.http.get(DISPUTES, params={"states": "WON"}).json()["disputes"] == [shown(shop, ref)]
    assert shop.http.get(DISPUTES, params={"location_id": "ELSEWHERE"}).json() == {}


@pytest.mark.parametrize(
    ("phase", "act", "state", "ledger"),
    [
        ("chargeback", "win", "WON", ("chargeback", "won", "none")),
        ("chargeback", "lose", "LOST", ("chargeback", "lost", "debited")),
        ("chargeback", "withdraw", "WON", ("chargeback", "won", "none")),
        ("inquiry", "win", "INQUIRY_CLOSED", ("inquiry", "closed", "none")),
        ("inquiry", "reopen", "EVIDENCE_REQUIRED", ("chargeback", "open", "none")),
    ],
)
def test_a_dispute_ends_or_goes_on(phase: str, act: str, state: str, ledger: tuple[str, str, str]) -> None:
    shop = Shop()
    shop.charge()
    ref = open_dispute(shop, phase)
    control(shop, f"disputes/{ref}", act=act).raise_for_status()
    assert shown(shop, ref)["state"] == state
    (stored,) = shop.ledger()["disputes"]
    assert (stored["phase"], stored["state"], stored["money"]) == ledger
    assert control(shop, f"disputes/{ref}", act="reopen").status_code == (200 if state == "INQUIRY_CLOSED" else 409)


def test_a_dispute_is_accepted_or_contested_while_it_waits() -> None:
    shop = Shop()
    shop.charge()
    accepted, contested = open_dispute(shop), open_dispute(shop)
    assert shop.http.post(f"{DISPUTES}/{accepted}/accept", json={}).json()["dispute"]["state"] == "ACCEPTED"
    assert shop.http.post(f"{DISPUTES}/{accepted}/accept", json={}).status_code == 400
    assert shop.http.post(f"{DISPUTES}/{contested}/submit-evidence", json={}).json()["dispute"]["state"] == "PROCESSING"
    assert shop.http.post(f"{DISPUTES}/nobody/accept", json={}).status_code == 404


def test_a_dispute_that_no_one_answers_is_lost_in_the_end() -> None:
    shop = Shop()
    shop.charge()
    ref = open_dispute(shop)
    shop.wait(7 * DAY)
    assert shown(shop, ref)["state"] == "LOST"


@pytest.mark.parametrize(("number", "reason"), list(enumerate(REASONS)))
def test_the_sandboxs_amounts_are_disputed(number: int, reason: str) -> None:
    shop = Shop()
    shop.charge(amount_money=usd(8801 + number))
    assert shop.http.get(DISPUTES).json()["disputes"][0]["reason"] == reason


@pytest.mark.parametrize(("act", "http_status"), [("win", 200), ("lose", 400)])
def test_a_disputed_payment_is_refunded_only_after_a_win(act: str, http_status: int) -> None:
    shop = Shop()
    payment = shop.charge()
    ref = open_dispute(shop)
    refused = shop.refund_call(payment["id"]).json()["errors"][0]
    assert (refused["category"], refused["code"]) == ("REFUND_ERROR", "PAYMENT_NOT_REFUNDABLE_DUE_TO_DISPUTE")
    control(shop, f"disputes/{ref}", act=act).raise_for_status()
    assert shop.refund_call(payment["id"]).status_code == http_status


@pytest.mark.parametrize(("amount", "phase"), [(1001, "chargeback"), (1000, "arbitration")])
def test_no_dispute_is_about_more_than_was_captured_or_of_another_kind(amount: int, phase: str) -> None:
    shop = Shop()
    shop.charge()
    assert control(shop, "disputes", order="att_1", amount=amount, phase=phase).status_code == 409


def test_a_refund_that_completed_comes_back() -> None:
    shop = Shop()
    payment = shop.charge()
    refund = shop.refund(payment["id"])
    assert control(shop, "refunds/rfd_1", act="return").status_code == 409
    shop.wait(5)
    assert shop.payment(payment["id"])["refunded_money"] == usd(300)
    assert control(shop, "refunds/rfd_1", act="return").json()["state"] == "returned"
    assert "refunded_money" not in shop.payment(payment["id"])
    assert shop.http.get(f"/v2/refunds/{refund['id']}").json()["refund"]["status"] == "FAILED"
    assert [json.loads(body)["type"] for _, body in shop.got][-2:] == ["refund.updated", "payment.updated"]
    assert shop.refund(payment["id"], "rfd_2", 1000)["status"] == "PENDING"


@pytest.mark.parametrize(("act", "status"), [("complete", "COMPLETED"), ("deny", "FAILED")])
def test_a_transfer_is_ended_at_the_controls(act: str, status: str) -> None:
    shop = Shop()
    payment = shop.charge(source="bnon:bank-nonce-ok")
    control(shop, "pending/att_1", act=act).raise_for_status()
    assert shop.payment(payment["id"])["status"] == status
    assert control(shop, "pending/att_1", act=act).status_code == 409


def test_a_gift_card_may_pay_a_part() -> None:
    shop = Shop()
    link = shop.link()
    shop.http.post("/_sim/faults", json={"fault": "split_tender", "op": "pay"}).raise_for_status()
    shop.act("pay")
    tenders = shop.order(link["order_id"])["tenders"]
    assert [tender["amount_money"]["amount"] for tender in tenders] == [333, 667]
    (order,) = shop.ledger()["orders"]
    assert (order["state"], order["captured"]) == ("paid", 1000)
