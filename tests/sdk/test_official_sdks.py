"""PhonePe's own clients work with the simulator as with PhonePe."""

from __future__ import annotations

import hashlib

import pytest

from tests.sdk.conftest import Sdk
from tests.sdk.served import Served

USER, PASSWORD = "sim_user", "simPass123"
PROOF = hashlib.sha256(f"{USER}:{PASSWORD}".encode()).hexdigest()


def refund(sdk: Sdk, refund_id: str = "rfd_1", amount: int = 10000) -> object:
    return sdk.get("refund", refund=refund_id, order="att_1", amount=amount)


@pytest.mark.parametrize("stage", ["SANDBOX", "PRODUCTION"])
def test_an_order_is_opened_paid_and_seen_as_paid(fresh_sdk: Sdk, simulator: Served, stage: str) -> None:
    fresh_sdk.log_in(stage)
    opened = fresh_sdk.pay()
    assert opened["state"] == "PENDING"
    assert opened["redirectUrl"].startswith(f"{simulator.url}/transact/")
    assert fresh_sdk.status()["state"] == "PENDING"
    simulator.control("orders/att_1", act="pay")
    status = fresh_sdk.status()
    assert (status["state"], status["amount"], status["orderId"]) == ("COMPLETED", 49900, opened["orderId"])
    assert status["metaInfo"]["udf11"] == "inv_42"
    [paid] = status["paymentDetails"]
    assert (paid["state"], paid["paymentMode"], paid["rail"]["type"]) == ("COMPLETED", "UPI_QR", "UPI")
    assert fresh_sdk.get("transaction", transaction=paid["transactionId"])["state"] == "COMPLETED"
    assert simulator.ledger()["calls"]["token"] == 1


@pytest.mark.parametrize("mode", ["UPI_INTENT", "UPI_COLLECT", "UPI_QR", "CARD", "NET_BANKING"])
def test_every_mode_is_understood(sdk: Sdk, simulator: Served, mode: str) -> None:
    sdk.pay()
    simulator.control("orders/att_1", act="pay", mode=mode)
    assert sdk.status()["paymentDetails"][0]["paymentMode"] == mode


def test_an_order_for_the_mobile_sdk_is_opened(sdk: Sdk) -> None:
    opened = sdk.get("sdk_order", order="att_1", amount=100)
    assert opened["token"]
    assert sdk.status()["amount"] == 100


def test_details_show_every_try(sdk: Sdk, simulator: Served) -> None:
    sdk.pay()
    simulator.control("orders/att_1", act="decline", retry=True, error="ZM")
    simulator.control("orders/att_1", act="decline", error="Z9")
    assert [one["detailedErrorCode"] for one in sdk.status()["paymentDetails"]] == ["Z9"]
    status = sdk.status(details=True)
    assert [one["detailedErrorCode"] for one in status["paymentDetails"]] == ["ZM", "Z9"]
    assert (status["state"], status["errorCode"]) == ("FAILED", "INSUFFICIENT_BALANCE")


def test_a_refund_runs_to_its_end(sdk: Sdk, simulator: Served) -> None:
    sdk.pay()
    simulator.control("orders/att_1", act="pay")
    refund(sdk)
    assert sdk.get("refund_status", refund="rfd_1")["state"] == "PENDING"
    simulator.control("refunds/rfd_1", act="complete")
    status = sdk.get("refund_status", refund="rfd_1")
    assert (status["state"], status["amount"], status["originalMerchantOrderId"]) == ("COMPLETED", 10000, "att_1")
    assert status["paymentDetails"][0]["state"] == "COMPLETED"


def test_a_debit_that_outlasts_its_order_is_pending_until_the_bank_answers(sdk: Sdk, simulator: Served) -> None:
    sdk.pay()
    simulator.control("orders/att_1", act="wait", mode="UPI_INTENT")
    pending = sdk.status()
    assert (pending["state"], [one["state"] for one in pending["paymentDetails"]]) == ("PENDING", ["PENDING"])
    simulator.control("pending/att_1", act="complete")
    assert sdk.status()["state"] == "COMPLETED"


def test_a_refund_that_came_back_is_read_as_failed(sdk: Sdk, simulator: Served) -> None:
    sdk.pay()
    simulator.control("orders/att_1", act="pay")
    refund(sdk)
    simulator.control("refunds/rfd_1", act="complete")
    simulator.control("refunds/rfd_1", act="return")
    status = sdk.get("refund_status", refund="rfd_1")
    [detail] = status["paymentDetails"]
    assert (status["state"], detail["errorCode"], detail["detailedErrorCode"]) == ("FAILED", "ACCOUNT_INACTIVE", "ZX")


