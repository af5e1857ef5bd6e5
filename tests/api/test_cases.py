"""Cases and approvals: who may decide, what is answered, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from payments.domain.records.snapshot import Snapshot
from payments.domain.values.account import Account
from payments.domain.values.status import Failure, FailureCode, Status
from payments.usecases.reconciliation.run import ISSUES_MAX
from tests.api.driver import Edge, Reply
from tests.api.test_webhook import PATH as WEBHOOKS
from tests.api.test_webhook import PROOF
from tests.usecases.steps import opened_many

ABOVE = 6_000_000  # More than the usual limit of one person.
OUTSIDE = {"outcome": "refunded_outside", "note": "paid back", "reference": "NEFT N123"}


def under_review(edge: Edge, amount: int = 49900, times: int = -1, key: str = "key-1") -> dict[str, Any]:
    """The case of a payment for which the gateway reports a rupee less."""
    edge.world.fault("wrong_amount", "status", times)
    payment = edge.pay(merchant_order_id=f"ORDER-{key}", amount=amount, key=key).json
    edge.world.payer("pay", payment["attempts"][0]["attempt_id"])
    edge.world.advance(1)
    case: dict[str, Any] = next(
        case for case in listed(edge, "/v1/cases") if case["payment_id"] == payment["payment_id"]
    )
    return case


def listed(edge: Edge, path: str, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = edge.call("GET", path, **more).json["data"]
    return found


def decide(edge: Edge, case: dict[str, Any], outcome: str, note: str = "asked them", **more: Any) -> Reply:
    who = {name: more.pop(name) for name in ("sub", "tenant") if name in more}
    body = {"outcome": outcome, "note": note, **more}
    return edge.call("POST", f"/v1/cases/{case['case_id']}/decision", body, **who)


def answer(edge: Edge, approval: dict[str, Any], value: str, sub: str = "finance2") -> Reply:
    return edge.call("POST", f"/v1/approvals/{approval['approval_id']}/{value}", {}, sub=sub)


def payment_of(edge: Edge, case: dict[str, Any]) -> dict[str, Any]:
    payment: dict[str, Any] = edge.call("GET", f"/v1/payments/{case['payment_id']}").json
    return payment


def test_a_case_shows_its_amount_and_its_outcomes(edge: Edge) -> None:
    case = under_review(edge)
    assert (case["kind"], case["amount"], case["currency"]) == ("amount_mismatch", 49800, "INR")
    assert case["outcomes"] == ["accept", "refund", "refunded_outside", "write_off"]
    assert (case["decided_at"], case["outcome"]) == (None, "")
    assert payment_of(edge, case)["review"] == "amount"


def test_a_decision_ends_its_case_and_its_payment_and_stays_in_the_timeline(edge: Edge) -> None:
    case = under_review(edge)
    response = decide(edge, case, "write_off", "too small to chase", sub="finance")
    assert response.status == 200, response.text
    decided = response.json["case"]
    assert (decided["decided_by"], decided["outcome"]) == ("user:finance", "write_off")
    assert (decided["decision_note"], decided["outcomes"], response.json["approval"]) == (
        "too small to chase",
        [],
        None,
    )
    assert listed(edge, "/v1/cases") == []
    payment = payment_of(edge, case)
    assert (payment["status"], payment["failure"]["code"]) == ("failed", "review_written_off")
    assert (payment["review"], payment["amount_captured"], payment["amount_written_off"]) == (None, 49800, 49800)
    events = listed(edge, f"/v1/payments/{case['payment_id']}/events")
    (reported,) = [event for event in events if event["kind"] == "case.decided"]
    assert "too small to chase" in reported["note"]
    assert reported["actor"] == "user:finance"
    assert decide(edge, case, "accept").json["case"] == decided, "who is second gets the first one's decision"


def test_money_that_went_back_outside_is_a_refund_of_the_gateways(edge: Edge) -> None:
    case = under_review(edge)
    assert decide(edge, case, **OUTSIDE).status == 200
    payment = payment_of(edge, case)
    assert (payment["status"], payment["amount_refunded"], payment["refund_status"]) == ("failed", 49800, "full")
    (refund,) = listed(edge, f"/v1/payments/{case['payment_id']}/refunds")
    assert (refund["actor"], refund["status"], refund["reason_text"]) == ("gateway", "completed", "NEFT N123")


def test_a_report_shows_what_was_written_off(edge: Edge) -> None:
    case = under_review(edge)
    decide(edge, case, "write_off")
    edge.world.clock.sleep(1)
    report = edge.call("POST", "/v1/reconciliations", {"dry_run": False}).json
    attempt_id = payment_of(edge, case)["attempts"][0]["attempt_id"]
    given_up = {"payment_id": case["payment_id"], "attempt_id": attempt_id, "amount": 49800, "currency": "INR"}
    assert report["written_off"] == [given_up]
    assert edge.call("GET", f"/v1/reconciliations/{report['reconciliation_id']}").json == report


def test_a_report_that_is_full_says_so(edge: Edge) -> None:
    decide(edge, under_review(edge, key="key-1"), "write_off")
    edge.world.admin("DELETE", "/_sim/faults")
    opened_many(edge.world, ISSUES_MAX - 1)
    newest = under_review(edge, key="key-2")
    decide(edge, newest, "write_off")
    edge.world.clock.sleep(1)
    (written_off,) = (attempt["attempt_id"] for attempt in payment_of(edge, newest)["attempts"])
    fetch, declined = edge.world.ports.gateway(Account("phonepe")).fetch_payment, Failure(FailureCode.DECLINED)
    with edge.world.restoring():
        edge.world.override(
            "phonepe",
            fetch_payment=lambda of: fetch(of) if of.id == written_off else Snapshot(Status.FAILED, failure=declined),
        )
        report = edge.call("POST", "/v1/reconciliations").json
    assert (len(report["written_off"]), len(report["issues"]), report["complete"]) == (1, ISSUES_MAX - 1, False)
    rest = edge.call("POST", "/v1/reconciliations", {"cursor": report["next_cursor"]}).json
    assert (len(rest["written_off"]), rest["complete"], rest["next_cursor"]) == (1, True, None)


def test_a_report_finds_out_about_the_refund_that_a_decision_made(edge: Edge) -> None:
    case = under_review(edge)
    edge.world.fault("no_webhook", "refund", -1)
    assert decide(edge, case, "refund").status == 200
    edge.world.advance(61)
    edge.world.sweep()  # Now it is sent.
    edge.world.advance(60)
    report = edge.call("POST", "/v1/reconciliations", {"dry_run": False}).json
    assert [fix["kind"] for fix in report["fixes"]] == ["applied"]
    payment = payment_of(edge, case)
    assert (payment["failure"]["code"], payment["refund_status"]) == ("review_refunded", "full")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"outcome": "noted"}, 422, "outcome_not_allowed"),
        ({"outcome": "not_ours"}, 422, "outcome_not_allowed"),
        ({"outcome": "refunded_outside"}, 422, "outcome_not_allowed"),
        ({"outcome": "accept", "reference": "NEFT 1"}, 422, "outcome_not_allowed"),
        ({"outcome": "accept", "attempt_id": "att_1"}, 422, "outcome_not_allowed"),
        ({"outcome": "accept", "payment_id": "pay_1"}, 422, "outcome_not_allowed"),
        ({"outcome": "close"}, 400, "invalid_request"),
        ({"outcome": "accept", "note": ""}, 400, "invalid_request"),
        ({"outcome": "accept", "note": "  "}, 400, "invalid_request"),
        ({"outcome": "accept", "note": "\u200d "}, 400, "invalid_request"),
        ({"outcome": "refunded_outside", "reference": " "}, 400, "invalid_request"),
        ({"outcome": None}, 400, "invalid_request"),
    ],
)
def test_what_a_case_does_not_have_is_refused_and_nothing_is_decided(
    edge: Edge, body: dict[str, Any], status: int, code: str
) -> None:
    case = under_review(edge)
    response = edge.call("POST", f"/v1/cases/{case['case_id']}/decision", {"note": "n", **body})
    assert (response.status, response.code) == (status, code)
    if status == 422:
        assert response.json["error"]["details"]["outcomes"] == case["outcomes"]
    assert listed(edge, "/v1/cases") == [case]


def test_accepting_an_amount_that_has_changed_is_refused_with_the_new_one(edge: Edge) -> None:
    case = under_review(edge, times=1)
    response = decide(edge, case, "accept")  # By now the gateway reports the requested amount.
    assert (response.status, response.code) == (409, "case_changed")
    (changed,) = listed(edge, "/v1/cases")
    assert response.json["error"]["details"]["note"] == changed["note"]
    assert changed["amount"] == 49900
    assert decide(edge, changed, "accept").status == 200
    assert payment_of(edge, case)["status"] == "completed"


def test_what_the_gateway_contradicts_is_refused(edge: Edge) -> None:
    edge.world.fault("wrong_amount", "status", -1)
    payment = edge.pay().json
    edge.call("POST", f"/v1/payments/{payment['payment_id']}/refresh")
    (case,) = listed(edge, "/v1/cases")
    response = decide(edge, case, "accept")
    assert (response.status, response.code) == (409, "decision_not_possible")
    assert "nothing was captured" in response.message


def test_a_silent_gateway_decides_nothing(edge: Edge) -> None:
    case = under_review(edge)
    edge.world.fault("refuse", "status", -1)
    response = decide(edge, case, "accept")
    assert (response.status, response.code) == (503, "gateway_unavailable")
    assert listed(edge, "/v1/cases") == [case]


def test_above_the_limit_a_decision_waits_for_a_second_person(edge: Edge) -> None:
    case = under_review(edge, ABOVE)
    response = decide(edge, case, "write_off", "they are insolvent", sub="finance")
    assert (response.status, response.json["case"]) == (200, case), "nothing is decided yet"
    approval = response.json["approval"]
    assert (approval["state"], approval["requested_by"], approval["amount"]) == (
        "requested",
        "user:finance",
        ABOVE - 100,
    )
    assert listed(edge, "/v1/approvals") == [approval]
    again = decide(edge, case, "write_off", "they are insolvent", sub="owner").json["approval"]
    assert again == approval, "one open approval for a case"
    own = answer(edge, approval, "approve", sub="finance")
    assert (own.status, own.code, own.json["error"]["details"]) == (409, "approval_not_open", {"state": "requested"})
    done = answer(edge, approval, "approve")
    assert (done.status, done.json["state"], done.json["answered_by"]) == (200, "approved", "user:finance2")
    assert payment_of(edge, case)["amount_written_off"] == ABOVE - 100
    events = listed(edge, f"/v1/payments/{case['payment_id']}/events")
    (reported,) = [event for event in events if event["kind"] == "case.decided"]
    assert reported["actor"] == "user:finance"
    assert "approved by user:finance2" in reported["note"]
    assert answer(edge, approval, "approve").code == "approval_not_open"


def test_a_refused_approval_leaves_the_case_open(edge: Edge) -> None:
    case = under_review(edge, ABOVE)
    approval = decide(edge, case, "write_off").json["approval"]
    refused = answer(edge, approval, "refuse")
    assert (refused.status, refused.json["state"]) == (200, "refused")
    assert listed(edge, "/v1/cases") == [case]
    assert decide(edge, case, "write_off").json["approval"]["approval_id"] != approval["approval_id"]


def test_an_approval_lapses_after_a_day(edge: Edge) -> None:
    case = under_review(edge, ABOVE)
    approval = decide(edge, case, "write_off").json["approval"]
    edge.world.clock.sleep(24 * 3600)
    assert [each["state"] for each in listed(edge, "/v1/approvals")] == ["lapsed"]
    response = answer(edge, approval, "approve")
    assert (response.code, response.json["error"]["details"]) == ("approval_not_open", {"state": "lapsed"})
    assert listed(edge, "/v1/cases") == [case]


@pytest.mark.parametrize("sub", ["admin", "support", "member"])
def test_only_owner_and_finance_decide_and_approve(edge: Edge, sub: str) -> None:
    case = under_review(edge, ABOVE)
    approval = decide(edge, case, "write_off").json["approval"]
    assert decide(edge, case, "accept", sub=sub).code == "forbidden_role"
    assert answer(edge, approval, "approve", sub).code == "forbidden_role"
    assert answer(edge, approval, "refuse", sub).code == "forbidden_role"


def event_of_an_unknown_order(edge: Edge) -> dict[str, Any]:
    """After a day of looking for its payment."""
    body = {"event": "checkout.order.completed", "payload": {"merchantOrderId": "SHOP-77", "state": "COMPLETED"}}
    edge.call("POST", WEBHOOKS, body, sub=None, tenant=None, headers={"authorization": PROOF})
    edge.world.clock.sleep(25 * 3600)
    edge.world.sweep()
    (case,) = listed(edge, "/v1/cases", sub="operator", tenant="_deployment")
    return case


def by_operator(edge: Edge, case: dict[str, Any], outcome: str, **more: Any) -> Reply:
    return decide(edge, case, outcome, sub="operator", tenant="_deployment", **more)


def test_an_operator_decides_a_case_of_no_workspace(edge: Edge) -> None:
    case = event_of_an_unknown_order(edge)
    assert (case["case_id"], case["payment_id"]) == ("unknown_order:SHOP-77", "")
    assert case["outcomes"] == ["ours", "not_ours"]
    response = by_operator(edge, case, "not_ours", note="of the old shop")
    assert (response.status, response.json["approval"]) == (200, None), response.text
    assert (response.json["case"]["outcome"], response.json["case"]["decided_by"]) == ("not_ours", "user:operator")
    assert listed(edge, "/v1/cases", sub="operator", tenant="_deployment") == []


def test_an_order_that_is_ours_is_in_its_payments_timeline(edge: Edge) -> None:
    case = event_of_an_unknown_order(edge)
    payment_id = edge.pay().json["payment_id"]
    response = by_operator(edge, case, "ours", payment_id=payment_id)
    assert (response.status, response.json["case"]["payment_id"]) == (200, payment_id), response.text
    reported = listed(edge, f"/v1/payments/{payment_id}/events")[-1]
    assert (reported["kind"], reported["subject_id"], reported["actor"]) == ("case.decided", "SHOP-77", "user:operator")
    assert "asked them" in reported["note"]


def test_ours_needs_an_existing_payment(edge: Edge) -> None:
    case = event_of_an_unknown_order(edge)
    assert by_operator(edge, case, "ours").code == "outcome_not_allowed"
    for payment_id in ("pay_00000000000000000000000000", "x", "pay_1#PAYMENT"):
        response = by_operator(edge, case, "ours", payment_id=payment_id)
        assert (response.status, response.code) == (409, "decision_not_possible")
    assert listed(edge, "/v1/cases", sub="operator", tenant="_deployment") == [case]


def test_an_operator_sees_and_does_nothing_else(edge: Edge) -> None:
    case = under_review(edge)
    assert listed(edge, "/v1/cases", sub="operator", tenant="_deployment") == []
    assert by_operator(edge, case, "write_off").code == "not_found"
    for method, path, body in (
        ("POST", "/v1/payments", {}),
        ("GET", "/v1/payments", None),
        ("GET", "/v1/approvals", None),
        ("POST", "/v1/reconciliations", {}),
    ):
        response = edge.call(method, path, body, sub="operator", tenant="_deployment", key="k")
        assert (response.status, response.code) == (403, "forbidden_role")
    assert edge.call("GET", "/v1/cases", sub="operator").code == "tenant_forbidden"
