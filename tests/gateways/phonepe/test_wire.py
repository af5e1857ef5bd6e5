"""PhonePe's answers as our snapshots, on samples written by its schema."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from payments.domain.records.snapshot import Snapshot
from payments.domain.values.money import Money
from payments.domain.values.status import Failure, FailureCode, Status
from payments.gateways.phonepe import requests, wire
from payments.gateways.transport.http import Refusal
from tests.gateways.fakes import NOW, a_refund, an_attempt, an_order
from tests.gateways.phonepe.sample import sample

ATTEMPT = an_attempt("att_01JD3Z8Q5V7W9X1Y2Z3A4B5C6D")
REFUND_ID = "rfd_01JD3ZB1M2N3P4Q5R6S7T8V9W0"
ORDER_REF, MONEY_REF, REFUND_REF = (
    "OMO2611201030000000000010V",
    "OM2611201030450000000011V",
    "OMR2611201130000000000021V",
)
PAID = Money(49900, "INR")
PAY_PAGE = re.compile(r"https://(?:[a-z0-9-]+\.)+phonepe\.com/[!-~]*")


def test_a_payment_is_requested_in_paise_with_an_expiry_and_a_way_home() -> None:
    assert requests.to_pay(ATTEMPT, an_order()) == {
        "merchantOrderId": ATTEMPT.id,
        "amount": 49900,
        "expireAfter": 600,
        "metaInfo": {"udf1": "pay_01JD0000000000000000000001", "udf2": "ORD-1"},
        "paymentFlow": {
            "type": "PG_CHECKOUT",
            "message": "Order ORD-1",
            "merchantUrls": {"redirectUrl": "https://shop.example/back"},
        },
    }


def test_meta_info_is_plain_short_and_never_empty() -> None:
    order = an_order(merchant_order_id="ÖRD/7 <b>" + "x" * 300)
    meta = requests.to_pay(ATTEMPT, order)["metaInfo"]
    assert isinstance(meta, dict)
    assert meta["udf2"] == ("_RD_7 _b_" + "x" * 300)[:256]
    bare = requests.to_pay(ATTEMPT, replace(order, merchant_order_id="", payment_id=""))
    assert bare["metaInfo"] == {}


def test_meta_info_keeps_every_character_that_phonepe_accepts() -> None:
    meta = requests.to_pay(ATTEMPT, an_order(merchant_order_id="az AZ09_-@.+ (1)"))["metaInfo"]
    assert isinstance(meta, dict)
    assert meta["udf2"] == "az AZ09_-@.+ _1_"


def test_a_refund_names_its_order() -> None:
    assert requests.to_refund(a_refund(ATTEMPT, 10000, REFUND_ID), ATTEMPT) == {
        "merchantRefundId": REFUND_ID,
        "originalMerchantOrderId": ATTEMPT.id,
        "amount": 10000,
    }


def test_a_checkout_has_their_order_and_their_page_as_received() -> None:
    checkout = wire.from_pay(sample("pay"), PAY_PAGE)
    assert (checkout.ref, checkout.next_action.url) == (ORDER_REF, sample("pay")["redirectUrl"])
    assert checkout.expires_at == NOW + timedelta(seconds=600)


@pytest.mark.parametrize("expire_at", [None, "1795171200000", 10**400, -5, True])
def test_a_checkout_without_a_good_expiry_is_still_one(expire_at: object) -> None:
    assert wire.from_pay(sample("pay") | {"expireAt": expire_at, "orderId": None}, PAY_PAGE).expires_at is None


ECHO: dict[str, Any] = {"subject_id": ATTEMPT.id, "merchant_ref": "MSIM0001"}
DECLINED = Failure(FailureCode.INSUFFICIENT_FUNDS, "Z9", "The account has not enough balance")
SNAPSHOTS = {
    "status_pending_untried": Snapshot(Status.PENDING, PAID, ORDER_REF, **ECHO),
    "status_pending_after_a_failed_try": Snapshot(Status.PENDING, PAID, ORDER_REF, **ECHO),
    "status_completed": Snapshot(Status.COMPLETED, PAID, MONEY_REF, **ECHO),
    "status_completed_old_shape": Snapshot(Status.COMPLETED, PAID, "OM2403201030450000000011"),
    "status_failed_declined": Snapshot(Status.FAILED, PAID, ORDER_REF, DECLINED, **ECHO),
    "status_failed_expired": Snapshot(
        Status.EXPIRED, PAID, ORDER_REF, Failure(FailureCode.EXPIRED, "ORDER_EXPIRED"), **ECHO
    ),
    "status_failed_codes_below": Snapshot(
        Status.FAILED,
        PAID,
        ORDER_REF,
        Failure(FailureCode.CANCELLED_BY_CUSTOMER, "REQUEST_DECLINE_BY_REQUESTEE"),
        **ECHO,
    ),
    "status_all_null": Snapshot(Status.PENDING),
    "status_new_words": Snapshot(Status.PENDING, PAID, ORDER_REF, **ECHO, is_in_progress=True),
}


@pytest.mark.parametrize(("name", "snapshot"), SNAPSHOTS.items(), ids=SNAPSHOTS)
def test_an_order_status_is_read_by_its_root(name: str, snapshot: Snapshot) -> None:
    assert wire.from_payment(sample(name), ATTEMPT) == snapshot


REFUND_ECHO: dict[str, Any] = {"subject_id": REFUND_ID, "merchant_ref": "MSIM0001"}
BACK = Money(10000, "INR")
BREACHED = Failure(FailureCode.LIMIT_EXCEEDED, "BF_034")
EXCESS = Failure(FailureCode.REJECTED, "EXCESS_REFUND_AMOUNT")
REFUND_SNAPSHOTS = {
    "refund_created": Snapshot(Status.PROCESSING, BACK, REFUND_REF),
    "refund_confirmed_detailed": Snapshot(Status.PROCESSING, BACK, REFUND_REF, **REFUND_ECHO),
    "refund_completed_detailed": Snapshot(Status.COMPLETED, BACK, REFUND_REF, **REFUND_ECHO),
    "refund_completed_flat": Snapshot(Status.COMPLETED, BACK, REFUND_REF, **REFUND_ECHO),
    "refund_failed_detailed": Snapshot(Status.FAILED, BACK, REFUND_REF, BREACHED, **REFUND_ECHO),
    "refund_failed_flat": Snapshot(Status.FAILED, BACK, REFUND_REF, EXCESS, **REFUND_ECHO),
}


@pytest.mark.parametrize(("name", "snapshot"), REFUND_SNAPSHOTS.items(), ids=REFUND_SNAPSHOTS)
def test_a_refund_is_read_in_either_shape(name: str, snapshot: Snapshot) -> None:
    assert wire.from_refund(sample(name), ATTEMPT) == snapshot


def test_a_refund_of_another_order_is_garbage() -> None:
    with pytest.raises(ValueError, match="originalMerchantOrderId"):
        wire.from_refund(sample("refund_completed_flat"), an_attempt())


def test_an_expired_order_is_expired_though_no_code_says_so() -> None:
    assert wire.from_payment(sample("status_completed") | {"state": "EXPIRED"}, ATTEMPT).status is Status.EXPIRED


@pytest.mark.parametrize("text", ["ON_HOLD", "completed", "FAILED ", "REVERSED"])
def test_an_unknown_state_stays_open(text: str) -> None:
    assert wire.from_payment(sample("status_completed") | {"state": text}, ATTEMPT).status is Status.PENDING
    assert wire.from_refund(sample("refund_completed_flat") | {"state": text}, ATTEMPT).status is Status.PROCESSING


def test_an_expired_refund_has_failed() -> None:
    answer = sample("refund_failed_flat") | {"errorCode": "TXN_NOT_COMPLETED", "detailedErrorCode": "TIMED_OUT"}
    assert wire.from_refund(answer, ATTEMPT).status is Status.FAILED


RELIED_ON = [
    {"state": None},
    {"state": 7},
    {"state": ""},
    {"amount": "49900"},
    {"amount": 499.0},
    {"amount": True},
    {"amount": -1},
    {"amount": 10**400},
    {"amount": None},
    {"currency": 356},
]


@pytest.mark.parametrize("changed", RELIED_ON)
def test_a_wrong_field_that_we_rely_on_is_garbage(changed: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"state|amount"):
        wire.from_payment(sample("status_completed") | changed, ATTEMPT)
    with pytest.raises(ValueError, match=r"state|amount"):
        wire.from_refund(sample("refund_completed_flat") | changed, ATTEMPT)


NOT_RELIED_ON = [
    {"merchantId": 1, "metaInfo": [], "expireAt": "soon", "feeAmount": "0"},
    {"paymentDetails": None},
    {"paymentDetails": {"a": 1}},
    {"paymentDetails": ["x", None, 3]},
    {"paymentDetails": [{"transactionId": 3, "state": []}]},
    {"errorContext": "none", "errorCode": 4},
]


@pytest.mark.parametrize("changed", NOT_RELIED_ON)
def test_any_other_field_may_be_anything(changed: dict[str, object]) -> None:
    assert wire.from_payment(sample("status_completed") | changed, ATTEMPT).amount == PAID
    assert wire.from_payment(sample("status_failed_declined") | changed, ATTEMPT).status is Status.FAILED
    assert wire.from_refund(sample("refund_completed_detailed") | changed, ATTEMPT).amount == BACK


def test_the_currency_is_theirs_where_they_give_one() -> None:
    assert wire.from_payment(sample("status_completed") | {"currency": "USD"}, ATTEMPT).amount == Money(49900, "USD")


def test_an_echoed_id_that_is_not_ours_is_handed_on() -> None:
    assert wire.from_payment(sample("status_completed") | {"merchantOrderId": "OTHER"}, ATTEMPT).subject_id == "OTHER"


FAILURES = [
    ("INSUFFICIENT_BALANCE", "IE", FailureCode.INSUFFICIENT_FUNDS),
    ("AUTHORIZATION_ERROR", "ZM", FailureCode.AUTHENTICATION_FAILED),
    ("MPIN_LIMIT_BREACHED", "Z6", FailureCode.AUTHENTICATION_FAILED),
    ("TXN_CANCELLED", "ORDER_CANCELLED_BY_USER", FailureCode.CANCELLED_BY_CUSTOMER),
    ("TXN_NOT_COMPLETED", "U69", FailureCode.EXPIRED),
    ("OTHERS", "INTENT_EXPIRED", FailureCode.EXPIRED),
    ("TXN_FREQ_LIMIT_BREACHED", "Z7", FailureCode.LIMIT_EXCEEDED),
    ("TXN_LIMIT_BREACHED", "ZU", FailureCode.LIMIT_EXCEEDED),
    ("BANK_TECHNICAL_ISSUE", "S96", FailureCode.METHOD_UNAVAILABLE),
    ("TECHNICAL_ISSUE", "U86", FailureCode.METHOD_UNAVAILABLE),
    ("TXN_BLOCKED", "XV", FailureCode.SUSPECTED_FRAUD),
    ("TXN_BLOCKED", "U16_NPCI_TXNRISK_SCORE", FailureCode.SUSPECTED_FRAUD),
    ("TXN_BLOCKED", "INTERNAL_SECURITY_BLOCK_2", FailureCode.REJECTED),
    ("PAYMENT_ERROR", "TXN_AUTO_FAILED", FailureCode.DECLINED),
    ("ACCOUNT_BLOCKED", "YE", FailureCode.DECLINED),
    ("INVALID_VPA", "", FailureCode.DECLINED),
    ("NEWEST_CODE", "X99", FailureCode.OTHER),
    ("", "", FailureCode.OTHER),
]


@pytest.mark.parametrize(("general", "detailed", "code"), FAILURES)
def test_a_failure_code_is_ours_and_theirs_is_stored(general: str, detailed: str, code: FailureCode) -> None:
    answer = {"state": "FAILED", "errorCode": general, "detailedErrorCode": detailed}
    failure = wire.from_payment(answer, ATTEMPT).failure
    assert failure is not None
    assert (failure.code, failure.gateway_code) == (code, detailed or general)


@pytest.mark.parametrize(
    ("changed", "seconds"),
    [
        ({}, 3600),
        ({"expires_in": 1200}, 1200),
        ({"expires_at": None, "expires_in": 900}, 900),
        ({"expires_at": int(NOW.timestamp()) + 60}, 60),
        ({"expires_at": 10**13}, 86400),
        ({"token_type": None}, 3600),
    ],
)
def test_a_token_ends_with_the_earlier_of_their_two_ends(changed: dict[str, object], seconds: int) -> None:
    token = wire.from_token(sample("token") | changed, NOW)
    assert token.value == "O-Bearer sim.eyJ0b2tlbiI6MX0.x"
    assert (token.issued_at, token.expires_at) == (NOW, NOW + timedelta(seconds=seconds))


def test_a_token_is_sent_as_the_type_that_they_name() -> None:
    assert wire.from_token(sample("token") | {"token_type": "Bearer"}, NOW).value == "Bearer sim.eyJ0b2tlbiI6MX0.x"


@pytest.mark.parametrize(
    "changed",
    [
        {"access_token": None},
        {"token_type": "two words"},
        {"access_token": "two words"},
        {"access_token": "line\nbreak"},
        {"access_token": "ünprintable"},
        {"expires_at": None},
        {"expires_at": "1795174200"},
        {"expires_at": int(NOW.timestamp())},
        {"expires_in": 0},
    ],
)
def test_a_token_that_cannot_be_used_is_garbage(changed: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="access_token"):
        wire.from_token(sample("token") | changed, NOW)


def test_a_refusal_gives_the_more_exact_code_and_a_hint() -> None:
    assert wire.from_refusal({"code": "INVALID_CLIENT", "errorCode": "OIM000"}) == Refusal("OIM000")
    refusal = wire.from_refusal({"code": "BAD_REQUEST", "message": "Bad Request - Api Mapping Not Found"})
    assert (refusal.code, refusal.words) == ("BAD_REQUEST", "Bad Request - Api Mapping Not Found")
    assert "environment" in refusal.hint
    assert "environment" in wire.from_refusal({"code": "KEY_NOT_CONFIGURED"}).hint
    assert wire.from_refusal({"code": 5, "errorCode": None}) == Refusal()


def test_a_failure_without_a_text_is_still_one() -> None:
    answer = {"state": "FAILED", "paymentDetails": []}
    assert wire.from_payment(answer, ATTEMPT).failure == Failure(FailureCode.OTHER)
    assert wire.from_refund(answer, ATTEMPT).failure == Failure(FailureCode.OTHER)


def test_a_long_text_of_the_gateway_is_cut() -> None:
    answer = {"state": "FAILED", "errorCode": "E" * 999, "errorContext": {"description": "d" * 999}}
    assert wire.from_payment(answer, ATTEMPT).failure == Failure(FailureCode.OTHER, "E" * 64, "d" * 300)
    assert wire.from_refusal({"code": "C" * 999}).code == "C" * 64


def test_two_debits_contradict_even_where_their_sum_is_what_was_requested() -> None:
    """The gateway captured another amount than requested, twice."""
    answer = sample("status_completed")
    half = ATTEMPT.amount.minor // 2
    paid = [detail | {"amount": half, "state": "COMPLETED"} for detail in answer["paymentDetails"][:1] * 2]
    reported = wire.from_payment(answer | {"amount": half, "paymentDetails": paid}, ATTEMPT)
    assert reported.amount == Money(half, "INR")
