from typing import Any

import pytest

from gateway_simulators.phonepe.instruments import FAILURE_BY_DETAIL
from gateway_simulators.phonepe.settings import Settings
from simulator_tests.harness import PG, RETURN_URL, Harness


def test_a_new_order_is_pending_without_details(sim: Harness) -> None:
    opened = sim.pay_call(expireAfter=600).json()
    assert opened["state"] == "PENDING"
    assert opened["expireAt"] == round((sim.clock.now() + 600) * 1000)
    assert opened["redirectUrl"].startswith("http://sim.test/transact/")
    status = sim.status()
    assert (status["state"], status["amount"], status["paymentDetails"]) == ("PENDING", 49900, [])
    assert status["orderId"] == opened["orderId"]


def test_an_order_for_the_mobile_sdk_has_a_token_in_place_of_an_address(sim: Harness) -> None:
    body = {"merchantOrderId": "att_1", "amount": 100, "paymentFlow": {"type": "PG_CHECKOUT"}}
    opened = sim.http.post(f"{PG}/checkout/v2/sdk/order", json=body).json()
    assert opened["token"]
    assert "redirectUrl" not in opened
    assert sim.http.post(f"{PG}/payments/v2/sdk/order", json=body).status_code == 417


def test_production_paths_reach_the_same_orders(sim: Harness) -> None:
    sim.pay_call()
    assert sim.http.get("/apis/pg/payments/v2/order/att_1/status").json()["merchantOrderId"] == "att_1"


def test_a_reused_order_id_is_refused_even_after_failure(sim: Harness) -> None:
    sim.pay_call()
    assert sim.pay_call(amount=100).status_code == 417
    sim.act("decline")
    refusal = sim.pay_call()
    assert (refusal.status_code, refusal.json()["code"]) == (417, "INVALID_TRANSACTION_ID")
    assert sim.status()["amount"] == 49900


def test_the_status_of_an_unknown_order_is_a_bad_request(sim: Harness) -> None:
    refusal = sim.status_call("att_0")
    assert (refusal.status_code, refusal.json()["code"]) == (400, "INVALID_MERCHANT_ORDER_ID")
    assert refusal.json()["message"] == "No entry found for given merchant order id"


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": 99},
        {"amount": 100.0},
        {"amount": "100"},
        {"amount": True},
        {"amount": None},
        {"merchantOrderId": ""},
        {"merchantOrderId": "x" * 64},
        {"merchantOrderId": "a/b"},
        {"merchantOrderId": 7},
        {"expireAfter": 299},
        {"expireAfter": 3601},
        {"expireAfter": "600"},
        {"metaInfo": {"udf11": ""}},
        {"metaInfo": {"udf15": "a,b"}},
        {"metaInfo": {"udf11": "x" * 51}},
        {"metaInfo": {"udf1": "x" * 257}},
        {"metaInfo": {"udf16": "x"}},
        {"metaInfo": "x"},
        {"paymentFlow": None},
        {"paymentFlow": {"type": "PG"}},
        {"paymentFlow": {"type": "PG_CHECKOUT", "merchantUrls": {"redirectUrl": "javascript:alert(1)"}}},
        {"paymentFlow": {"type": "PG_CHECKOUT", "merchantUrls": {"redirectUrl": "http://[x/"}}},
        {"disablePaymentRetry": "yes"},
    ],
)
def test_bad_fields_are_refused_and_make_no_order(sim: Harness, wrong: dict[str, Any]) -> None:
    body = {"merchantOrderId": "att_1", "amount": 100, "paymentFlow": {"type": "PG_CHECKOUT"}} | wrong
    refusal = sim.http.post(f"{PG}/checkout/v2/pay", json=body)
    assert (refusal.status_code, refusal.json()["code"]) == (400, "BAD_REQUEST")
    assert sim.ledger()["orders"] == []


@pytest.mark.parametrize("body", [b"[]", b"{", b"\xff", b"1"])
def test_a_body_that_is_no_object_is_refused(sim: Harness, body: bytes) -> None:
    assert sim.http.post(f"{PG}/checkout/v2/pay", content=body).json()["code"] == "BAD_REQUEST"


