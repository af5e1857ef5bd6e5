"""Disputes: their webhooks, the list by status, answers and ends."""

from __future__ import annotations

from typing import Any

import pytest

from simulator_tests.harness import PG, Harness

DAY = 86_400.0


@pytest.fixture
def paid(sim: Harness) -> Harness:
    sim.paid_order()
    sim.receiver.got.clear()
    return sim


def opened(sim: Harness, amount: int = 49900, **more: Any) -> str:
    answer = sim.http.post("/_sim/disputes", json={"order": "att_1", "amount": amount, **more})
    sim.wait(0)
    return str(answer.raise_for_status().json()["dispute"])


def act(sim: Harness, dispute: str, code: str) -> int:
    status = sim.http.post(f"/_sim/disputes/{dispute}", json={"act": code}).status_code
    sim.wait(0)
    return status


def listed(sim: Harness, status: str, **more: Any) -> Any:
    query = {"from": 0, "to": round(sim.clock.now() * 1000), "status": status, **more}
    answer = sim.http.get(f"{PG}/v1/disputes", params=query)
    return [one["disputeId"] for one in answer.json()["disputes"]] if answer.is_success else answer.status_code


def test_a_dispute_names_its_order_and_waits_for_an_answer(paid: Harness) -> None:
    ref = opened(paid, 20000, reason="FRAUD", respond_in_s=3 * DAY)
    reported = paid.http.get(f"{PG}/v1/disputes/{ref}").json()
    assert paid.receiver.events == ["payment.dispute.created"]
    assert paid.receiver.got[0].payload == reported
    assert (reported["merchantOrderId"], reported["disputeAmount"], reported["status"]) == (
        "att_1",
        20000,
        "ACTION_REQUIRED",
    )
    assert reported["respondBy"] - reported["createdAt"] == 3 * DAY * 1000
    assert reported["reasonCode"] == "FRAUD"


@pytest.mark.parametrize(
    ("code", "state", "event", "money"),
    [
        ("win", "won", "payment.dispute.won", "none"),
        ("lose", "lost", "payment.dispute.lost", "debited"),
        ("withdraw", "won", "payment.dispute.won", "none"),
    ],
)
def test_a_dispute_ends_once(paid: Harness, code: str, state: str, event: str, money: str) -> None:
    ref = opened(paid)
    assert act(paid, ref, code) == 200
    assert paid.receiver.events == ["payment.dispute.created", event]
    [dispute] = paid.ledger()["disputes"]
    assert (dispute["state"], dispute["money"], dispute["phase"]) == (state, money, "chargeback")
    assert act(paid, ref, "win") == 409


def test_an_accepted_dispute_is_lost_and_not_accepted_twice(paid: Harness) -> None:
    ref = opened(paid)
    assert paid.http.post(f"{PG}/v1/disputes/{ref}/accept").json()["status"] == "LOST"
    again = paid.http.post(f"{PG}/v1/disputes/{ref}/accept")
    assert (again.status_code, again.json()["code"]) == (400, "INVALID_DISPUTE_STATE")


def test_a_contested_dispute_may_need_an_answer_again(paid: Harness) -> None:
    ref = opened(paid)
    assert act(paid, ref, "reopen") == 409
    assert paid.http.post(f"{PG}/v1/disputes/{ref}/contest").json()["status"] == "UNDER_REVIEW"
    assert act(paid, ref, "reopen") == 200
    assert paid.receiver.events[1:] == ["payment.dispute.under_review", "payment.dispute.action_required"]


def test_a_dispute_without_an_answer_in_time_is_lost(paid: Harness) -> None:
    opened(paid, respond_in_s=3 * DAY)
    paid.wait(3 * DAY)
    assert paid.receiver.events[-1] == "payment.dispute.lost"


def test_a_list_holds_the_disputes_of_one_status(paid: Harness) -> None:
    first, second, third = (opened(paid, 100 * n) for n in (1, 2, 3))
    act(paid, second, "win")
    assert listed(paid, "ACTION_REQUIRED") == [first, third]
    assert (listed(paid, "WON"), listed(paid, "LOST")) == ([second], [])
    assert listed(paid, "ACTION_REQUIRED", offset=1, limit=1) == [third]
    assert listed(paid, "ACTION_REQUIRED", to=0) == []


@pytest.mark.parametrize("wrong", [{"status": ""}, {"status": "OPEN"}, {"limit": 101}, {"limit": 0}, {"from": ""}])
def test_a_list_without_status_dates_or_measure_is_refused(paid: Harness, wrong: dict[str, Any]) -> None:
    assert listed(paid, **{"status": "WON"} | wrong) == 400


def test_only_what_was_paid_is_disputed_and_only_as_a_chargeback(sim: Harness) -> None:
    sim.pay_call()
    ask = {"order": "att_1", "amount": 100}
    assert sim.http.post("/_sim/disputes", json=ask).status_code == 409
    sim.act("pay")
    assert sim.http.post("/_sim/disputes", json=ask | {"amount": 49901}).status_code == 409
    assert sim.http.post("/_sim/disputes", json=ask | {"phase": "arbitration"}).status_code == 409
    assert sim.http.post("/_sim/disputes", json=ask | {"order": "att_0"}).status_code == 404
    assert sim.http.get(f"{PG}/v1/disputes/D0").json()["code"] == "INVALID_DISPUTE_ID"
    assert act(sim, "D0", "win") == 404


def test_without_a_token_no_one_reads_disputes(paid: Harness) -> None:
    paid.http.headers["Authorization"] = "O-Bearer nobody"
    assert listed(paid, "WON") == 401


def test_a_dispute_webhook_can_be_lost(paid: Harness) -> None:
    paid.fault("no_webhook", "dispute")
    opened(paid)
    assert paid.receiver.events == []
