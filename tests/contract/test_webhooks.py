"""Every gateway: proofs, and what a proved body is taken as."""

from __future__ import annotations

from dataclasses import replace

import pytest

from payments.gateways.contract import (
    EventKind,
    WebhookForged,
    WebhookRequest,
)
from tests.contract.harness import Harness
from tests.contract.steps import paid, refunded


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