def test_nulls_count_as_absent(sim: Harness) -> None:
    flow = {"type": "PG_CHECKOUT", "message": None, "merchantUrls": {"redirectUrl": None}, "paymentModeConfig": None}
    meta = {f"udf{n}": None for n in range(1, 16)} | {"udf1": "tenant-7", "udf11": "inv_42@x.y"}
    opened = sim.pay_call(
        paymentFlow=flow, metaInfo=meta, expireAfter=None, disablePaymentRetry=None, prefillUserLoginDetails=None
    )
    assert opened.status_code == 200
    assert sim.status()["metaInfo"] == {"udf1": "tenant-7", "udf11": "inv_42@x.y"}


def test_a_paid_order_is_completed_with_its_trail(sim: Harness) -> None:
    sim.pay_call()
    assert sim.act("pay").json() == {"order": "att_1", "state": "COMPLETED"}
    [paid] = sim.status()["paymentDetails"]
    assert (paid["state"], paid["amount"], paid["paymentMode"]) == ("COMPLETED", 49900, "UPI_QR")
    assert paid["rail"]["utr"]
    assert paid["splitInstruments"][0]["amount"] == 49900
    assert sim.ledger()["captures"][0]["amount"] == 49900
    assert sim.receiver.events == ["checkout.order.completed"]


@pytest.mark.parametrize("mode", ["UPI_INTENT", "UPI_COLLECT", "CARD", "NET_BANKING"])
def test_the_payer_may_choose_the_mode(sim: Harness, mode: str) -> None:
    sim.pay_call()
    sim.act("pay", mode=mode)
    assert sim.status()["paymentDetails"][0]["paymentMode"] == mode


def test_a_declined_order_is_failed_for_good(sim: Harness) -> None:
    sim.pay_call()
    sim.act("decline")
    status = sim.status()
    assert (status["state"], status["errorCode"]) == ("FAILED", "TXN_CANCELLED")
    assert status["paymentDetails"][0]["detailedErrorCode"] == "REQUEST_DECLINE_BY_REQUESTEE"
    assert sim.act("pay").status_code == 409
    assert sim.receiver.events == ["checkout.order.failed"]


@pytest.mark.parametrize("act", ["pay", "decline", "abandon"])
@pytest.mark.parametrize("retry", [False, True])
def test_a_paid_order_cannot_be_changed(sim: Harness, act: str, retry: bool) -> None:
    sim.paid_order()
    assert sim.act(act, retry=retry).status_code == 409
    assert sim.status(query="?details=true")["state"] == "COMPLETED"
    assert len(sim.ledger()["orders"][0]["attempts"]) == 1


@pytest.mark.parametrize("error", sorted(FAILURE_BY_DETAIL))
def test_a_decline_may_have_any_known_reason(sim: Harness, error: str) -> None:
    sim.pay_call()
    sim.act("decline", error=error)
    assert sim.status()["detailedErrorCode"] == error


def test_the_error_context_comes_only_on_request_for_a_failed_order(sim: Harness) -> None:
    sim.pay_call()
    assert "errorContext" not in sim.status(query="?errorContext=true")
    sim.act("decline", error="ZM")
    assert "errorContext" not in sim.status()
    assert sim.status(query="?errorContext=true")["errorContext"]["detailedErrorCode"] == "ZM"


def test_a_failed_try_leaves_the_order_open_to_another(sim: Harness) -> None:
    sim.pay_call()
    sim.act("decline", retry=True, error="Z9")
    status = sim.status()
    assert (status["state"], status["paymentDetails"][0]["state"]) == ("PENDING", "FAILED")
    sim.act("pay")
    assert sim.status()["state"] == "COMPLETED"
    assert sim.receiver.events == ["checkout.transaction.attempt.failed", "checkout.order.completed"]
    reported = sim.receiver.got[0].payload
    assert (reported["state"], reported["errorCode"], reported["paymentDetails"][0]["state"]) == (
        "PENDING",
        "INSUFFICIENT_BALANCE",
        "FAILED",
    )


