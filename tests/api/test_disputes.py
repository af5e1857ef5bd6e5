"""Disputes over HTTP: read by support and up, accepted by owner and finance; refunds meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.driver import Edge, Reply

CARD = "4111 1111 1111 1111"


def disputed(edge: Edge, minor: int = 20000) -> tuple[str, dict[str, Any]]:
    payment = edge.paid()
    order = payment["attempts"][0]["attempt_id"]
    edge.world.admin("POST", "/_sim/disputes", {"order": order, "amount": minor, "respond_in_s": 9e6})
    edge.world.advance(1)
    (dispute,) = edge.call("GET", "/v1/disputes").json["data"]
    return payment["payment_id"], dispute


def refund(edge: Edge, payment_id: str, body: Any, key: str = "r1", sub: str = "owner") -> Reply:
    return edge.call("POST", f"/v1/payments/{payment_id}/refunds", body, key=key, sub=sub)


def test_a_dispute_is_read_alone_of_its_payment_and_in_the_list(edge: Edge) -> None:
    payment_id, dispute = disputed(edge)
    assert (dispute["payment_id"], dispute["amount"], dispute["currency"]) == (payment_id, 20000, "INR")
    assert (dispute["status"], dispute["phase"], dispute["wants_answer"]) == ("open", "chargeback", True)
    assert dispute["respond_by"] > dispute["opened_at"]
    assert edge.call("GET", f"/v1/disputes/{dispute['dispute_id']}", sub="support").json == dispute
    assert edge.call("GET", f"/v1/payments/{payment_id}/disputes", sub="support").json["data"] == [dispute]
    assert edge.call("GET", f"/v1/payments/{payment_id}/disputes", sub="member").code == "forbidden_role"


def test_the_payment_says_that_it_is_disputed(edge: Edge) -> None:
    payment_id, _ = disputed(edge)
    payment = edge.call("GET", f"/v1/payments/{payment_id}").json
    assert (payment["status"], payment["dispute_status"], payment["amount_disputed"]) == ("completed", "open", 20000)
    assert edge.call("GET", "/v1/payments").json["data"][0]["dispute_status"] == "open"


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("status=open", 1),
        ("status=lost", 0),
        ("due_before=2999-01-01T00:00:00Z", 1),
        ("due_before=2026-01-01T00:00:00Z", 0),
        ("status=open&due_before=2999-01-01T00:00:00Z", 1),
    ],
)
def test_the_list_accepts_status_and_time(edge: Edge, query: str, count: int) -> None:
    disputed(edge)
    response = edge.call("GET", f"/v1/disputes?{query}")
    assert (len(response.json["data"]), response.json["next_cursor"]) == (count, None)


@pytest.mark.parametrize(
    "query", ["status=OPEN", "status=", "due_before=tomorrow", "limit=0", "status=open&status=won"]
)
def test_another_query_is_refused(edge: Edge, query: str) -> None:
    response = edge.call("GET", f"/v1/disputes?{query}")
    assert (response.status, response.code) == (400, "invalid_request")


def test_accepting_needs_a_reason_and_happens_once(edge: Edge) -> None:
    payment_id, dispute = disputed(edge)
    path = f"/v1/disputes/{dispute['dispute_id']}/accept"
    for body in (None, {}, {"reason": ""}, {"reason": "  "}, {"reason": "x" * 251}, {"reason": "x", "amount": 1}):
        assert edge.call("POST", path, body).code == "invalid_request"
    assert edge.call("POST", path, {"reason": CARD}).code == "raw_card_data_rejected"
    assert edge.call("POST", path, {"reason": "ours"}, sub="support").code == "forbidden_role"
    for _ in range(2):
        response = edge.call("POST", path, {"reason": "ours"}, sub="finance")
        assert (response.status, response.json["status"], response.json["accepting"]) == (200, "lost", False)
    kinds = [event["kind"] for event in edge.call("GET", f"/v1/payments/{payment_id}/events").json["data"]]
    assert kinds[-2:] == ["dispute.accept_requested", "dispute.lost"]


def test_an_acceptance_without_an_answer_is_503_and_goes_on(edge: Edge) -> None:
    _, dispute = disputed(edge)
    edge.world.fault("refuse", "dispute", 1)
    response = edge.call("POST", f"/v1/disputes/{dispute['dispute_id']}/accept", {"reason": "ours"})
    assert (response.status, response.code) == (503, "gateway_unavailable")
    assert edge.call("GET", f"/v1/disputes/{dispute['dispute_id']}").json["accepting"] is True


def test_a_refresh_asks_the_gateway(edge: Edge) -> None:
    _, dispute = disputed(edge)
    request = edge.world.ledger()["calls"]["dispute"]
    response = edge.call("POST", f"/v1/disputes/{dispute['dispute_id']}/refresh", sub="finance")
    assert (response.status, response.json) == (200, dispute)
    assert edge.world.ledger()["calls"]["dispute"] == request + 1


def test_during_a_chargeback_a_refund_is_409_with_the_time_to_answer(edge: Edge) -> None:
    payment_id, dispute = disputed(edge)
    response = refund(edge, payment_id, {"amount": 100})
    assert (response.status, response.code) == (409, "dispute_open")
    details = response.json["error"]["details"]
    assert details == {"dispute_ids": [dispute["dispute_id"]], "respond_by": dispute["respond_by"]}


def test_a_forced_refund_is_202_until_a_second_person_approves(edge: Edge) -> None:
    payment_id, _ = disputed(edge)
    body = {"amount": 49900, "force": True, "reason_text": "the payer withdraws it"}
    response = refund(edge, payment_id, body)
    assert (response.status, response.json["kind"], response.json["state"]) == (202, "forced_refund", "requested")
    assert (response.json["amount"], response.json["note"], response.json["outcome"]) == (
        49900,
        "the payer withdraws it",
        "other",
    )
    assert refund(edge, payment_id, body).text == response.text
    assert refund(edge, payment_id, body | {"force": False}).code == "idempotency_key_reused"
    path = f"/v1/approvals/{response.json['approval_id']}/approve"
    assert edge.call("POST", path, {}, sub="owner").code == "approval_not_open"
    assert edge.call("POST", path, {}, sub="finance").json["state"] == "approved"
    (made,) = edge.call("GET", f"/v1/payments/{payment_id}/refunds").json["data"]
    assert (made["amount"], made["actor"]) == (49900, "user:owner")


@pytest.mark.parametrize(
    "body", [{"force": True}, {"force": True, "reason_text": "  "}, {"force": "yes"}, {"force": None}]
)
def test_force_needs_a_reason(edge: Edge, body: dict[str, Any]) -> None:
    payment_id, _ = disputed(edge)
    assert refund(edge, payment_id, body).code == "invalid_request"
    assert edge.call("GET", "/v1/approvals").json["data"] == []


def test_without_a_chargeback_nothing_is_forced(edge: Edge) -> None:
    response = refund(edge, edge.paid()["payment_id"], {"force": True, "reason_text": "why not"})
    assert (response.status, response.code) == (409, "invalid_state")


def test_what_is_not_there_is_not_found(edge: Edge) -> None:
    for path in ("dsp_00000000000000000000000000", "pay_1", "x"):
        assert edge.call("GET", f"/v1/disputes/{path}").code == "not_found"
        assert edge.call("POST", f"/v1/disputes/{path}/accept", {"reason": "x"}).code == "not_found"
        assert edge.call("POST", f"/v1/disputes/{path}/refresh").code == "not_found"
