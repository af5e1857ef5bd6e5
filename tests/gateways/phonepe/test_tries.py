"""Orders with several tries, or with a field at two places: which one counts."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from payments.domain.values.money import Money
from payments.domain.values.status import Failure, FailureCode, Status
from payments.gateways.contract.webhooks import EventKind
from payments.gateways.phonepe import disputes, webhook, wire
from tests.gateways.fakes import NOW, an_attempt
from tests.gateways.phonepe.sample import sample

ATTEMPT = an_attempt("att_01JD3Z8Q5V7W9X1Y2Z3A4B5C6D")
REQUESTED = ATTEMPT.amount
DECLINED: dict[str, Any] = {"errorCode": "AUTHORIZATION_ERROR", "detailedErrorCode": "ZM"}
TOO_LITTLE: dict[str, Any] = {"errorCode": "INSUFFICIENT_BALANCE", "detailedErrorCode": "Z9"}


def a_try(number: int, state: str = "COMPLETED", amount: int | None = REQUESTED.minor, **more: Any) -> dict[str, Any]:
    return {"transactionId": f"OM{number}", "state": state, "amount": amount, **more}


def an_order_with(*tries: dict[str, Any], **root: Any) -> dict[str, Any]:
    return {"orderId": "OMO1", "state": "COMPLETED", "amount": REQUESTED.minor, "paymentDetails": [*tries], **root}


@pytest.mark.parametrize(
    ("tries", "minor"),
    [
        ([a_try(1), a_try(2)], 2 * REQUESTED.minor),
        ([a_try(1), a_try(2), a_try(3)], 3 * REQUESTED.minor),
        ([a_try(1), a_try(2, amount=None), a_try(3)], 2 * REQUESTED.minor),
        ([a_try(1), a_try(2, amount=100)], REQUESTED.minor + 100),
        ([a_try(1), a_try(2, "FAILED")], REQUESTED.minor),
        ([a_try(1), a_try(2, "PENDING")], REQUESTED.minor),
        ([a_try(1, amount=REQUESTED.minor + 200)], REQUESTED.minor),  # With one debit the root has the amount.
        ([], REQUESTED.minor),
    ],
)
def test_what_left_the_payer_twice_is_counted_twice(tries: list[dict[str, Any]], minor: int) -> None:
    assert wire.from_payment(an_order_with(*tries), ATTEMPT).amount == Money(minor, "INR")


@pytest.mark.parametrize(
    ("root", "tried", "reported"), [(REQUESTED.minor, 100, 200), (100, 24950, 100), (100, 70, 100)]
)
def test_of_two_amounts_the_one_that_contradicts_counts_and_the_roots_before_the_tries(
    root: int, tried: int, reported: int
) -> None:
    answer = an_order_with(a_try(1, amount=tried), a_try(2, amount=tried), amount=root)
    ours = wire.from_payment(answer, an_attempt(ATTEMPT.id, 49900))
    assert ours.amount == Money(reported, "INR")


def test_a_debit_twice_is_reported_in_the_orders_currency() -> None:
    answer = an_order_with(a_try(1), a_try(2), currency="USD", amount=None, state="PENDING")
    assert wire.from_payment(answer, ATTEMPT).amount == Money(2 * REQUESTED.minor, "USD")


def test_the_money_is_the_last_try_that_succeeded() -> None:
    answer = an_order_with(a_try(1, "FAILED"), a_try(2), a_try(3), a_try(4, "FAILED"))
    assert wire.from_payment(answer, ATTEMPT).ref == "OM3"


def test_a_refunds_transaction_is_the_last_one_where_it_has_no_name_of_its_own() -> None:
    answer = {"state": "COMPLETED", "amount": 100, "paymentDetails": [a_try(1), a_try(2)]}
    assert wire.from_refund(answer, ATTEMPT).ref == "OM2"
    assert wire.from_refund(answer | {"refundId": "OMR1"}, ATTEMPT).ref == "OMR1"


@pytest.mark.parametrize(
    ("root", "failure"),
    [
        ({}, Failure(FailureCode.INSUFFICIENT_FUNDS, "Z9")),  # That of the last try.
        ({"errorCode": "TXN_CANCELLED"}, Failure(FailureCode.CANCELLED_BY_CUSTOMER, "TXN_CANCELLED")),
        ({"detailedErrorCode": "ZA"}, Failure(FailureCode.CANCELLED_BY_CUSTOMER, "ZA")),
        ({"errorCode": "TXN_CANCELLED", "detailedErrorCode": "U69"}, Failure(FailureCode.EXPIRED, "U69")),
    ],
)
def test_a_failure_is_the_roots_before_the_last_trys(root: dict[str, str], failure: Failure) -> None:
    tries = [a_try(1, "FAILED", **DECLINED), a_try(2, "FAILED", **TOO_LITTLE)]
    assert wire.from_payment(an_order_with(*tries, state="FAILED", **root), ATTEMPT).failure == failure
    refund = {"state": "FAILED", "amount": 100, "paymentDetails": tries, **root}
    assert wire.from_refund(refund, ATTEMPT).failure == failure


@pytest.mark.parametrize("state", ["PENDING", "FAILED"])
def test_an_amount_may_be_missing_until_the_money_came_but_not_be_nonsense(state: str) -> None:
    assert wire.from_payment(an_order_with(state=state, amount=None), ATTEMPT).amount is None
    assert wire.from_refund({"state": state}, ATTEMPT).amount is None
    for amount in ("49900", 499.0, -1, True):
        with pytest.raises(ValueError, match="amount"):
            wire.from_payment(an_order_with(state=state, amount=amount), ATTEMPT)
        with pytest.raises(ValueError, match="amount"):
            wire.from_refund({"state": state, "amount": amount}, ATTEMPT)


def test_a_token_for_one_more_second_is_still_one() -> None:
    token = wire.from_token(sample("token") | {"expires_in": 1}, NOW)
    assert token.expires_at == NOW + timedelta(seconds=1)


def event_of(payload: dict[str, Any], **envelope: str) -> Any:
    return webhook.from_webhook(json.dumps({**envelope, "payload": payload}).encode())


def test_a_webhook_of_an_order_stays_one_of_it_though_it_names_a_refund() -> None:
    both = {"merchantOrderId": ATTEMPT.id, "merchantRefundId": "rfd_1", "originalMerchantOrderId": "att_other"}
    event = event_of(both, event="checkout.order.completed")
    assert (event.kind, event.subject_id, event.refund_ref) == (EventKind.PAYMENT, ATTEMPT.id, "")
    other = event_of(both, event="settlement.initiated")
    assert (other.kind, other.subject_id) == (EventKind.IGNORED, ATTEMPT.id)


def test_a_webhook_without_a_name_is_ignored_unless_it_is_of_a_refund() -> None:
    event = event_of({"merchantOrderId": ATTEMPT.id, "originalMerchantOrderId": "att_other"})
    assert (event.kind, event.subject_id) == (EventKind.IGNORED, ATTEMPT.id)
    old = event_of({"merchantOrderId": "att_other", "merchantRefundId": "D1", "originalMerchantOrderId": ATTEMPT.id})
    assert (old.kind, old.subject_id, old.refund_ref) == (EventKind.PAYMENT, ATTEMPT.id, "D1")


def test_the_older_names_of_an_event_and_of_its_state_are_cut_too() -> None:
    event = event_of({"status": "S" * 999}, type="t" * 999)
    assert (event.event_type, event.state) == ("t" * 100, "S" * 32)


def test_the_newer_name_of_a_state_comes_first() -> None:
    assert event_of({"state": "A", "status": "B"}, event="checkout.order.completed").state == "A"


@pytest.mark.parametrize("ref", ["D" * 64, "D_1-a"])
def test_every_name_of_a_dispute_is_one(ref: str) -> None:
    assert event_of({"disputeId": ref}, event="payment.dispute.won").subject_ref == ref
    assert disputes.from_dispute({"disputeId": ref, "amount": 1, "status": "WON"}).ref == ref


@pytest.mark.parametrize("ref", ["D" * 65, "a/b", "D 1", "D.1"])
def test_what_cannot_go_into_an_address_is_no_dispute(ref: str) -> None:
    with pytest.raises(ValueError, match="disputeId"):
        disputes.from_dispute({"disputeId": ref, "amount": 1, "status": "WON"})


def test_a_list_is_requested_from_the_first_status_and_the_whole_time_in_milliseconds() -> None:
    since, until = NOW.replace(microsecond=123_000), NOW + timedelta(hours=1)
    times = {"from": "1795170600123", "to": "1795174200000"}
    assert disputes.to_list(since, until, "") == {**times, "status": "ACTION_REQUIRED", "offset": "0", "limit": "100"}
    last = disputes.to_list(since, until, "LOST:123456")
    assert last == {**times, "status": "LOST", "offset": "123456", "limit": "100"}


@pytest.mark.parametrize(
    ("cursor", "count", "after"),
    [
        ("", 99, "UNDER_REVIEW:0"),
        ("", 100, "ACTION_REQUIRED:100"),
        ("WON:200", 100, "WON:300"),
        ("WON:300", 1, "LOST:0"),
        ("LOST:0", 100, "LOST:100"),
        ("LOST:100", 99, ""),
    ],
)
def test_a_full_page_may_have_one_after_it(cursor: str, count: int, after: str) -> None:
    dispute = {"disputeId": "D1", "amount": 1, "status": "WON"}
    assert disputes.from_list({"disputes": [dispute] * count}, cursor).next_cursor == after


def test_a_dispute_has_its_own_currency_and_no_date_where_none_is_reported() -> None:
    response = {"disputeId": "D1", "amount": 5, "status": "NEW WORD", "currency": "usd", "createdAt": 0}
    dispute = disputes.from_dispute(response)
    assert (dispute.amount, dispute.status, dispute.reported_status) == (Money(5, "XXX"), None, "")
    assert (dispute.opened_at, dispute.respond_by) == (None, None)
    assert disputes.from_dispute({**response, "disputeAmount": 0}).amount.minor == 0


def test_an_end_is_an_expiry_by_its_reason_alone() -> None:
    tried = an_order_with(a_try(1, "FAILED", errorCode="ORDER_EXPIRED"), state="FAILED")
    assert wire.from_payment(tried, ATTEMPT).status is Status.EXPIRED
    assert wire.from_payment(an_order_with(a_try(1, errorCode="ORDER_EXPIRED")), ATTEMPT).failure is None