def test_a_failed_try_ends_an_order_that_forbids_retries(sim: Harness) -> None:
    sim.pay_call(disablePaymentRetry=True)
    sim.act("decline", retry=True)
    assert sim.status()["state"] == "FAILED"


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", 1),
        ("?details=false&details=false", 1),
        ("?details=False", 1),
        ("?details=true&details=true", 2),
        ("?details=True", 2),
        ("?details=nonsense", 1),
    ],
)
def test_details_show_all_tries_or_the_latest(sim: Harness, query: str, shown: int) -> None:
    sim.pay_call()
    sim.act("decline", retry=True)
    sim.act("pay")
    details = sim.status(query=query)["paymentDetails"]
    assert len(details) == shown
    assert details[-1]["state"] == "COMPLETED"


def test_one_try_can_be_looked_up_by_its_own_id(sim: Harness) -> None:
    sim.paid_order()
    transaction = sim.status()["paymentDetails"][0]["transactionId"]
    found = sim.http.get(f"{PG}/checkout/v2/transaction/{transaction}/status").json()
    assert (found["merchantOrderId"], found["paymentDetails"][0]["transactionId"]) == ("att_1", transaction)
    assert sim.http.get(f"{PG}/checkout/v2/transaction/OM0/status").status_code == 400


def test_an_order_walked_away_from_stays_open_and_expires_to_the_second(sim: Harness) -> None:
    sim.pay_call(expireAfter=300)
    sim.act("abandon")
    sim.wait(299.9)
    assert sim.status()["state"] == "PENDING"
    sim.wait(0.1)
    status = sim.status()
    assert (status["state"], status["errorCode"], status["detailedErrorCode"]) == (
        "FAILED",
        "TXN_NOT_COMPLETED",
        "ORDER_EXPIRED",
    )
    assert sim.receiver.events == ["checkout.order.failed"]
    assert sim.act("pay").status_code == 409


def test_a_long_jump_of_the_clock_leaves_true_times_behind(sim: Harness) -> None:
    sim.pay_call(expireAfter=300)
    expires_at = sim.clock.now() + 300
    sim.wait(86_400)
    assert sim.ledger()["orders"][0]["closed_at"] == expires_at


def test_a_paid_order_does_not_expire(sim: Harness) -> None:
    sim.paid_order()
    sim.wait(86_400)
    assert sim.status()["state"] == "COMPLETED"


def test_the_payer_may_act_later(sim: Harness) -> None:
    sim.pay_call(expireAfter=300)
    sim.act("pay", after_s=22)
    sim.wait(21.9)
    assert sim.status()["state"] == "PENDING"
    sim.wait(0.1)
    assert sim.status()["state"] == "COMPLETED"


def test_a_payer_who_acts_after_the_end_changes_nothing(sim: Harness) -> None:
    sim.pay_call(expireAfter=300)
    sim.act("pay", after_s=301)
    sim.wait(400)
    assert (sim.status()["state"], sim.ledger()["captures"]) == ("FAILED", [])


def test_ids_come_with_and_without_letters(sim: Harness) -> None:
    ids = [sim.pay_call(f"att_{n}").json()["orderId"] for n in range(8)]
    assert len(set(ids)) == 8
    assert all(one.startswith("OMO2611201600") for one in ids)  # 16:00 in India.
    assert {one[25:] for one in ids} == {"", "V", "W", "BW"}


def test_older_answers_lack_the_newer_fields() -> None:
    sim = Harness(Settings(shows_newer_fields=False))
    sim.paid_order()
    assert not {"merchantId", "merchantOrderId", "currency"} & set(sim.status())


@pytest.mark.parametrize("path", ["/apis/pg-sandbox/pg/v1/pay", "/apis/pg/v1/oauth/token", "/apis/pgsandbox/x"])
def test_wrong_paths_are_not_mapped(sim: Harness, path: str) -> None:
    refusal = sim.http.post(path, json={})
    assert (refusal.status_code, refusal.json()["message"]) == (400, "Bad Request - Api Mapping Not Found")


def test_the_address_to_go_back_to_is_stored_as_sent(sim: Harness) -> None:
    sim.pay_call()
    assert sim.ledger()["orders"][0]["redirect_url"] == RETURN_URL
