"""Failures of AWS: DynamoDB throttles, Secrets Manager is lost, StartExecution is refused. No money is lost."""

from __future__ import annotations

from typing import Any

import pytest

from dev.local.testing import Answer
from tests.e2e.shop import Shop, until


def initiate(shop: Shop, order: dict[str, Any]) -> Answer:
    return shop.ask("POST", "/v1/payments", order, key=order["merchant_order_id"])


def orders_at_the_gateway(shop: Shop, payment: dict[str, Any]) -> list[dict[str, Any]]:
    (attempt,) = payment["attempts"]
    return [order for order in shop.ledger(attempt["gateway"])["orders"] if order["id"] == attempt["attempt_id"]]


def is_whole(shop: Shop, payment: dict[str, Any]) -> bool:
    """One order at the gateway, captured once, and a timeline without a gap."""
    timeline = shop.ask("GET", f"/v1/payments/{payment['payment_id']}/events").json()["data"]
    amounts = [order["captured"] for order in orders_at_the_gateway(shop, payment)]
    return amounts == [payment["amount_captured"]] and [each["seq"] for each in timeline] == list(
        range(1, len(timeline) + 1)
    )


def test_a_throttled_dynamodb_delays_payments_and_loses_none(shop: Shop) -> None:
    paid_meanwhile, requests_meanwhile = shop.initiate(), shop.an_order()
    known = len(shop.ledger()["orders"])
    with shop.surroundings("throttle", "dynamodb"):
        refused = initiate(shop, requests_meanwhile)
        health = shop.stack.call("GET", "/v1/health")
        shop.payer(paid_meanwhile, "pay")
        until(lambda: shop.log_lines("webhook", '{ $.code = "store_unavailable" }'), bool)
        until(lambda: shop.log_lines("sweep", '{ $.message = "sweep.unleased" || $.message = "sweep.unread" }'), bool)
        assert len(shop.ledger()["orders"]) == known
    assert (refused.http_status, refused.json()["error"]["code"]) == (503, "store_unavailable")
    assert refused.json()["error"]["retryable"] is True
    assert (health.http_status, health.json()["status"]) == (503, "degraded")
    assert shop.log_lines("initiate", '{ $.code = "store_unavailable" && $.http_status = 503 }')
    assert shop.metric("AWS/DynamoDB", "ReadThrottleEvents", TableName="pavati-dev-workspaces") > 0
    assert shop.metric("AWS/DynamoDB", "WriteThrottleEvents", TableName="pavati-dev-payment_webhook_logs") > 0
    again = initiate(shop, requests_meanwhile)
    assert again.http_status == 201
    shop.payer(again.json(), "pay")
    for payment in (paid_meanwhile, again.json()):
        done = shop.ends(payment["payment_id"], "completed")
        assert is_whole(shop, done)


@pytest.mark.parametrize("times", [3, 5, 8, 12])
def test_a_throttle_in_the_middle_of_an_initiation_leaves_nothing_behind(shop: Shop, times: int) -> None:
    """The client tries each call three times, so these failures end at different calls."""
    order = shop.an_order()
    shop.stack.call("POST", "/_local/faults", {"fault": "throttle", "service": "dynamodb", "times": times})
    payment = until(lambda: initiate(shop, order), lambda seen: seen.http_status == 201).json()
    # All faults have hit a call.
    until(lambda: shop.stack.call("GET", "/_local/faults").json()["armed"], lambda armed: armed == [])
    shop.payer(payment, "pay")
    assert is_whole(shop, shop.ends(payment["payment_id"], "completed"))


@pytest.mark.parametrize(
    ("gateway", "workspace", "currency"), [("razorpay", "ws_demo", "INR"), ("stripe", "ws_us", "USD")]
)
def test_a_lost_secrets_manager_stops_new_functions_before_the_gateway_is_called(
    shop: Shop, gateway: str, workspace: str, currency: str
) -> None:
    """PhonePe and PayPal are called with a token that is still valid."""
    order = shop.an_order(gateway=gateway, currency=currency)

    def ask() -> Answer:
        return shop.ask("POST", "/v1/payments", order, key=order["merchant_order_id"], workspace=workspace)

    known = len(shop.ledger(gateway)["orders"])
    with shop.surroundings("lose", "secretsmanager"):
        while shop.stack.status()["functions"]["InitiateFunction"]["workers"]:
            shop.stack.kill_worker("InitiateFunction")  # A running one still has what it read before.
        refused = ask()
        assert len(shop.ledger(gateway)["orders"]) == known
    assert (refused.http_status, refused.json()["error"]["code"]) == (503, "gateway_unavailable")
    pattern = f'{{ $.message = "gateway.failed" && $.gateway = "{gateway}" && $.why = "*could not be read*" }}'
    assert shop.log_lines("initiate", pattern)[0]["error"] == "Unavailable"
    payment = until(ask, lambda seen: seen.http_status == 201).json()
    shop.payer(payment, "pay")
    path = f"/v1/payments/{payment['payment_id']}"
    done = until(lambda: shop.ask("GET", path, workspace=workspace).json(), lambda seen: seen["status"] == "completed")
    assert [there["captured"] for there in orders_at_the_gateway(shop, done)] == [done["amount_captured"]] == [49900]


def test_a_refused_execution_is_carried_by_the_sweep(shop: Shop) -> None:
    shop.fault("no_webhook", "*", -1)
    try:
        with shop.surroundings("refuse", "stepfunctions"):
            payment = shop.initiate()
            (attempt,) = payment["attempts"]
            shop.payer(payment, "pay")
            done = shop.ends(payment["payment_id"], "completed")
    finally:
        shop.clear_faults()
    assert is_whole(shop, done)
    (line,) = shop.log_lines(
        "initiate", f'{{ $.message = "poll.unstarted" && $.attempt_id = "{attempt["attempt_id"]}" }}'
    )
    assert line["error"] == "ExecutionLimitExceeded"
    machine = "arn:aws:states:ap-south-1:123456789012:stateMachine:pavati-dev-poll-payment"
    pages = shop.aws("stepfunctions").get_paginator("list_executions").paginate(stateMachineArn=machine)
    assert attempt["attempt_id"] not in {each["name"] for page in pages for each in page["executions"]}
    timeline = shop.ask("GET", f"/v1/payments/{payment['payment_id']}/events").json()["data"]
    assert timeline[-1]["cause"] == "sweep"
    assert shop.metric("Pavati", "PaymentCompleted", service="pavati-dev") >= 1


def test_bad_input_is_answered_with_what_to_send(shop: Shop) -> None:
    answer = shop.stack.call("POST", "/_local/faults", {"fault": "throttle", "service": "sqs"})
    assert (answer.http_status, "throttle is for dynamodb" in answer.json()["message"]) == (400, True)
    assert shop.stack.call("GET", "/_local/faults").json() == {"armed": []}
