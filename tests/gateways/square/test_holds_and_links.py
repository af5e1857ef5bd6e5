"""The adapter on the simulator: authorizations, links, refunds and webhooks."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from payments.domain.values.status import Failure, FailureCode, Status
from payments.domain.values.terms import CaptureMode, Terms
from payments.gateways.contract.errors import GatewayError, OutcomeUnknown, Rejected, Unavailable
from payments.gateways.contract.webhooks import EventKind
from tests.contract.square import SquareHarness
from tests.gateways.square.calls import an_error
from tests.gateways.square.shops import authorized, direct, gateway_of, linked, usd

WEEK_S = 7 * 86400.0


def test_an_authorization_says_until_when(shop: SquareHarness) -> None:
    attempt = authorized(shop)
    snapshot = shop.gateway.fetch_payment(attempt)
    assert snapshot.authorization_expires_at is not None
    assert (snapshot.authorization_expires_at - attempt.created_at).total_seconds() == WEEK_S
    assert (snapshot.amount, shop.captured(attempt)) == (usd(1000), 0)


@pytest.mark.parametrize("minor", [1000, 400, 1])
def test_a_repeated_capture_captures_its_amount_once(shop: SquareHarness, minor: int) -> None:
    attempt = authorized(shop)
    for _ in range(2):
        snapshot = gateway_of(shop).capture_payment(attempt, usd(minor))
        assert (snapshot.status, snapshot.amount) == (Status.COMPLETED, usd(minor))
    assert shop.captured(attempt) == minor


@pytest.mark.parametrize("fault", ["lose_answer", "error_before", "error_after"])
@pytest.mark.parametrize("lost_calls", [1, 2])
def test_a_partial_capture_cut_off_anywhere_is_finished_by_the_next(
    shop: SquareHarness, fault: str, lost_calls: int
) -> None:
    attempt = authorized(shop)
    for _ in range(lost_calls):
        shop.fault(fault, "capture")
        with pytest.raises(OutcomeUnknown):
            gateway_of(shop).capture_payment(attempt, usd(400))
    snapshot = gateway_of(shop).capture_payment(attempt, usd(400))
    assert (snapshot.status, snapshot.amount) == (Status.COMPLETED, usd(400))
    assert shop.captured(attempt) == 400


def test_more_than_was_authorized_cannot_be_captured(shop: SquareHarness) -> None:
    attempt = authorized(shop)
    with pytest.raises(Rejected):
        gateway_of(shop).capture_payment(attempt, usd(1001))
    assert shop.captured(attempt) == 0


def test_a_voided_authorization_cannot_be_captured(shop: SquareHarness) -> None:
    attempt = authorized(shop)
    for _ in range(2):
        assert gateway_of(shop).cancel_payment(attempt).status is Status.CANCELLED
    assert gateway_of(shop).capture_payment(attempt, usd(1000)).status is Status.CANCELLED
    assert shop.captured(attempt) == 0


def test_an_authorization_lapses_after_a_week(shop: SquareHarness) -> None:
    attempt = authorized(shop)
    shop.pass_time(WEEK_S - 1)
    assert shop.gateway.fetch_payment(attempt).status is Status.AUTHORIZED
    shop.pass_time(2)
    snapshot = shop.gateway.fetch_payment(attempt)
    assert (snapshot.status, snapshot.failure) == (Status.EXPIRED, Failure(FailureCode.EXPIRED, "CANCELED"))


def test_money_that_was_captured_is_not_voided(shop: SquareHarness) -> None:
    attempt = authorized(shop)
    gateway_of(shop).capture_payment(attempt, usd(1000))
    assert gateway_of(shop).cancel_payment(attempt).status is Status.COMPLETED


def test_an_authorization_is_not_refunded(shop: SquareHarness) -> None:
    attempt = authorized(shop)
    with pytest.raises(Rejected, match="NEEDS_COMPLETION"):
        shop.gateway.create_refund(shop.new_refund(attempt, 100), attempt)


def test_a_lost_authorization_is_voided_by_its_key(shop: SquareHarness) -> None:
    terms = Terms(capture=CaptureMode.MANUAL, source_token="cnon:card-nonce-ok")
    attempt = shop.new_attempt(1000, terms)
    shop.fault("lose_answer", "pay")
    with pytest.raises(OutcomeUnknown):
        gateway_of(shop).charge_token(attempt, shop.order())
    assert gateway_of(shop).cancel_payment(attempt).status is Status.CANCELLED


# Links.


def test_an_unpaid_link_is_closed_and_cannot_be_paid(shop: SquareHarness) -> None:
    attempt = linked(shop)
    for _ in range(2):
        assert gateway_of(shop).cancel_payment(attempt).status is Status.CANCELLED
    with pytest.raises(httpx.HTTPStatusError, match="409"):
        shop.pay(attempt)


def test_a_paid_link_stays_paid(shop: SquareHarness) -> None:
    attempt = linked(shop)
    shop.pay(attempt)
    assert gateway_of(shop).cancel_payment(attempt).status is Status.COMPLETED
    assert shop.captured(attempt) == 1000


@pytest.mark.parametrize("fault", ["lose_answer", "error_after"])
def test_a_closing_whose_answer_was_lost_is_seen(shop: SquareHarness, fault: str) -> None:
    attempt = linked(shop)
    shop.fault(fault, "cancel")
    with pytest.raises(OutcomeUnknown):
        gateway_of(shop).cancel_payment(attempt)
    assert shop.gateway.fetch_payment(attempt).status is Status.CANCELLED


def test_after_a_declined_try_the_payer_may_try_again(shop: SquareHarness) -> None:
    attempt = linked(shop)
    shop.decline(attempt)
    assert shop.gateway.fetch_payment(attempt).status is Status.PENDING
    shop.pay(attempt)
    assert shop.gateway.fetch_payment(attempt).status is Status.COMPLETED


def test_a_success_that_came_after_the_cancel_is_seen(shop: SquareHarness) -> None:
    attempt = linked(shop)
    shop.fault("late_success", "pay")
    assert gateway_of(shop).cancel_payment(attempt).status is Status.CANCELLED
    shop.pass_time(60)
    snapshot = shop.gateway.fetch_payment(attempt)
    assert (snapshot.status, snapshot.amount) == (Status.COMPLETED, usd(1000))


def test_a_payer_who_paid_twice_is_seen_with_both(shop: SquareHarness) -> None:
    attempt = linked(shop)
    shop.fault("double_pay", "pay")
    shop.pay(attempt)
    first = shop.gateway.fetch_payment(attempt)
    shop.pass_time(5)
    both = shop.gateway.fetch_payment(replace(attempt, payment_ref=first.ref))
    assert (first.extra_captures, both.ref) == ((), first.ref)
    (other,) = both.extra_captures
    assert (other.amount, shop.captured(attempt)) == (usd(1000), 2000)
    excess = replace(attempt, payment_ref=other.ref)
    refund = shop.new_refund(excess, 1000)
    shop.gateway.create_refund(refund, excess)
    assert shop.refunded(attempt) == 1000


def test_the_same_link_again_is_the_same_address(shop: SquareHarness) -> None:
    attempt = shop.new_attempt()
    first, second = (shop.gateway.create_checkout(attempt, shop.order()) for _ in range(2))
    assert first == second


# Refunds and webhook.


def test_a_refund_that_failed_has_failed(shop: SquareHarness) -> None:
    attempt = linked(shop)
    shop.pay(attempt)
    paid = replace(attempt, payment_ref=shop.gateway.fetch_payment(attempt).ref)
    refund = shop.new_refund(paid, 300)
    created = shop.gateway.create_refund(refund, paid)
    assert (created.status, created.subject_id) == (Status.PROCESSING, refund.id)
    shop.control("POST", f"/_sim/refunds/{refund.id}", {"act": "fail"})
    for known in (refund, replace(refund, refund_ref=created.ref)):
        assert shop.gateway.fetch_refund(known, paid).status is Status.FAILED


def test_an_order_paid_by_several_tenders_is_paid_with_their_sum(shop: SquareHarness) -> None:
    attempt = linked(shop)
    shop.fault("split_tender", "pay")
    shop.pay(attempt)
    snapshot = shop.gateway.fetch_payment(attempt)
    assert (snapshot.status, snapshot.amount, snapshot.extra_captures) == (Status.COMPLETED, usd(1000), ())
    paid = replace(attempt, payment_ref=snapshot.ref)
    assert shop.gateway.fetch_payment(paid).ref == snapshot.ref
    shop.gateway.create_refund(shop.new_refund(paid, 600), paid)
    assert shop.gateway.fetch_payment(paid).returned == usd(600)
    with pytest.raises(Rejected, match="REFUND_AMOUNT_INVALID"):
        shop.gateway.create_refund(shop.new_refund(paid, 400), paid)  # Money of the other tender.


def test_a_dashboard_refund_is_an_event_of_its_payment(shop: SquareHarness) -> None:
    attempt = linked(shop)
    shop.pay(attempt)
    payment_ref = shop.gateway.fetch_payment(attempt).ref
    refund_id = shop.control("POST", "/_sim/dashboard_refunds", {"order": attempt.id, "amount": 100})["refund"]
    events = [shop.gateway.read_webhook(webhook) for webhook in shop.webhooks(refund_id)]
    assert {event.kind for event in events} == {EventKind.PAYMENT}
    assert payment_ref in {event.subject_ref for event in events}


def test_webhooks_of_a_link_name_its_order_and_those_of_a_charge_our_attempt(shop: SquareHarness) -> None:
    attempt = linked(shop)
    shop.pay(attempt)
    (webhook,) = shop.webhooks(attempt.id)
    event = shop.gateway.read_webhook(webhook)
    assert (event.subject_id, event.subject_ref) == ("", attempt.checkout_ref.partition("/")[0])
    charged = direct(shop)
    gateway_of(shop).charge_token(charged, shop.order())
    (webhook,) = shop.webhooks(charged.id)
    assert shop.gateway.read_webhook(webhook).subject_id == charged.id


def test_an_unsure_code_of_a_read_is_tried_again_later(shop: SquareHarness) -> None:
    attempt = linked(shop)
    shop.answer_next(httpx.Response(400, json=an_error("TEMPORARY_ERROR", "API_ERROR")))
    with pytest.raises(Unavailable):
        shop.gateway.fetch_payment(attempt)


def test_a_wrong_token_reads_and_writes_nothing(shop: SquareHarness) -> None:
    attempt = linked(shop)
    shop.fault("unauthorized", "status")
    with pytest.raises(GatewayError) as raised:
        shop.gateway.fetch_payment(attempt)
    assert type(raised.value) is Unavailable
