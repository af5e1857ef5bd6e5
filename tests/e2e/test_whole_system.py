"""The real template on this machine: HTTP, workers, tables, state machine, simulator, each in its own process."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from dev.local.testing import Answer
from tests.e2e.shop import Shop, at_once, until


def test_a_paid_order_goes_from_pending_to_completed(shop: Shop) -> None:
    payment = shop.initiate()
    assert (payment["status"], payment["next_action"]["type"]) == ("pending", "redirect")
    page = shop.stack.call("GET", payment["next_action"]["url"])
    assert page.http_status == 200
    shop.payer(payment, "pay")
    done = shop.ends(payment["payment_id"], "completed")
    assert done["amount_captured"] == 49900 == shop.captured(payment)
    timeline = shop.ask("GET", f"/v1/payments/{payment['payment_id']}/events").json()["data"]
    assert [event["kind"] for event in timeline] == ["payment.created", "attempt.pending", "attempt.completed"]


@pytest.mark.parametrize(("act", "status"), [("decline", "failed"), ("abandon", "expired")])
def test_what_is_not_paid_ends_without_money(shop: Shop, act: str, status: str) -> None:
    payment = shop.initiate(expires_in_s=300)
    shop.payer(payment, act)
    done = shop.ends(payment["payment_id"], status)
    assert done["amount_captured"] == 0 == shop.captured(payment)


def test_a_lost_webhook_is_found_by_the_polling_execution(shop: Shop) -> None:
    shop.fault("no_webhook", "*", -1)
    try:
        payment = shop.paid()
    finally:
        shop.clear_faults()
    timeline = shop.ask("GET", f"/v1/payments/{payment['payment_id']}/events").json()["data"]
    assert timeline[-1]["cause"] in ("poll", "sweep")


def test_a_hundred_different_initiations_at_once_all_succeed(shop: Shop) -> None:
    token = shop.stack.token()

    def initiate(number: int) -> int:
        order = shop.an_order()
        headers = {"X-Tenant-ID": "ws_demo", "Idempotency-Key": f"hundred-{number}"}
        return shop.stack.call("POST", "/v1/payments", order, headers, token).http_status

    assert Counter(at_once(100, initiate)) == {201: 100}


def test_a_worker_killed_between_acceptance_and_record_loses_and_doubles_nothing(shop: Shop) -> None:
    """The gateway has the order and answers slowly when the worker is killed."""
    order, token = shop.an_order(), shop.stack.token()
    headers = {"X-Tenant-ID": "ws_demo", "Idempotency-Key": order["merchant_order_id"]}
    known = {there["id"] for there in shop.ledger()["orders"]}

    def ask() -> Answer:
        return shop.stack.call("POST", "/v1/payments", order, headers, token)

    def accepted() -> set[str]:
        return {there["id"] for there in shop.ledger()["orders"]} - known

    shop.fault("slow", "pay")
    with ThreadPoolExecutor(1) as caller:
        cut_off = caller.submit(ask)
        (attempt_id,) = until(accepted, bool)
        while shop.stack.status()["functions"]["InitiateFunction"]["workers"] and not cut_off.done():
            shop.stack.kill_worker("InitiateFunction")
    assert cut_off.result().http_status >= 500
    answer = until(ask, lambda seen: seen.http_status == 201)
    assert ask().body == answer.body
    assert (answer.json()["status"], answer.json()["next_action"]["type"]) == ("pending", "none")
    assert [attempt["attempt_id"] for attempt in answer.json()["attempts"]] == [attempt_id]
    assert accepted() == {attempt_id}


def test_the_merchants_browser_comes_back_with_nothing_but_the_id(shop: Shop) -> None:
    payment = shop.initiate()
    shop.payer(payment, "pay")
    attempt_id = payment["attempts"][0]["attempt_id"]
    (there,) = [order for order in shop.ledger()["orders"] if order["id"] == attempt_id]
    back = shop.stack.call("GET", there["redirect_url"])
    assert back.http_status == 302
    assert back.headers["location"] == f"{shop.stack.url}/?back=1&payment_id={payment['payment_id']}"
    view = shop.stack.call(
        "GET",
        f"/v1/checkouts/{payment['payment_id']}",
        headers={"Authorization": f"Bearer {payment['checkout_token']}"},
    )
    assert view.json()["status"] == "completed"
    assert "customer" not in view.json()


def test_a_slash_at_the_end_reaches_the_route_or_is_answered_with_the_right_path(shop: Shop) -> None:
    payment = shop.initiate(merchant_order_id="INV/2026/00001#1")
    found = shop.ask("GET", "/v1/payments?merchant_order_id=INV%2F2026%2F00001%231").json()["data"]
    assert [each["payment_id"] for each in found] == [payment["payment_id"]]
    attempt_id = payment["attempts"][0]["attempt_id"]
    (there,) = [order for order in shop.ledger()["orders"] if order["id"] == attempt_id]
    back = shop.stack.call("GET", there["redirect_url"].replace("/return?", "/return/?"))
    assert (back.http_status, back.headers["location"][: len(shop.stack.url)]) == (302, shop.stack.url)
    assert shop.stack.call("POST", "/v1/webhooks/phonepe/", {}).json()["error"]["code"] == "invalid_signature"
    for wanted in ("/v1/payments/", "/payments", "/payments/"):
        answer = shop.stack.call("POST", wanted, {})
        assert (answer.http_status, answer.json()["error"]["details"]) == (404, {"path": "/v1/payments"})
    assert shop.stack.call("GET", "/v1/nowhere").json()["error"]["code"] == "not_found"
    preflight = {"Origin": shop.stack.url, "Access-Control-Request-Method": "POST"}
    assert shop.stack.call("OPTIONS", "/v1/payments/", headers=preflight).http_status == 204


def test_part_refunds_run_to_their_end_one_after_the_other(shop: Shop) -> None:
    payment = shop.paid()
    for number, minor in enumerate((10000, 15000)):
        wanted = shop.ask(
            "POST",
            f"/v1/payments/{payment['payment_id']}/refunds",
            {"amount": minor, "reason_code": "damaged", "reason_text": "box was open"},
            key=f"part-{payment['payment_id']}-{number}",
        )
        assert wanted.http_status == 201
        assert wanted.json()["status"] in ("pending", "processing")
    done = until(lambda: shop.payment(payment["payment_id"]), lambda seen: seen["amount_refunded"] == 25000)
    assert done["refund_status"] == "partial"
    there = [refund for refund in shop.ledger()["refunds"] if refund["state"] == "COMPLETED"]
    assert sum(refund["amount"] for refund in there if refund["order"] == payment["attempts"][0]["attempt_id"]) == 25000


def test_with_no_webhook_and_no_state_machine_the_sweep_brings_every_payment_home(shop: Shop) -> None:
    shop.stack.stop_executions(start="off")
    shop.fault("no_webhook", "*", -1)
    try:
        acts = ["pay", "decline", "pay", "abandon", "pay"]
        payments = [shop.initiate(expires_in_s=300) for _ in acts]
        for payment, act in zip(payments, acts, strict=True):
            shop.payer(payment, act)
        ends = [shop.ends(payment["payment_id"], "completed", "failed", "expired")["status"] for payment in payments]
        assert ends == ["completed", "failed", "completed", "expired", "completed"]
    finally:
        shop.clear_faults()
        shop.stack.stop_executions(start="on")


def test_a_dry_run_leaves_every_table_as_it_was(shop: Shop) -> None:
    shop.paid()
    report = shop.ask("POST", "/v1/reconciliations", {"dry_run": True})
    assert report.http_status in (200, 201), report.body
    assert report.json()["checked"] > 0
    stored = shop.ask("POST", "/v1/reconciliations", {"dry_run": False}).json()
    assert shop.ask("GET", f"/v1/reconciliations/{stored['reconciliation_id']}").json() == stored


def test_no_secret_and_nobodys_data_is_in_any_log(shop: Shop) -> None:
    customer = {"id": "cust-1", "name": "Canary Person", "email": "canary@example.com", "mobile": "+919812345678"}
    opened = shop.initiate(customer=customer)
    payment_token = opened["checkout_token"]
    shop.payer(opened, "pay")
    payment = shop.ends(opened["payment_id"], "completed")
    logs = "".join(path.read_text() for path in (shop.stack.state / "logs").glob("*"))
    logs += shop.stack.output.read_text()
    timeline = shop.ask("GET", f"/v1/payments/{payment['payment_id']}/events").body.decode()
    canaries = ["Canary", "canary@", "9812345678", "sim-client-secret", "simPass123", "O-Bearer", "token="]
    for canary in [*canaries, payment_token.split(".")[0]]:
        assert canary not in logs, canary
        assert canary not in timeline, canary
    assert json.loads(timeline)["data"]


def test_an_execution_that_was_lost_is_resumed_by_the_sweep(shop: Shop) -> None:
    """As after a restart in the middle: nothing polls, nobody calls, and the payment still ends."""
    shop.fault("no_webhook", "*", -1)
    try:
        payment = shop.initiate()
        shop.stack.stop_executions()
        shop.payer(payment, "pay")
        shop.ends(payment["payment_id"], "completed")
    finally:
        shop.clear_faults()
    timeline = shop.ask("GET", f"/v1/payments/{payment['payment_id']}/events").json()["data"]
    assert timeline[-1]["cause"] == "sweep"
