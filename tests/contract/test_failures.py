"""Every gateway: failed connections, expired tokens, and what is logged about them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from payments.domain.records.payment import Attempt
from payments.domain.records.refund import Refund
from payments.domain.values.status import Status
from payments.gateways.contract.errors import GatewayError, OutcomeUnknown, Rejected, Unavailable, WebhookForged
from payments.gateways.kit.call_record import record_calls
from tests.contract.harness import Harness
from tests.contract.steps import OPEN, REFUND_STEPS_S, paid

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
    refund = harness.new_refund(attempt, 10000)
    if op == "refund_status":
        harness.gateway.create_refund(refund, attempt)
    if fault:
        harness.fault(fault, op)
    return CALLS[op][0](harness, attempt, refund)


@EACH_CALL
@pytest.mark.parametrize("fault", ["lose_answer", "error_before", "error_after", "garbage", "slow"])
def test_a_lost_answer_leaves_a_write_unknown_and_a_read_to_be_repeated(harness: Harness, op: str, fault: str) -> None:
    with pytest.raises(GatewayError) as raised:
        call(harness, op, fault)
    assert type(raised.value) is CALLS[op][1]


@EACH_CALL
def test_answers_are_reported_under_the_gateways_registered_name(harness: Harness, op: str) -> None:
    with record_calls() as heard:
        call(harness, op)
    assert heard == {harness.gateway.name: True}
    with record_calls() as heard, suppress(GatewayError):
        call(harness, op, "error_before")
    assert heard == {harness.gateway.name: False}


@EACH_CALL
def test_what_was_never_sent_did_not_happen(harness: Harness, op: str) -> None:
    with pytest.raises(Unavailable):
        call(harness, op, "refuse")


@EACH_CALL
def test_a_refusal_is_rejected_with_its_code(harness: Harness, op: str) -> None:
    attempt = paid(harness)
    harness.answer_next(harness.refusal("FORBIDDEN", 403))
    with pytest.raises(Rejected) as raised:
        CALLS[op][0](harness, attempt, harness.new_refund(attempt, 10000))
    assert (raised.value.code, raised.value.http_status) == ("FORBIDDEN", 403)


def test_a_create_whose_answer_was_lost_is_open_and_no_one_was_sent_there(harness: Harness) -> None:
    attempt = harness.new_attempt()
    harness.fault("lose_answer", "pay")
    with pytest.raises(OutcomeUnknown):
        harness.gateway.create_checkout(attempt, harness.order())
    assert harness.gateway.fetch_payment(attempt).status in OPEN
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
def test_without_a_token_nothing_is_sent_and_nothing_has_happened(token_holder: Harness, op: str) -> None:
    attempt = replace(token_holder.new_attempt(), checkout_ref="X1", payment_ref="X1")
    for fault in ("refuse", "lose_answer", "error_before", "garbage"):
        token_holder.fault(fault, "token")
        with pytest.raises(Unavailable):
            CALLS[op][0](token_holder, attempt, token_holder.new_refund(attempt, 10000))
    assert {name: n for name, n in token_holder.calls().items() if n and name != "token"} == {}


@EACH_CALL
def test_a_token_refused_is_renewed_once_and_the_call_sent_once_more(token_holder: Harness, op: str) -> None:
    attempt = paid(token_holder)
    refund = token_holder.new_refund(attempt, 10000)
    token_holder.gateway.create_refund(refund, attempt)
    token_holder.pass_time(2 * REFUND_STEPS_S)
    token_holder.pass_time(2 * REFUND_STEPS_S)
    before = token_holder.calls()
    token_holder.forget_tokens()
    CALLS[op][0](token_holder, attempt, token_holder.new_refund(attempt, 10000) if op == "refund" else refund)
    after = token_holder.calls()
    assert after["token"] - before["token"] == 1
    assert after[op] - before[op] == 2


def test_many_calls_share_one_token(token_holder: Harness) -> None:
    attempt = paid(token_holder)
    for _ in range(20):
        token_holder.gateway.fetch_payment(attempt)
    assert token_holder.calls()["token"] == 1


def test_an_expired_token_is_not_sent(token_holder: Harness) -> None:
    attempt = paid(token_holder)
    before = token_holder.calls()
    token_holder.pass_time(3 * 3600)
    token_holder.gateway.fetch_payment(attempt)
    after = token_holder.calls()
    assert (after["token"] - before["token"], after["status"] - before["status"]) == (1, 1)


def test_nothing_secret_or_personal_is_in_logs_or_errors(harness: Harness, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    reported: list[str] = []
    for fault in ("", "lose_answer", "refuse", "error_after", "garbage", "slow", "unauthorized"):
        for op in CALLS:
            try:
                reported.append(repr(call(harness, op, fault)))
            except GatewayError as error:
                logging.getLogger("test").exception("as an alarm would log it")
                reported.append(f"{error} {error!r}")
    paid(harness)
    (webhook, *_) = harness.all_webhooks()
    for request in (webhook, harness.wrongly_signed(webhook.body)):
        try:
            reported.append(repr(harness.gateway.read_webhook(request)))
        except WebhookForged as error:
            reported.append(repr(error))
    everything = "\n".join([caplog.text, *reported])
    assert "as an alarm would log it" in everything
    assert [secret for secret in harness.secrets if secret in everything] == []
