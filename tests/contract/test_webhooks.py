"""Every gateway: proofs of webhooks, and how a proven body is read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from payments.gateways.contract.errors import WebhookForged
from payments.gateways.contract.webhooks import EventKind, WebhookRequest
from tests.contract.harness import Harness
from tests.contract.steps import looked_at, paid, refunded


def test_genuine_webhooks_name_the_attempt_and_the_refund(harness: Harness) -> None:
    """By our id, or by the ref of the checkout."""
    attempt = harness.new_attempt()
    checkout = harness.gateway.create_checkout(attempt, harness.order())
    attempt = replace(attempt, checkout_ref=checkout.ref)
    harness.pay(attempt)
    attempt = replace(attempt, payment_ref=looked_at(harness, attempt).ref)
    events = [harness.gateway.read_webhook(webhook) for webhook in harness.all_webhooks()]
    snapshot = [event for event in events if event.kind is EventKind.PAYMENT]
    assert snapshot
    names = {event.subject_id or event.subject_ref for event in snapshot}
    assert names <= {attempt.id, checkout.webhook_ref} - {""}
    refund = harness.new_refund(attempt, 10000)
    before = len(harness.all_webhooks())
    refunded(harness, refund, attempt)
    events = [harness.gateway.read_webhook(webhook) for webhook in harness.all_webhooks()[before:]]
    assert {event.subject_id for event in events if event.kind is EventKind.REFUND} == {refund.id}


def event_of_a_payment(harness: Harness) -> WebhookRequest:
    paid(harness)
    return harness.all_webhooks()[0]


def test_a_webhook_without_a_right_proof_is_forged(harness: Harness) -> None:
    webhook = event_of_a_payment(harness)
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
    webhook = event_of_a_payment(harness)
    altered = replace(webhook, body=webhook.body.replace(b"9", b"8", 1))
    assert altered.body != webhook.body
    if harness.proof_covers_body:
        with pytest.raises(WebhookForged):
            harness.gateway.read_webhook(altered)
    else:
        assert harness.gateway.read_webhook(altered).id != harness.gateway.read_webhook(webhook).id


def test_a_repeated_webhook_is_the_same_event(harness: Harness) -> None:
    webhook = event_of_a_payment(harness)
    again = harness.sent_again(webhook)
    assert harness.gateway.read_webhook(again) == harness.gateway.read_webhook(webhook)


def test_an_unknown_event_is_ignored(harness: Harness) -> None:
    event = harness.gateway.read_webhook(harness.signed(harness.unknown_event(harness.new_attempt())))
    assert event.kind is EventKind.IGNORED
    assert event.event_type


@pytest.mark.parametrize("body", [b"", b"<xml/>", b"[]", b'{"event": {}}', b'{"type": 1}', b"\xff"])
def test_a_proved_body_without_sense_is_ignored(harness: Harness, body: bytes) -> None:
    event = harness.gateway.read_webhook(harness.signed(body))
    assert event.kind is EventKind.IGNORED


def test_without_a_configured_secret_every_webhook_is_refused(harness: Harness) -> None:
    webhook = event_of_a_payment(harness)
    for request in (webhook, harness.signed(webhook.body), WebhookRequest(webhook.body, {})):
        with pytest.raises(WebhookForged):
            harness.gateway_without_webhook_secret.read_webhook(request)