def test_refusals_have_the_codes_of_phonepe(sdk: Sdk, simulator: Served) -> None:
    sdk.pay()
    again = sdk.refusal("pay", order="att_1", amount=100, redirect_url="http://127.0.0.1/back")
    assert (again["kind"], again["http_status"], again["code"]) == ("ExpectationFailed", 417, "INVALID_TRANSACTION_ID")
    unknown = sdk.refusal("status", order="att_0", details=False)
    assert (unknown["kind"], unknown["http_status"], unknown["code"]) == (
        "BadRequest",
        400,
        "INVALID_MERCHANT_ORDER_ID",
    )
    early = sdk.refusal("refund", refund="rfd_1", order="att_1", amount=100)
    assert (early["kind"], early["code"]) == ("BadRequest", "REFUND_NOT_ALLOWED")
    simulator.control("orders/att_1", act="pay")
    refund(sdk)
    reused = sdk.refusal("refund", refund="rfd_1", order="att_1", amount=100)
    assert (reused["kind"], reused["http_status"]) == ("ExpectationFailed", 417)


def test_wrong_credentials_are_refused_by_the_first_call_at_the_latest(fresh_sdk: Sdk) -> None:
    first = fresh_sdk.ask("log_in", stage="SANDBOX", secret="wrong")
    error = first.get("error") or fresh_sdk.refusal("status", order="att_1", details=False)
    assert (error["kind"], error["http_status"], error["code"]) == ("BadRequest", 400, "OIM000")


def test_a_revoked_token_is_replaced_and_work_goes_on(sdk: Sdk, simulator: Served) -> None:
    sdk.pay()
    simulator.control("faults", fault="unauthorized", op="status")
    # Node repeats the call itself; Python raises, and its next call succeeds.
    sdk.ask("status", order="att_1", details=False)
    assert sdk.status()["state"] == "PENDING"
    assert simulator.ledger()["calls"]["token"] == 2


@pytest.mark.parametrize("fault", ["error_before", "error_after"])
def test_server_errors_are_server_errors(sdk: Sdk, simulator: Served, fault: str) -> None:
    sdk.pay()
    simulator.control("faults", fault=fault, op="status")
    error = sdk.refusal("status", order="att_1", details=False)
    assert (error["kind"], error["http_status"], error["code"]) == ("ServerError", 500, "INTERNAL_SERVER_ERROR")


@pytest.mark.parametrize("fault", ["refuse", "lose_answer"])
def test_a_call_without_answer_fails_and_the_next_one_works(sdk: Sdk, simulator: Served, fault: str) -> None:
    sdk.pay()
    simulator.control("faults", fault=fault, op="status")
    assert sdk.refusal("status", order="att_1", details=False)["code"] != "INTERNAL_SERVER_ERROR"
    assert sdk.status()["state"] == "PENDING"


def every_webhook(sdk: Sdk, simulator: Served) -> list[tuple[str, str]]:
    """One webhook of each event, as (header, body)."""
    sdk.pay()
    simulator.control("orders/att_1", act="decline", retry=True)
    simulator.control("orders/att_1", act="pay", mode="CARD")
    refund(sdk)
    simulator.control("refunds/rfd_1", act="fail")
    with simulator.app.lock:
        simulator.app.model.refunds._confirm(
            simulator.app.model.refunds.create_by_hand(simulator.app.model.known_order("att_1"), 100)
        )
    simulator.control("refunds/" + simulator.ledger()["refunds"][-1]["id"], act="complete")
    sdk.pay("att_2")
    simulator.control("orders/att_2", act="decline")
    return [(headers["Authorization"], body.decode()) for headers, body in simulator.webhooks]


def test_every_webhook_is_accepted_by_the_sdks_own_check(sdk: Sdk, simulator: Served) -> None:
    sent = every_webhook(sdk, simulator)
    accepted = [sdk.get("validate", user=USER, password=PASSWORD, header=header, body=body) for header, body in sent]
    assert sorted(one["event"] for one in accepted) == [
        "checkout.order.completed",
        "checkout.order.failed",
        "checkout.transaction.attempt.failed",
        "pg.refund.accepted",
        "pg.refund.completed",
        "pg.refund.failed",
    ]
    assert all(one["payload"]["amount"] for one in accepted)


@pytest.mark.parametrize(
    "header",
    ["", PROOF.upper(), f"SHA256 {PROOF}", f"SHA256({PROOF})", f"{PROOF} ", PROOF[:-1], "0" * 64, f"O-Bearer {PROOF}"],
)
def test_a_forged_webhook_is_refused_by_the_sdks_own_check(sdk: Sdk, simulator: Served, header: str) -> None:
    sdk.pay()
    simulator.control("orders/att_1", act="pay")
    [(headers, body)] = simulator.webhooks
    assert headers["Authorization"] == PROOF
    error = sdk.refusal("validate", user=USER, password=PASSWORD, header=header, body=body.decode())
    assert (error["kind"], error["http_status"]) == ("PhonePeException", 417)


def test_the_password_is_part_of_the_proof(sdk: Sdk, simulator: Served) -> None:
    sdk.pay()
    simulator.control("orders/att_1", act="pay")
    [(headers, body)] = simulator.webhooks
    error = sdk.refusal(
        "validate", user=USER, password="otherPass1", header=headers["Authorization"], body=body.decode()
    )
    assert error["http_status"] == 417
