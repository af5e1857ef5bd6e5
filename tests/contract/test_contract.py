"""What every gateway must do, whichever it is. That a wrong amount holds a payment is tested with the use cases."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from payments.domain.money import Money
from payments.domain.payment import Attempt
from payments.domain.refund import Refund
from payments.domain.status import FailureCode, Status
from payments.gateways.contract import (
    EventKind,
    GatewayError,
    OutcomeUnknown,
    Rejected,
    Snapshot,
    Unavailable,
    WebhookForged,
    WebhookRequest,
)
from payments.gateways.registry import GATEWAYS
from tests.contract.harness import Harness

OPEN = (Status.CREATED, Status.PENDING)
REFUND_STEPS_S = 10.0


def opened(harness: Harness, minor: int = 49900) -> Attempt:
    attempt = harness.new_attempt(minor)
    return replace(attempt, checkout_ref=harness.gateway.create_checkout(attempt, harness.order()).ref)


def paid(harness: Harness, minor: int = 49900) -> Attempt:
    attempt = opened(harness, minor)
    harness.pay(attempt)
    return replace(attempt, status=Status.COMPLETED, payment_ref=harness.gateway.fetch_payment(attempt).ref)


def refunded(harness: Harness, refund: Refund, attempt: Attempt) -> Snapshot:
    harness.gateway.create_refund(refund, attempt)
    harness.pass_time(REFUND_STEPS_S)
    harness.pass_time(REFUND_STEPS_S)
    return harness.gateway.fetch_refund(refund, attempt)


def test_every_registered_gateway_is_here(harnesses: dict[str, Callable[[], Harness]]) -> None:
    assert {make().gateway.name for make in harnesses.values()} == set(GATEWAYS)


# Paying.


def test_a_new_checkout_has_a_ref_and_an_address_and_is_open(harness: Harness) -> None:
    attempt = harness.new_attempt()
    checkout = harness.gateway.create_checkout(attempt, harness.order())
    assert checkout.ref
    assert checkout.redirect_url.startswith("http")
    assert checkout.expires_at == attempt.expires_at
    assert harness.gateway.fetch_payment(attempt).status in OPEN


def test_what_the_gateway_never_heard_of_is_created(harness: Harness) -> None:
    attempt = paid(harness)
    assert harness.gateway.fetch_payment(harness.new_attempt()) == Snapshot(Status.CREATED)
    assert harness.gateway.fetch_refund(harness.new_refund(attempt, 100), attempt) == Snapshot(Status.CREATED)


@pytest.mark.parametrize("minor", [100, 49900, 10_000_001])
def test_a_paid_attempt_is_completed_with_the_gateways_own_amount(harness: Harness, minor: int) -> None:
    attempt = opened(harness, minor)
    harness.pay(attempt)
    snapshot = harness.gateway.fetch_payment(replace(attempt, amount=Money(1, "XXX")))
    assert (snapshot.status, snapshot.amount) == (Status.COMPLETED, Money(minor, "INR"))
    assert snapshot.ref or not harness.refunds_need_ref
    assert snapshot.failure is None


def test_a_wrong_amount_is_reported_as_it_is(harness: Harness) -> None:
    attempt = paid(harness)
    harness.fault("wrong_amount", "status")
    amount = harness.gateway.fetch_payment(attempt).amount
    assert amount is not None
    assert amount != attempt.amount


def test_a_declined_attempt_has_failed_with_one_of_our_codes(harness: Harness) -> None:
    attempt = opened(harness)
    harness.decline(attempt)
    snapshot = harness.gateway.fetch_payment(attempt)
    assert snapshot.status is Status.FAILED
    assert snapshot.failure is not None
    assert snapshot.failure.code in FailureCode
    assert snapshot.failure.code is not FailureCode.OTHER
    assert snapshot.failure.gateway_code


def test_an_abandoned_attempt_is_open_until_it_expires(harness: Harness) -> None:
    attempt = opened(harness)
    harness.abandon(attempt)
    assert harness.gateway.fetch_payment(attempt).status in OPEN
    harness.pass_time(601)
    assert harness.gateway.fetch_payment(attempt).status in (Status.EXPIRED, Status.CANCELLED)


def test_a_late_success_is_seen(harness: Harness) -> None:
    attempt = opened(harness)
    harness.fault("late_success", "pay")
    harness.pass_time(601)
    assert harness.gateway.fetch_payment(attempt).status is Status.EXPIRED
    harness.pass_time(60)
    assert harness.gateway.fetch_payment(attempt).status is Status.COMPLETED


@pytest.mark.parametrize("word", ["SOMETHING_NEW", "completed_maybe", "REVERSED"])
def test_a_status_word_nobody_has_seen_is_pending(harness: Harness, word: str) -> None:
    attempt = opened(harness)
    harness.say_next(state=word)
    assert harness.gateway.fetch_payment(attempt).status is Status.PENDING


def test_the_same_attempt_created_twice_is_one_thing_to_pay(harness: Harness) -> None:
    attempt = opened(harness)
    try:
        harness.gateway.create_checkout(attempt, harness.order())
    except OutcomeUnknown:
        assert harness.gateway.fetch_payment(attempt).status in OPEN
    assert harness.things_to_pay(attempt) == 1


# Refunding.


@pytest.mark.parametrize("minor", [49900, 10000], ids=["full", "partial"])
def test_a_refund_comes_to_an_end_with_its_own_amount(harness: Harness, minor: int) -> None:
    attempt = paid(harness)
    refund = harness.new_refund(attempt, minor)
    assert harness.gateway.create_refund(refund, attempt).status.is_open
    assert harness.gateway.fetch_refund(refund, attempt).status.is_open
    harness.pass_time(REFUND_STEPS_S)
    harness.pass_time(REFUND_STEPS_S)
    snapshot = harness.gateway.fetch_refund(refund, attempt)
    assert (snapshot.status, snapshot.amount) == (Status.COMPLETED, Money(minor, "INR"))
    assert snapshot.ref
    assert harness.refunded(attempt) == minor


def test_the_same_refund_twice_moves_money_once(harness: Harness) -> None:
    attempt = paid(harness)
    refund = harness.new_refund(attempt, 10000)
    assert refunded(harness, refund, attempt).status is Status.COMPLETED
    try:
        harness.gateway.create_refund(refund, attempt)
    except OutcomeUnknown:
        assert harness.gateway.fetch_refund(refund, attempt).status is Status.COMPLETED
    assert harness.refunded(attempt) == 10000


def test_refunds_of_all_that_was_paid_leave_nothing_to_refund(harness: Harness) -> None:
    attempt = paid(harness)
    for minor in (40000, 9900):
        assert refunded(harness, harness.new_refund(attempt, minor), attempt).status is Status.COMPLETED
    with pytest.raises(Rejected):
        harness.gateway.create_refund(harness.new_refund(attempt, 100), attempt)
    assert harness.refunded(attempt) == 49900


def test_more_than_was_paid_is_rejected(harness: Harness) -> None:
    attempt = paid(harness)
    with pytest.raises(Rejected):
        harness.gateway.create_refund(harness.new_refund(attempt, 49901), attempt)
    assert harness.refunded(attempt) == 0


def test_an_unpaid_attempt_cannot_be_refunded(harness: Harness) -> None:
    attempt = opened(harness)
    with pytest.raises(Rejected):
        harness.gateway.create_refund(harness.new_refund(attempt, 100), attempt)


# Webhooks.


def test_a_genuine_webhook_names_our_ids(harness: Harness) -> None:
    attempt = paid(harness)
    refund = harness.new_refund(attempt, 10000)
    (webhook,) = harness.webhooks(attempt.id)
    event = harness.gateway.read_webhook(webhook)
    assert (event.kind, event.subject_id) == (EventKind.PAYMENT, attempt.id)
    refunded(harness, refund, attempt)
    events = [harness.gateway.read_webhook(webhook) for webhook in harness.webhooks(refund.id)]
    assert events
    assert {(event.kind, event.subject_id) for event in events} == {(EventKind.REFUND, refund.id)}


def test_a_webhook_without_a_right_proof_is_forged(harness: Harness) -> None:
    (webhook,) = harness.webhooks(paid(harness).id)
    proofs = {**webhook.headers}
    for forged in (
        harness.wrongly_signed(webhook.body),
        WebhookRequest(webhook.body, {}),
        WebhookRequest(webhook.body, dict.fromkeys(proofs, "")),
        WebhookRequest(webhook.body, {name: value[:-1] for name, value in proofs.items()}),
    ):
        with pytest.raises(WebhookForged):
            harness.gateway.read_webhook(forged)


def test_an_altered_body_is_forged_where_the_proof_covers_it(harness: Harness) -> None:
    (webhook,) = harness.webhooks(paid(harness).id)
    altered = replace(webhook, body=webhook.body.replace(b"49900", b"49901"))
    assert altered.body != webhook.body
    if harness.proof_covers_body:
        with pytest.raises(WebhookForged):
            harness.gateway.read_webhook(altered)
    else:
        assert harness.gateway.read_webhook(altered).id != harness.gateway.read_webhook(webhook).id


def test_a_repeated_webhook_is_the_same_event(harness: Harness) -> None:
    harness.fault("duplicate_webhook", "pay")
    first, second = harness.webhooks(paid(harness).id)
    assert harness.gateway.read_webhook(first) == harness.gateway.read_webhook(second)


def test_unknown_news_is_ignored(harness: Harness) -> None:
    event = harness.gateway.read_webhook(harness.signed(harness.unknown_news(harness.new_attempt())))
    assert event.kind is EventKind.IGNORED
    assert event.word


@pytest.mark.parametrize("body", [b"", b"<xml/>", b"[]", b'{"event": {}}', b"\xff"])
def test_a_proved_body_without_sense_is_ignored(harness: Harness, body: bytes) -> None:
    assert harness.gateway.read_webhook(harness.signed(body)).kind is EventKind.IGNORED


def test_without_a_configured_secret_every_webhook_is_refused(harness: Harness) -> None:
    (webhook,) = harness.webhooks(paid(harness).id)
    for request in (webhook, harness.signed(webhook.body), WebhookRequest(webhook.body, {})):
        with pytest.raises(WebhookForged):
            harness.gateway_without_webhook_secret.read_webhook(request)


# When the line fails.

Send = Callable[[Harness, Attempt, Refund], object]
CALLS: dict[str, tuple[Send, type[GatewayError]]] = {
    "pay": (lambda h, attempt, refund: h.gateway.create_checkout(h.new_attempt(), h.order()), OutcomeUnknown),
    "status": (lambda h, attempt, refund: h.gateway.fetch_payment(attempt), Unavailable),
    "refund": (lambda h, attempt, refund: h.gateway.create_refund(refund, attempt), OutcomeUnknown),
    "refund_status": (lambda h, attempt, refund: h.gateway.fetch_refund(refund, attempt), Unavailable),
}
EACH_CALL = pytest.mark.parametrize("op", CALLS)


def call(harness: Harness, op: str, fault: str = "") -> object:
    attempt = paid(harness)
    if fault:
        harness.fault(fault, op)
    return CALLS[op][0](harness, attempt, harness.new_refund(attempt, 10000))


@EACH_CALL
@pytest.mark.parametrize("fault", ["lose_answer", "error_before", "error_after", "garbage", "slow"])
def test_a_lost_answer_leaves_a_write_unknown_and_a_read_to_be_repeated(harness: Harness, op: str, fault: str) -> None:
    with pytest.raises(GatewayError) as raised:
        call(harness, op, fault)
    assert type(raised.value) is CALLS[op][1]


@EACH_CALL
def test_what_was_never_sent_did_not_happen(harness: Harness, op: str) -> None:
    with pytest.raises(Unavailable):
        call(harness, op, "refuse")


@EACH_CALL
def test_a_refusal_is_rejected_with_its_code(harness: Harness, op: str) -> None:
    attempt = paid(harness)
    harness.answer_next(httpx.Response(403, json={"code": "FORBIDDEN", "message": "no"}))
    with pytest.raises(Rejected) as raised:
        CALLS[op][0](harness, attempt, harness.new_refund(attempt, 10000))
    assert (raised.value.code, raised.value.http_status) == ("FORBIDDEN", 403)


def test_a_create_whose_answer_was_lost_is_found_by_its_id(harness: Harness) -> None:
    attempt = harness.new_attempt()
    harness.fault("lose_answer", "pay")
    with pytest.raises(OutcomeUnknown):
        harness.gateway.create_checkout(attempt, harness.order())
    assert harness.gateway.fetch_payment(attempt).status is Status.PENDING
    assert harness.things_to_pay(attempt) == 1


def test_a_refund_whose_answer_was_lost_is_found_by_its_id(harness: Harness) -> None:
    attempt = paid(harness)
    refund = harness.new_refund(attempt, 10000)
    harness.fault("lose_answer", "refund")
    with pytest.raises(OutcomeUnknown):
        harness.gateway.create_refund(refund, attempt)
    harness.pass_time(REFUND_STEPS_S)
    harness.pass_time(REFUND_STEPS_S)
    assert harness.gateway.fetch_refund(refund, attempt).status is Status.COMPLETED
    assert harness.refunded(attempt) == 10000


@EACH_CALL
def test_without_a_token_nothing_is_sent_and_nothing_has_happened(harness: Harness, op: str) -> None:
    attempt = harness.new_attempt()
    for fault in ("refuse", "lose_answer", "error_before", "garbage"):
        harness.fault(fault, "token")
        with pytest.raises(Unavailable):
            CALLS[op][0](harness, attempt, harness.new_refund(attempt, 10000))
    assert {name: n for name, n in harness.calls().items() if n and name != "token"} == {}


# Tokens.


@EACH_CALL
def test_a_token_refused_is_renewed_once_and_the_call_sent_once_more(harness: Harness, op: str) -> None:
    attempt = paid(harness)
    refund = harness.new_refund(attempt, 10000)
    harness.gateway.create_refund(refund, attempt)
    harness.pass_time(2 * REFUND_STEPS_S)
    harness.pass_time(2 * REFUND_STEPS_S)
    before = harness.calls()
    harness.forget_tokens()
    CALLS[op][0](harness, attempt, harness.new_refund(attempt, 10000) if op == "refund" else refund)
    after = harness.calls()
    assert after["token"] - before["token"] == 1
    assert after[op] - before[op] == 2


def test_many_calls_take_one_token(harness: Harness) -> None:
    attempt = paid(harness)
    for _ in range(20):
        harness.gateway.fetch_payment(attempt)
    assert harness.calls()["token"] == 1


def test_an_expired_token_is_not_sent(harness: Harness) -> None:
    attempt = paid(harness)
    before = harness.calls()
    harness.pass_time(3 * 3600)
    harness.gateway.fetch_payment(attempt)
    after = harness.calls()
    assert (after["token"] - before["token"], after["status"] - before["status"]) == (1, 1)


# Logs.


def test_nothing_secret_or_personal_is_in_logs_or_errors(harness: Harness, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told: list[str] = []
    for fault in ("", "lose_answer", "refuse", "error_after", "garbage", "slow", "unauthorized"):
        for op in CALLS:
            try:
                told.append(repr(call(harness, op, fault)))
            except GatewayError as error:
                logging.getLogger("test").exception("as an alarm would log it")
                told.append(f"{error} {error!r}")
    (webhook, *_) = harness.webhooks(paid(harness).id)
    for request in (webhook, harness.wrongly_signed(webhook.body)):
        try:
            told.append(repr(harness.gateway.read_webhook(request)))
        except WebhookForged as error:
            told.append(repr(error))
    everything = "\n".join([caplog.text, *told])
    assert "as an alarm would log it" in everything
    assert [secret for secret in harness.secrets if secret in everything] == []
