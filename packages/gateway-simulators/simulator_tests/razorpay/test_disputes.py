"""Disputes: their webhooks, list, answers and ends, and where their money is."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from gateway_simulators.razorpay.settings import Settings
from simulator_tests.razorpay.harness import HOOK, Harness, description

DAY = 86_400.0


@pytest.fixture
def sold(sim: Harness) -> Harness:
    sim.paid()
    sim.receiver.got.clear()
    return sim


def opened(sim: Harness, amount: int = 49900, **more: Any) -> str:
    answer = sim.http.post("/_sim/disputes", json={"order": "att_1", "amount": amount, **more})
    sim.wait(0)
    return str(answer.raise_for_status().json()["dispute"])


def end(sim: Harness, ref: str, act: str) -> int:
    status = sim.http.post(f"/_sim/disputes/{ref}", json={"act": act}).status_code
    sim.wait(0)
    return status


def accept(sim: Harness, ref: str, **body: Any) -> httpx.Response:
    return sim.http.post(f"/v1/disputes/{ref}/accept", json=body)


def contest(sim: Harness, ref: str, action: str = "submit") -> httpx.Response:
    return sim.http.patch(f"/v1/disputes/{ref}/contest", json={"amount": 49900, "action": action})


def test_a_dispute_webhook_names_the_payment(sold: Harness) -> None:
    ref = opened(sold, 20000, respond_in_s=3 * DAY)
    (got,) = sold.receiver.got
    assert (got.event, got.envelope["contains"]) == ("payment.dispute.created", ["payment", "dispute"])
    reported = got.entity("dispute")
    assert reported == sold.get(f"/v1/disputes/{ref}")
    assert (reported["payment_id"], reported["amount"], reported["amount_deducted"]) == (
        got.entity("payment")["id"],
        20000,
        0,
    )
    assert (reported["phase"], reported["status"], reported["respond_by"] - reported["created_at"]) == (
        "chargeback",
        "open",
        3 * DAY,
    )
    assert sold.get("/v1/disputes")["items"] == [reported]


@pytest.mark.parametrize(
    ("act", "status", "money", "deducted"),
    [("win", "won", "returned", 0), ("lose", "lost", "debited", 49900), ("withdraw", "closed", "returned", 0)],
)
def test_a_dispute_ends_once(sold: Harness, act: str, status: str, money: str, deducted: int) -> None:
    ref = opened(sold)
    assert sold.ledger()["disputes"][0]["money"] == "debited"
    assert end(sold, ref, act) == 200
    assert sold.receiver.events[1:] == [f"payment.dispute.{status}"]
    assert sold.get(f"/v1/disputes/{ref}")["amount_deducted"] == deducted
    (dispute,) = sold.ledger()["disputes"]
    assert (dispute["order"], dispute["state"], dispute["money"]) == ("att_1", status, money)
    assert end(sold, ref, "lose") == 409


def test_an_accepted_dispute_is_lost_and_not_accepted_twice(sold: Harness) -> None:
    ref = opened(sold)
    assert description(accept(sold, ref, reason="x")) == "reason is/are not required and should not be sent"
    assert accept(sold, ref).json()["status"] == "lost"
    again = accept(sold, ref)
    assert (again.status_code, description(again)) == (400, "Action not allowed when dispute is in lost status.")


def test_a_contested_dispute_is_under_review_until_its_evidence_is_not_enough(sold: Harness) -> None:
    ref = opened(sold)
    assert contest(sold, ref, "draft").json()["status"] == "open"
    assert contest(sold, ref).json()["status"] == "under_review"
    assert description(accept(sold, ref)) == "Action not allowed when dispute is in under_review status."
    assert end(sold, ref, "reopen") == 200
    assert sold.receiver.events[1:] == ["payment.dispute.under_review", "payment.dispute.action_required"]
    sold.wait(3 * DAY)
    assert sold.receiver.events[-1] == "payment.dispute.lost"


def test_what_was_won_is_raised_again_twice_at_the_most(sold: Harness) -> None:
    ref = opened(sold)
    for phase in ("pre_arbitration", "arbitration"):
        assert (end(sold, ref, "win"), end(sold, ref, "reopen")) == (200, 200)
        assert sold.get(f"/v1/disputes/{ref}")["phase"] == phase
    assert (end(sold, ref, "win"), end(sold, ref, "reopen")) == (200, 409)


@pytest.mark.parametrize(("phase", "event"), [("chargeback", "lost"), ("inquiry", "closed")])
def test_what_no_one_answers_ends_at_its_time(sold: Harness, phase: str, event: str) -> None:
    opened(sold, phase=phase, respond_in_s=DAY)
    sold.wait(DAY)
    assert sold.receiver.events[-1] == f"payment.dispute.{event}"


def test_an_inquiry_takes_no_money(sold: Harness) -> None:
    ref = opened(sold, phase="inquiry")
    assert sold.get(f"/v1/disputes/{ref}")["phase"] == "retrieval"
    assert sold.ledger()["disputes"][0]["money"] == "none"


def test_only_what_was_captured_is_disputed(sim: Harness) -> None:
    sim.order()
    ask = {"order": "att_1", "amount": 100}
    assert sim.http.post("/_sim/disputes", json=ask).status_code == 409
    sim.act("pay")
    assert sim.http.post("/_sim/disputes", json=ask | {"amount": 49901}).status_code == 409
    assert sim.http.post("/_sim/disputes", json=ask | {"order": "att_0"}).status_code == 404
    assert end(sim, "disp_0", "win") == 404


def test_an_unknown_dispute_is_a_bad_request(sim: Harness) -> None:
    unknown, odd = sim.http.get("/v1/disputes/disp_00000000000000"), sim.http.get("/v1/disputes/disp_1")
    assert (unknown.status_code, description(unknown)) == (400, "The id provided does not exist")
    assert description(odd) == "disp_1 is not a valid id"


def test_disputes_are_listed_by_their_time_in_pages(sold: Harness) -> None:
    first = opened(sold, 100)
    sold.wait(10)
    second = opened(sold, 100)
    now = int(sold.clock.now())
    assert [one["id"] for one in sold.get("/v1/disputes?count=1&skip=1")["items"]] == [first]
    assert [one["id"] for one in sold.get(f"/v1/disputes?from={now}&to={now}")["items"]] == [second]
    assert sold.http.get("/v1/disputes?count=101").status_code == 400


def test_a_dispute_lowers_the_balance_until_it_is_won() -> None:
    sim = Harness(Settings(webhook_url=HOOK, opening_balance=0))
    payment = sim.paid()
    fee = payment["fee"]
    ref = opened(sim, 49900)
    refusal = sim.refund_call(payment, amount=100)
    assert (refusal.status_code, description(refusal)[:44]) == (400, "Your account does not have enough balance to")
    end(sim, ref, "win")
    assert sim.refund_call(payment, amount=49900 - fee).status_code == 200
    assert sim.refund_call(payment, amount=fee).status_code == 400
