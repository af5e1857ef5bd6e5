"""How a proven webhook body is read."""

from __future__ import annotations

import json

import pytest

from payments.gateways.contract.webhooks import EventKind
from payments.gateways.phonepe import webhook as webhook_
from tests.gateways.phonepe.sample import sample

ATTEMPT_ID, REFUND_ID = "att_01JD3Z8Q5V7W9X1Y2Z3A4B5C6D", "rfd_01JD3ZB1M2N3P4Q5R6S7T8V9W0"


PAYMENT_EVENTS = [
    "checkout.order.completed",
    "checkout.order.failed",
    "checkout.transaction.attempt.failed",
    "pg.order.completed",
    "pg.order.failed",
    "pg.transaction.attempt.failed",
    "pg.transaction.failed",
]
REFUND_EVENTS = ["pg.refund.accepted", "pg.refund.completed", "pg.refund.failed"]
IGNORED_EVENTS = [
    "subscription.setup.order.completed",
    "subscription.setup.order.failed",
    "subscription.paused",
    "subscription.unpaused",
    "subscription.revoked",
    "subscription.cancelled",
    "subscription.notification.completed",
    "subscription.notification.failed",
    "subscription.redemption.transaction.completed",
    "subscription.redemption.transaction.failed",
    "subscription.redemption.order.completed",
    "subscription.redemption.order.failed",
    "settlement.initiated",
    "checkout.order.celebrated",
]


def webhook(**body: object) -> bytes:
    return json.dumps(body).encode()


@pytest.mark.parametrize("as_type", [False, True])
@pytest.mark.parametrize("code", PAYMENT_EVENTS)
def test_a_webhook_of_a_payment_names_our_attempt(code: str, as_type: bool) -> None:
    name = {"type": code.upper().replace(".", "_")} if as_type else {"event": code}
    event = webhook_.from_webhook(webhook(**name, payload=sample("status_completed")))
    assert (event.kind, event.event_type, event.subject_id) == (EventKind.PAYMENT, code, ATTEMPT_ID)
    assert event.state == "COMPLETED"


@pytest.mark.parametrize("code", REFUND_EVENTS)
def test_a_webhook_of_a_refund_names_our_refund(code: str) -> None:
    event = webhook_.from_webhook(webhook(event=code, payload=sample("refund_completed_detailed")))
    assert (event.kind, event.event_type, event.subject_id) == (EventKind.REFUND, code, REFUND_ID)


@pytest.mark.parametrize("code", ["created", "action.required", "under.review", "won", "lost"])
@pytest.mark.parametrize("is_upper", [False, True])
def test_a_webhook_of_a_dispute_names_the_dispute(code: str, is_upper: bool) -> None:
    name = f"payment.dispute.{code.replace('.', '_')}"
    event = webhook_.from_webhook(webhook(event=name.upper() if is_upper else name, payload={"disputeId": "D1"}))
    assert (event.kind, event.event_type, event.subject_ref) == (EventKind.DISPUTE, f"payment.dispute.{code}", "D1")


@pytest.mark.parametrize("code", IGNORED_EVENTS)
def test_another_webhook_is_ignored_yet_says_whom_it_is_about(code: str) -> None:
    event = webhook_.from_webhook(webhook(event=code, payload={"merchantOrderId": ATTEMPT_ID, "state": "PENDING"}))
    assert (event.kind, event.event_type, event.subject_id) == (EventKind.IGNORED, code, ATTEMPT_ID)


def test_the_event_counts_where_the_old_type_disagrees() -> None:
    body = webhook(event="checkout.order.failed", type="PG_REFUND_COMPLETED", payload=sample("status_completed"))
    assert webhook_.from_webhook(body).event_type == "checkout.order.failed"


def test_a_refund_webhook_without_an_envelope_is_about_a_refund() -> None:
    event = webhook_.from_webhook(webhook(**sample("webhook_refund_without_envelope")))
    assert (event.kind, event.event_type, event.subject_id) == (EventKind.REFUND, "", REFUND_ID)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[" * 100_000,
        b'"text"',
        b"[]",
        b"{}",
        b'{"event": 7}',
        b'{"event": "checkout.order.completed"}',
        b'{"event": "checkout.order.completed", "payload": null}',
        b'{"event": "checkout.order.completed", "payload": [1]}',
        b'{"event": "checkout.order.completed", "payload": {"merchantOrderId": 5}}',
        b'{"event": "checkout.order.completed", "payload": {"merchantOrderId": "../../x"}}',
        b'{"event": "pg.refund.failed", "payload": {"merchantOrderId": "att_1"}}',
        b'{"event": "\\ud800", "payload": {"state": "\\ud800"}}',
        b"\xff\xfe",
    ],
)
def test_a_proved_body_without_sense_is_ignored_and_never_an_error(body: bytes) -> None:
    event = webhook_.from_webhook(body)
    assert (event.kind, event.subject_id) == (EventKind.IGNORED, "")
    event.event_type.encode(), event.state.encode()


def test_an_event_is_known_by_its_very_bytes() -> None:
    body = webhook(event="checkout.order.completed", payload=sample("status_completed"))
    assert webhook_.from_webhook(body).id == webhook_.from_webhook(body).id
    assert webhook_.from_webhook(body + b" ").id != webhook_.from_webhook(body).id


def test_a_long_text_of_the_gateway_is_cut() -> None:
    event = webhook_.from_webhook(webhook(event="e" * 999, payload={"merchantOrderId": "a" * 64, "state": "S" * 999}))
    assert (event.event_type, event.subject_id, event.state) == ("e" * 100, "", "S" * 32)
