"""What a handler passes on: each field of a request arrives at the use case, with the caller and the cause."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from payments.domain.values.clock import to_text
from tests.api.driver import Edge, Reply
from tests.api.test_cases import ABOVE, decide, under_review
from tests.api.test_disputes import disputed
from tests.api.test_gateways import DOLLARS, TOKEN, an_edge

DECLINED = "pm_card_visa_chargeDeclinedInsufficientFunds"


@pytest.fixture
def america(capfd: pytest.CaptureFixture[str]) -> Iterator[Edge]:
    yield from an_edge(capfd, "US", ("stripe", "square"))


def timeline(edge: Edge, payment_id: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = edge.call("GET", f"/v1/payments/{payment_id}/events").json["data"]
    return events


def whys(edge: Edge, payment_id: str) -> list[tuple[str, str]]:
    return [(event["actor"], event["cause"]) for event in timeline(edge, payment_id)]


def test_a_payment_lasts_as_long_as_requested(edge: Edge) -> None:
    payment = edge.pay(expires_in_s=600).json
    begun, ends = (datetime.fromisoformat(payment[name]) for name in ("created_at", "expires_at"))
    assert ends - begun == timedelta(seconds=600)


def test_a_mobile_without_a_country_code_is_one_of_the_workspaces_country(america: Edge) -> None:
    customer = america.pay(**DOLLARS, customer={"mobile": "650 253 0000"}).json["customer"]
    assert (customer["mobile"], customer["mobile_sent"]) == ("+16502530000", True)


def test_a_new_payment_says_who_began_it_and_a_retry_who_tried_again(america: Edge) -> None:
    payment_id = america.pay(**DOLLARS, payment_method=DECLINED).json["payment_id"]
    assert set(whys(america, payment_id)) == {("user:owner", "initiate")}
    america.call("POST", f"/v1/payments/{payment_id}/retry", {"payment_method": TOKEN}, key="retry-1", sub="support")
    assert whys(america, payment_id)[-1] == ("user:support", "retry")


@pytest.mark.parametrize("act", ["refresh", "verify"])
def test_the_refreshing_member_is_the_actor_of_the_completion(edge: Edge, act: str) -> None:
    payment = edge.pay().json
    edge.world.fault("no_webhook", "*", -1)
    edge.world.payer("pay", payment["attempts"][0]["attempt_id"])
    response = edge.call("POST", f"/v1/payments/{payment['payment_id']}/{act}", sub="member")
    assert response.json["status"] == "completed"
    assert whys(edge, payment["payment_id"])[-1] == ("user:member", act)


def authorized(edge: Edge) -> str:
    return str(edge.pay(**DOLLARS, payment_method=TOKEN, capture="manual").json["payment_id"])


def test_an_authorization_is_captured_by_who_captures_it_and_voided_with_the_reason(america: Edge) -> None:
    captured = authorized(america)
    america.call("POST", f"/v1/payments/{captured}/capture", {}, sub="finance")
    assert ("user:finance", "capture") in whys(america, captured)
    payment = america.pay(**DOLLARS, payment_method=TOKEN, capture="manual", merchant_order_id="B", key="b").json
    america.call("POST", f"/v1/payments/{payment['payment_id']}/cancel", {"reason": "out of stock"}, sub="finance")
    reported = [event for event in timeline(america, payment["payment_id"]) if event["cause"] == "cancel"]
    assert {event["actor"] for event in reported} == {"user:finance"}
    assert any("out of stock" in event["note"] for event in reported)


def test_a_refund_says_who_requested_it(edge: Edge) -> None:
    payment_id = edge.paid()["payment_id"]
    edge.call("POST", f"/v1/payments/{payment_id}/refunds", {"amount": 100}, key="r", sub="finance")
    requested = [each for each in timeline(edge, payment_id) if each["kind"].startswith("refund.")]
    assert (requested[0]["actor"], requested[0]["cause"]) == ("user:finance", "refund")


def test_a_dispute_is_accepted_for_the_reason_that_was_given(edge: Edge) -> None:
    payment_id, dispute = disputed(edge)
    edge.call("POST", f"/v1/disputes/{dispute['dispute_id']}/accept", {"reason": "sent twice"}, sub="finance")
    (request,) = [event for event in timeline(edge, payment_id) if event["kind"] == "dispute.accept_requested"]
    assert (request["actor"], request["cause"]) == ("user:finance", "dispute accepted")
    assert "sent twice" in request["note"]


@pytest.mark.parametrize(("code", "cause"), [("approve", "approved"), ("refuse", "refused")])
def test_an_answer_to_an_approval_keeps_its_note(edge: Edge, code: str, cause: str) -> None:
    case = under_review(edge, ABOVE)
    approval = decide(edge, case, "write_off").json["approval"]
    path = f"/v1/approvals/{approval['approval_id']}/{code}"
    response = edge.call("POST", path, {"note": "called the bank"}, sub="finance2")
    assert (response.json["answer_note"], response.json["answered_by"]) == ("called the bank", "user:finance2")
    reported = [event for event in timeline(edge, case["payment_id"]) if "called the bank" in event["note"]]
    assert reported
    assert cause in {event["cause"] for event in timeline(edge, case["payment_id"])}


def test_a_reconciliation_without_a_window_is_of_the_last_24_hours(edge: Edge) -> None:
    report = edge.call("POST", "/v1/reconciliations").json
    now = edge.world.clock.now()
    assert (report["created_from"], report["created_to"]) == (to_text(now - timedelta(hours=24)), to_text(now))


# The gateway's own words, for staff only


def words(response: Reply) -> set[str]:
    """Of each failure in the answer, wherever it stands."""
    payments = response.json.get("data", [response.json])
    attempts = [attempt for payment in payments for attempt in payment["attempts"]]
    return {each["failure"]["message"] for each in [*payments, *attempts] if each["failure"]}


READING = (
    ("GET", "/v1/payments/{}"),
    ("GET", "/v1/payments"),
    ("GET", "/v1/payments?merchant_order_id=ORDER-1"),
    ("POST", "/v1/payments/{}/refresh"),
    ("POST", "/v1/payments/{}/verify"),
)


@pytest.mark.parametrize(("method", "path"), READING)
def test_every_answer_with_a_payment_has_the_gateways_words_for_staff_alone(
    america: Edge, method: str, path: str
) -> None:
    payment_id = america.pay(**DOLLARS, payment_method=DECLINED).json["payment_id"]
    america.world.clock.sleep(1)
    assert words(america.call(method, path.format(payment_id), sub="member")) == {""}
    (reported,) = words(america.call(method, path.format(payment_id), sub="support"))
    assert "insufficient funds" in reported


@pytest.mark.parametrize(("sub", "is_reported"), [("member", False), ("support", True)])
def test_a_new_payment_and_a_retry_have_them_for_staff_alone(america: Edge, sub: str, is_reported: bool) -> None:
    response = america.call(
        "POST",
        "/v1/payments",
        {"merchant_order_id": "A", "amount": 49900, "return_url": "https://shop.example/", **DOLLARS}
        | {"payment_method": DECLINED},
        sub=sub,
        key="a",
    )
    assert (words(response) != {""}) is is_reported
    path = f"/v1/payments/{response.json['payment_id']}/retry"
    again = america.call("POST", path, {"payment_method": TOKEN}, sub=sub, key="retry")
    assert again.json["status"] == "completed"
    assert (words(again) != {""}) is is_reported


@pytest.mark.parametrize("act", ["capture", "cancel"])
def test_who_captures_or_cancels_is_staff(america: Edge, act: str) -> None:
    first = america.pay(**DOLLARS, payment_method=DECLINED, capture="manual").json
    path = f"/v1/payments/{first['payment_id']}"
    america.call("POST", f"{path}/retry", {"payment_method": TOKEN}, key="retry")
    (reported,) = words(america.call("POST", f"{path}/{act}", {}, sub="finance"))
    assert "insufficient funds" in reported
