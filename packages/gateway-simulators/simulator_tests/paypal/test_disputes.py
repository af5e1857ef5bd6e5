"""PayPal's simulator: disputes, by its API and by the controls."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from gateway_simulators.paypal.settings import Settings
from simulator_tests.paypal.harness import DAY, HOUR, Harness, issue, usd

DISPUTES = "/v1/customer/disputes"
ACCEPT = {"note": "Accepted.", "accept_claim_type": "REFUND"}


@pytest.fixture
def sim() -> Harness:
    return Harness()


def opened(sim: Harness, order: str = "att_1", amount: int = 30000, **more: Any) -> str:
    request = {"order": order, "amount": amount} | more
    return str(sim.http.post("/_sim/disputes", json=request).raise_for_status().json()["dispute"])


def act(sim: Harness, ref: str, what: str) -> httpx.Response:
    return sim.http.post(f"/_sim/disputes/{ref}", json={"act": what})


def shown(sim: Harness, ref: str) -> dict[str, Any]:
    dispute: dict[str, Any] = sim.http.get(f"{DISPUTES}/{ref}").raise_for_status().json()
    return dispute


def test_a_dispute_names_the_capture_and_who_has_to_answer(sim: Harness) -> None:
    capture = sim.captured()
    ref = opened(sim, reason="UNAUTHORISED", respond_in_s=3600)
    dispute = shown(sim, ref)
    assert (dispute["dispute_id"], dispute["status"], dispute["dispute_life_cycle_stage"], dispute["reason"]) == (
        ref, "WAITING_FOR_SELLER_RESPONSE", "CHARGEBACK", "UNAUTHORISED",
    )  # fmt: skip
    assert dispute["dispute_amount"] == usd("300.00")
    assert dispute["seller_response_due_date"] > dispute["create_time"]
    (transaction,) = dispute["disputed_transactions"]
    assert (transaction["seller_transaction_id"], transaction["gross_amount"]) == (capture, usd("499.00"))
    assert "custom" not in transaction
    assert sim.events[-1] == "CUSTOMER.DISPUTE.CREATED"
    reported = json.loads(sim.got[-1][1])
    assert (reported["resource_type"], reported["resource"]) == ("dispute", dispute)


def test_an_inquiry_is_open_and_cannot_be_accepted(sim: Harness) -> None:
    sim.captured()
    ref = opened(sim, phase="inquiry")
    assert (shown(sim, ref)["status"], [link["rel"] for link in shown(sim, ref)["links"]]) == ("OPEN", ["self"])
    refused = sim.post(f"{DISPUTES}/{ref}/accept-claim", ACCEPT)
    assert issue(refused) == (422, "ACTION_NOT_ALLOWED_IN_CURRENT_STATE")


ENDS = {
    "win": ("RESOLVED_SELLER_FAVOUR", "won", "none"),
    "lose": ("RESOLVED_BUYER_FAVOUR", "lost", "debited"),
    "withdraw": ("CANCELED_BY_BUYER", "closed", "none"),
}


@pytest.mark.parametrize(("end", "reported"), ENDS.items())
def test_a_dispute_ends_once(sim: Harness, end: str, reported: tuple[str, str, str]) -> None:
    sim.captured()
    ref = opened(sim)
    outcome, state, money = reported
    answer = act(sim, ref, end).json()
    assert answer == {"dispute": ref, "order": "att_1", "phase": "chargeback", "state": state, "money": money}
    dispute = shown(sim, ref)
    assert (dispute["status"], dispute["dispute_outcome"]) == ("RESOLVED", {"outcome_code": outcome})
    assert sim.events[-1] == "CUSTOMER.DISPUTE.RESOLVED"
    assert act(sim, ref, end).status_code == 409
    assert sim.ledger()["disputes"][0]["state"] == state


@pytest.mark.parametrize(("at_once", "moves"), [(False, {"win": [], "lose": ["DEBIT"]}), (True, {
    "win": ["DEBIT", "CREDIT"], "lose": ["DEBIT"],
})])  # fmt: skip
@pytest.mark.parametrize("end", ["win", "lose"])
def test_when_the_money_moves_is_a_setting(at_once: bool, moves: dict[str, list[str]], end: str) -> None:
    sim = Harness(Settings(takes_disputed_money_at_once=at_once))
    sim.captured()
    ref = opened(sim)
    assert ("money_movements" in shown(sim, ref)) is at_once
    act(sim, ref, end)
    assert [each["type"] for each in shown(sim, ref).get("money_movements", [])] == moves[end]


def test_a_dispute_without_an_answer_in_time_is_lost(sim: Harness) -> None:
    sim.captured()
    ref = opened(sim, respond_in_s=HOUR)
    sim.wait(HOUR)
    assert shown(sim, ref)["dispute_outcome"] == {"outcome_code": "RESOLVED_BUYER_FAVOUR"}
    assert sim.events[-1] == "CUSTOMER.DISPUTE.RESOLVED"


def test_a_new_stage_reopens_a_dispute_with_its_own_time(sim: Harness) -> None:
    sim.captured()
    ref = opened(sim, respond_in_s=2 * DAY)
    assert act(sim, ref, "reopen").status_code == 409
    act(sim, ref, "win")
    sim.wait(DAY)
    assert act(sim, ref, "reopen").json()["phase"] == "pre_arbitration"
    assert sim.events[-1] == "CUSTOMER.DISPUTE.UPDATED"
    assert "dispute_outcome" not in shown(sim, ref)
    sim.wait(DAY + HOUR)
    assert shown(sim, ref)["status"] == "WAITING_FOR_SELLER_RESPONSE"
    sim.wait(DAY)
    assert shown(sim, ref)["status"] == "RESOLVED"
    act(sim, ref, "reopen")
    act(sim, ref, "lose")
    assert act(sim, ref, "reopen").status_code == 409


def test_a_claim_is_accepted_once(sim: Harness) -> None:
    sim.captured()
    ref = opened(sim)
    assert issue(sim.post(f"{DISPUTES}/{ref}/accept-claim", {})) == (400, "MISSING_REQUIRED_PARAMETER")
    assert sim.post(f"{DISPUTES}/{ref}/accept-claim", ACCEPT, "k1").json()["links"][0]["rel"] == "self"
    assert sim.post(f"{DISPUTES}/{ref}/accept-claim", ACCEPT, "k1").status_code == 200
    assert issue(sim.post(f"{DISPUTES}/{ref}/accept-claim", ACCEPT, "k2"))[0] == 422
    assert sim.ledger()["disputes"][0] == {
        "ref": ref, "order": "att_1", "amount": 30000, "phase": "chargeback", "state": "lost", "money": "debited",
    }  # fmt: skip


def test_a_dispute_that_is_not_there_is_a_404(sim: Harness) -> None:
    assert sim.http.get(f"{DISPUTES}/PP-R-NONE").status_code == 404
    assert sim.post(f"{DISPUTES}/PP-R-NONE/accept-claim", ACCEPT).status_code == 404


def test_only_money_that_was_captured_is_disputed(sim: Harness) -> None:
    sim.approved("att_0")
    sim.captured(value="10.00")
    for order, amount, response in (("att_0", 1, "capture it first"), ("att_1", 1001, "was paid 1000")):
        answer = sim.http.post("/_sim/disputes", json={"order": order, "amount": amount})
        assert (answer.status_code, response in answer.json()["error"]) == (409, True)


def test_the_payments_id_may_be_echoed() -> None:
    sim = Harness(Settings(echoes_in_disputes=True))
    sim.captured()
    assert shown(sim, opened(sim))["disputed_transactions"][0]["custom"] == "att_1"


# Refunds of a disputed capture.


def test_a_disputed_capture_is_refunded_in_full_or_not_at_all(sim: Harness) -> None:
    capture = sim.captured()
    ref = opened(sim)
    assert issue(sim.refund(capture, "10.00")) == (422, "TRANSACTION_DISPUTED")
    act(sim, ref, "win")
    assert sim.refund(capture, "10.00").status_code == 201
    opened(sim)
    assert sim.refund(capture).status_code == 201


def test_money_lost_in_a_dispute_cannot_be_refunded(sim: Harness) -> None:
    capture = sim.captured()
    act(sim, opened(sim), "lose")
    assert issue(sim.refund(capture, "199.01")) == (422, "REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK")
    assert sim.refund(capture, "199.00").status_code == 201


def test_a_lost_dispute_that_is_reopened_is_no_longer_lost(sim: Harness) -> None:
    capture = sim.captured()
    ref = opened(sim)
    for what in ("lose", "reopen"):
        act(sim, ref, what)
    assert sim.refund(capture).status_code == 201


# Lists.


def listed(sim: Harness, **query: Any) -> dict[str, Any]:
    page: dict[str, Any] = sim.http.get(DISPUTES, params=query).raise_for_status().json()
    return page


def test_a_list_has_summaries_newest_first_by_pages(sim: Harness) -> None:
    refs = []
    for number in range(3):
        sim.captured(f"att_{number}")
        sim.wait(60)
        refs.append(opened(sim, f"att_{number}"))
    first = listed(sim, page_size=2)
    assert [item["dispute_id"] for item in first["items"]] == [refs[2], refs[1]]
    assert {"disputed_transactions", "dispute_outcome"} & set(first["items"][0]) == set()
    (following,) = [link["href"] for link in first["links"] if link["rel"] == "next"]
    token = httpx.URL(following).params["next_page_token"]
    second = listed(sim, page_size=2, next_page_token=token)
    assert [item["dispute_id"] for item in second["items"]] == [refs[0]]
    assert [link["rel"] for link in second["links"]] == ["self"]


def test_a_list_is_bounded_by_opening_change_transaction_and_state(sim: Harness) -> None:
    capture = sim.captured()
    ref = opened(sim)
    now = shown(sim, ref)["create_time"]
    sim.wait(HOUR)
    act(sim, ref, "win")
    after = shown(sim, ref)["update_time"]
    finds = [
        ({"start_time": now}, 1), ({"start_time": after}, 0), ({"update_time_after": after}, 1),
        ({"update_time_before": now}, 0), ({"disputed_transaction_id": capture}, 1),
        ({"disputed_transaction_id": "ANOTHER"}, 0), ({"dispute_state": "RESOLVED,REQUIRED_ACTION"}, 1),
        ({"dispute_state": "REQUIRED_ACTION"}, 0),
    ]  # fmt: skip
    for query, count in finds:
        assert len(listed(sim, **query).get("items", [])) == count, query


@pytest.mark.parametrize(
    "query",
    [
        {"page_size": "51"}, {"page_size": "0"}, {"page_size": "x"}, {"next_page_token": "x"}, {"start_time": "soon"},
        {"start_time": "2020-01-01T00:00:00Z"}, {"update_time_after": "2026-01-01T00:00:00"}, {"until": "now"},
        {"start_time": "2099-01-01T00:00:00Z", "disputed_transaction_id": "X"},
    ],
)  # fmt: skip
def test_a_query_that_paypal_would_not_take_is_refused(sim: Harness, query: dict[str, str]) -> None:
    assert sim.http.get(DISPUTES, params=query).status_code == 400


def test_disputes_end_with_a_reset(sim: Harness) -> None:
    sim.captured()
    opened(sim)
    sim.http.post("/_sim/reset").raise_for_status()
    assert sim.ledger()["disputes"] == []
