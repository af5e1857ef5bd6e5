"""The adapter on the simulator: what only Razorpay does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from payments.domain.records.payment import Attempt
from payments.domain.records.snapshot import ExtraCapture, Snapshot
from payments.domain.values.money import Money
from payments.domain.values.status import FailureCode, Status
from payments.domain.values.terms import AS_IT_COMES, ActionKind, CaptureMode, MethodType, Terms
from payments.gateways.contract.errors import OutcomeUnknown, Rejected
from payments.gateways.contract.webhooks import EventKind
from payments.gateways.razorpay.adapter import Razorpay
from tests.contract.razorpay import RazorpayHarness

MANUAL, UPI = Terms(capture=CaptureMode.MANUAL), Terms(method_type=MethodType.UPI)
ALL = Money(49900, "INR")
ALL_EVENTS = ("payment.authorized", "payment.captured", "payment.failed", "order.paid", "qr_code.credited")


@pytest.fixture
def sim() -> RazorpayHarness:
    return RazorpayHarness()


def gateway(sim: RazorpayHarness) -> Razorpay:
    assert isinstance(sim.gateway, Razorpay)
    return sim.gateway


def opened(sim: RazorpayHarness, terms: Terms = AS_IT_COMES) -> Attempt:
    attempt = sim.new_attempt(terms=terms)
    return replace(attempt, checkout_ref=sim.gateway.create_checkout(attempt, sim.order()).ref)


def paid(sim: RazorpayHarness, terms: Terms = AS_IT_COMES) -> Attempt:
    attempt = opened(sim, terms)
    sim.pay(attempt)
    return replace(attempt, payment_ref=fetched(sim, attempt).ref)


def fetched(sim: RazorpayHarness, attempt: Attempt) -> Snapshot:
    return sim.gateway.fetch_payment(attempt)


def test_an_authorization_is_captured_once_and_whole(sim: RazorpayHarness) -> None:
    attempt = paid(sim, MANUAL)
    authorized = fetched(sim, attempt)
    assert (authorized.status, authorized.amount, sim.captured(attempt)) == (Status.AUTHORIZED, ALL, 0)
    assert authorized.authorization_expires_at == attempt.created_at + timedelta(days=3)
    with pytest.raises(Rejected):
        gateway(sim).capture_payment(attempt, Money(100, "INR"))
    assert gateway(sim).capture_payment(attempt, ALL).status is Status.COMPLETED
    assert gateway(sim).capture_payment(attempt, ALL).status is Status.COMPLETED
    assert sim.captured(attempt) == 49900


def test_a_capture_whose_answer_was_lost_is_seen(sim: RazorpayHarness) -> None:
    attempt = paid(sim, MANUAL)
    sim.fault("lose_answer", "capture")
    with pytest.raises(OutcomeUnknown):
        gateway(sim).capture_payment(attempt, ALL)
    assert fetched(sim, attempt).status is Status.COMPLETED
    assert sim.captured(attempt) == 49900


def test_an_authorization_that_no_one_captures_goes_back_after_three_days(sim: RazorpayHarness) -> None:
    attempt = paid(sim, MANUAL)
    sim.pass_time(3 * 86400 - 1)
    assert fetched(sim, attempt).status is Status.AUTHORIZED
    sim.pass_time(2)
    assert fetched(sim, attempt).status is Status.EXPIRED
    assert gateway(sim).capture_payment(attempt, ALL).status is Status.EXPIRED
    assert sim.captured(attempt) == 0


def test_a_payment_that_failed_may_succeed_after_all(sim: RazorpayHarness) -> None:
    attempt = opened(sim)
    sim.fault("late_success", "pay")
    sim.pay(attempt)
    assert fetched(sim, attempt).status is Status.PENDING
    sim.pass_time(600)
    failed = fetched(sim, attempt)
    assert (failed.status, failed.failure and failed.failure.code) == (Status.FAILED, FailureCode.EXPIRED)
    sim.pass_time(30)
    assert (fetched(sim, attempt).status, fetched(sim, attempt).amount) == (Status.COMPLETED, ALL)


def test_a_bank_that_never_answers_fails_the_payment(sim: RazorpayHarness) -> None:
    attempt = opened(sim)
    sim.act(attempt, "wait")
    sim.pass_time(5 * 86_400 - 1)
    assert fetched(sim, attempt).status is Status.PENDING
    sim.pass_time(1)
    assert fetched(sim, attempt).status is Status.FAILED


def test_a_payer_who_paid_twice_is_seen_and_either_payment_can_be_refunded(sim: RazorpayHarness) -> None:
    attempt = opened(sim)
    sim.fault("double_pay", "pay")
    sim.pay(attempt)
    sim.pass_time(5)
    both = fetched(sim, attempt)
    ((other,),) = (both.extra_captures,)
    assert (both.status, other) == (Status.COMPLETED, ExtraCapture(other.ref, ALL))
    excess = replace(attempt, payment_ref=other.ref, is_excess=True)
    assert fetched(sim, excess).ref == other.ref
    refund = sim.new_refund(excess, 49900)
    sim.gateway.create_refund(refund, excess)
    sim.pass_time(5)
    assert sim.gateway.fetch_refund(refund, excess).status is Status.COMPLETED
    stored = replace(attempt, payment_ref=both.ref)
    assert fetched(sim, stored).status is Status.COMPLETED
    assert sim.gateway.fetch_refund(refund, stored) == Snapshot(Status.CREATED)


def test_a_declined_payment_ends_the_attempt_and_a_new_one_is_a_new_order(sim: RazorpayHarness) -> None:
    first, second = opened(sim), opened(sim)
    sim.decline(first)
    sim.pay(second)
    failed = fetched(sim, first).failure
    assert failed is not None
    assert (failed.code, failed.gateway_code) == (FailureCode.CANCELLED_BY_CUSTOMER, "payment_cancelled")
    assert fetched(sim, second).status is Status.COMPLETED


def test_a_create_that_is_sent_again_makes_no_second_order(sim: RazorpayHarness) -> None:
    attempt = sim.new_attempt()
    sim.fault("lose_answer", "pay")
    with pytest.raises(OutcomeUnknown):
        sim.gateway.create_checkout(attempt, sim.order())
    again = replace(attempt, sent_at=attempt.sent_at + timedelta(seconds=30))
    checkout = sim.gateway.create_checkout(again, sim.order())
    assert sim.things_to_pay(attempt) == 1
    sim.pay(attempt)
    assert fetched(sim, replace(again, checkout_ref=checkout.ref)).status is Status.COMPLETED


def test_a_refund_under_its_key_is_one_refund(sim: RazorpayHarness) -> None:
    attempt = paid(sim)
    refund = sim.new_refund(attempt, 10000)
    sim.fault("lose_answer", "refund")
    with pytest.raises(OutcomeUnknown):
        sim.gateway.create_refund(refund, attempt)
    assert sim.gateway.create_refund(refund, attempt).status is Status.PROCESSING
    assert sim.refunded(attempt) == 10000


def test_a_refund_by_hand_is_not_ours(sim: RazorpayHarness) -> None:
    attempt = paid(sim)
    sim.control("POST", "/_sim/dashboard_refunds", {"order": attempt.id, "amount": 500})
    assert sim.gateway.fetch_refund(sim.new_refund(attempt, 500), attempt) == Snapshot(Status.CREATED)


def test_a_refund_that_fails_gives_the_money_back_to_the_merchant(sim: RazorpayHarness) -> None:
    attempt = paid(sim)
    refund = sim.new_refund(attempt, 49900)
    sim.gateway.create_refund(refund, attempt)
    sim.control("POST", f"/_sim/refunds/{refund.id}", {"act": "fail"})
    failed = sim.gateway.fetch_refund(refund, attempt)
    assert (failed.status, failed.failure and failed.failure.gateway_code) == (Status.FAILED, "refund_failed")
    assert sim.gateway.create_refund(sim.new_refund(attempt, 49900), attempt).status is Status.PROCESSING


def test_a_upi_intent_opens_the_payers_app_and_is_one_payment() -> None:
    sim = RazorpayHarness("intent")
    attempt = sim.new_attempt(terms=UPI)
    checkout = sim.gateway.create_checkout(attempt, sim.order())
    assert checkout.next_action.kind is ActionKind.UPI_INTENT
    assert "&am=499.00&cu=INR" in checkout.next_action.url
    attempt = replace(attempt, checkout_ref=checkout.ref)
    assert fetched(sim, attempt).status is Status.PENDING
    sim.pay(attempt)
    assert (fetched(sim, attempt).status, sim.captured(attempt)) == (Status.COMPLETED, 49900)


def test_a_qr_code_is_shown_paid_and_reported() -> None:
    sim = RazorpayHarness("qr", ALL_EVENTS)
    attempt = sim.new_attempt(terms=UPI)
    checkout = sim.gateway.create_checkout(attempt, sim.order())
    assert checkout.next_action.kind is ActionKind.UPI_QR
    assert checkout.expires_at == attempt.expires_at
    attempt = replace(attempt, checkout_ref=checkout.ref)
    assert fetched(sim, attempt).status is Status.PENDING
    sim.pay(attempt)
    assert fetched(sim, attempt).status is Status.COMPLETED
    events = [sim.gateway.read_webhook(webhook) for webhook in sim.webhooks(attempt.id)]
    named = {event.event_type: event.subject_ref for event in events if event.kind is EventKind.PAYMENT}
    assert named == {"qr_code.credited": checkout.webhook_ref}


def test_a_qr_code_that_no_one_scans_is_open_until_the_system_calls_it_expired() -> None:
    sim = RazorpayHarness("qr")
    attempt = opened(sim, UPI)
    sim.pass_time(601)
    assert fetched(sim, attempt).status is Status.PENDING


def test_a_lost_qr_code_is_found_again() -> None:
    sim = RazorpayHarness("qr")
    attempt = sim.new_attempt(terms=UPI)
    sim.fault("lose_answer", "pay")
    with pytest.raises(OutcomeUnknown):
        sim.gateway.create_checkout(attempt, sim.order())
    assert fetched(sim, attempt).status is Status.PENDING
    again = replace(attempt, sent_at=attempt.sent_at + timedelta(seconds=30))
    assert sim.gateway.create_checkout(again, sim.order()).ref.startswith("qr_")
    assert sim.things_to_pay(attempt) == 1


def test_every_event_of_a_sale_names_the_order_of_its_attempt() -> None:
    sim = RazorpayHarness(events=ALL_EVENTS)
    attempt = paid(sim)
    events = [sim.gateway.read_webhook(webhook) for webhook in sim.webhooks(attempt.id)]
    assert [event.event_type for event in events] == ["payment.authorized", "payment.captured", "order.paid"]
    assert {(event.kind, event.subject_ref) for event in events} == {(EventKind.PAYMENT, attempt.checkout_ref)}


def test_what_checkout_hands_the_browser_is_proved(sim: RazorpayHarness) -> None:
    attempt = paid(sim)
    reported = sim.browser_proof(attempt)
    assert gateway(sim).is_proved(attempt, reported)
    assert not gateway(sim).is_proved(opened(sim), reported)
