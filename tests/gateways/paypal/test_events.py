"""How PayPal's proven events are read."""

from __future__ import annotations

import json

import pytest

from payments.gateways.contract.webhooks import EventKind
from payments.gateways.paypal import webhook
from tests.gateways.paypal.calls import (
    ATTEMPT,
    CAPTURE_REF,
    ORDER_REF,
    REFUND,
    REFUND_REF,
    UP,
    a_capture,
    a_refunded,
    an_answer,
    an_authorization,
)


def a_body(event_type: object, resource: object, event_id: object = "WH-1-2") -> bytes:
    return json.dumps({"id": event_id, "event_type": event_type, "resource": resource}).encode()


CAPTURED = a_capture(supplementary_data={"related_ids": {"order_id": ORDER_REF}})
NAMELESS = {name: value for name, value in CAPTURED.items() if name != "custom_id"}
UP_TO_ORDER = {"rel": "up", "href": f"https://api.sandbox.paypal.com/v2/checkout/orders/{ORDER_REF}"}
REVERSAL = {
    "id": REFUND_REF, "status": "COMPLETED", "note_to_payer": "Payment reversed", "links": [{"rel": "self"}, UP],
}  # fmt: skip
EVENTS: dict[str, tuple[bytes, EventKind, str, str]] = {
    "captured": (a_body("PAYMENT.CAPTURE.COMPLETED", CAPTURED), EventKind.PAYMENT, ATTEMPT.id, ""),
    "captured, nameless": (a_body("PAYMENT.CAPTURE.COMPLETED", NAMELESS), EventKind.PAYMENT, "", ORDER_REF),
    "pending": (a_body("PAYMENT.CAPTURE.PENDING", CAPTURED), EventKind.PAYMENT, ATTEMPT.id, ""),
    "denied": (a_body("PAYMENT.CAPTURE.DENIED", CAPTURED), EventKind.PAYMENT, ATTEMPT.id, ""),
    "declined": (a_body("PAYMENT.CAPTURE.DECLINED", CAPTURED), EventKind.PAYMENT, ATTEMPT.id, ""),
    "reversed": (a_body("PAYMENT.CAPTURE.REVERSED", REVERSAL), EventKind.PAYMENT, "", CAPTURE_REF),
    "reversed, told by the nameless capture": (
        a_body("PAYMENT.CAPTURE.REVERSED", NAMELESS), EventKind.PAYMENT, "", ORDER_REF,
    ),
    "captured, nameless, with its capture": (
        a_body("PAYMENT.CAPTURE.COMPLETED", NAMELESS | {
            "supplementary_data": {"related_ids": {"order_id": ORDER_REF, "capture_id": CAPTURE_REF}},
        }),
        EventKind.PAYMENT, "", ORDER_REF,
    ),
    "captured, with a path for an order": (
        a_body("PAYMENT.CAPTURE.COMPLETED", NAMELESS | {
            "supplementary_data": {"related_ids": {"order_id": f"../{ORDER_REF}"}},
        }),
        EventKind.PAYMENT, "", CAPTURE_REF,
    ),
    "captured, with our id alone": (
        a_body("PAYMENT.CAPTURE.COMPLETED", {"custom_id": ATTEMPT.id}), EventKind.PAYMENT, ATTEMPT.id, "",
    ),
    "reversed, told by the capture": (a_body("PAYMENT.CAPTURE.REVERSED", CAPTURED), EventKind.PAYMENT, ATTEMPT.id, ""),
    "held": (a_body("PAYMENT.AUTHORIZATION.CREATED", an_authorization()), EventKind.PAYMENT, ATTEMPT.id, ""),
    "let go": (a_body("PAYMENT.AUTHORIZATION.VOIDED", an_authorization("VOIDED")), EventKind.PAYMENT, ATTEMPT.id, ""),
    "approved": (a_body("CHECKOUT.ORDER.APPROVED", {"id": ORDER_REF}), EventKind.PAYMENT, "", ORDER_REF),
    "approved, with our id": (a_body("CHECKOUT.ORDER.APPROVED", an_answer()), EventKind.PAYMENT, ATTEMPT.id, ""),
    "completed": (a_body("CHECKOUT.ORDER.COMPLETED", {"id": ORDER_REF}), EventKind.PAYMENT, "", ORDER_REF),
    "processed": (a_body("CHECKOUT.ORDER.PROCESSED", {"id": ORDER_REF}), EventKind.PAYMENT, "", ORDER_REF),
    "approval over": (
        a_body("CHECKOUT.PAYMENT-APPROVAL.REVERSED", {"order_id": ORDER_REF}), EventKind.PAYMENT, "", ORDER_REF,
    ),
    "refunded": (a_body("PAYMENT.CAPTURE.REFUNDED", a_refunded()), EventKind.REFUND, REFUND.id, ""),
    "refund pending": (a_body("PAYMENT.REFUND.PENDING", a_refunded("PENDING")), EventKind.REFUND, REFUND.id, ""),
    "refund failed": (a_body("PAYMENT.REFUND.FAILED", a_refunded("FAILED")), EventKind.REFUND, REFUND.id, ""),
    "refund completed": (a_body("PAYMENT.REFUND.COMPLETED", a_refunded()), EventKind.REFUND, REFUND.id, ""),
    "refunded by hand": (a_body("PAYMENT.CAPTURE.REFUNDED", REVERSAL), EventKind.PAYMENT, "", CAPTURE_REF),
    "refunded by hand, of nothing": (a_body("PAYMENT.CAPTURE.REFUNDED", {"id": REFUND_REF}), EventKind.IGNORED, "", ""),
    "refunded by hand, of an order": (
        a_body("PAYMENT.CAPTURE.REFUNDED", {"id": REFUND_REF, "links": [UP_TO_ORDER]}), EventKind.IGNORED, "", "",
    ),
    "refunded by hand, by its related id": (
        a_body("PAYMENT.CAPTURE.REFUNDED", {"supplementary_data": {"related_ids": {"capture_id": CAPTURE_REF}}}),
        EventKind.PAYMENT, "", CAPTURE_REF,
    ),
    "refunded by hand, with a path for a capture": (
        a_body("PAYMENT.CAPTURE.REFUNDED", {"supplementary_data": {"related_ids": {"capture_id": "../x"}}}),
        EventKind.IGNORED, "", "",
    ),
    "refunded by hand, with a path to a capture": (
        a_body(
            "PAYMENT.CAPTURE.REFUNDED", {"supplementary_data": {"related_ids": {"capture_id": f"../{CAPTURE_REF}"}}},
        ),
        EventKind.IGNORED, "", "",
    ),
    "refunded by hand, with another capture under itself": (
        a_body("PAYMENT.CAPTURE.REFUNDED", {"links": [UP | {"rel": "self", "href": UP["href"][:-1] + "Z"}, UP]}),
        EventKind.PAYMENT, "", CAPTURE_REF,
    ),
    "refunded by hand, with the payment's id": (
        a_body("PAYMENT.CAPTURE.REFUNDED", a_refunded(custom_id=ATTEMPT.id)), EventKind.PAYMENT, ATTEMPT.id, "",
    ),
    "refunded by hand, with the payment's invoice": (
        a_body("PAYMENT.REFUND.FAILED", REVERSAL | {"invoice_id": ATTEMPT.id}), EventKind.PAYMENT, ATTEMPT.id, "",
    ),
    "refunded by hand, with somebody's invoice": (
        a_body("PAYMENT.CAPTURE.REFUNDED", REVERSAL | {"invoice_id": "INV-7"}), EventKind.PAYMENT, "", CAPTURE_REF,
    ),
    "a strange id": (a_body("PAYMENT.CAPTURE.COMPLETED", {"custom_id": "a b"}), EventKind.IGNORED, "", ""),
    "about nothing": (a_body("PAYMENT.CAPTURE.COMPLETED", {}), EventKind.IGNORED, "", ""),
    "a dispute": (
        a_body("CUSTOMER.DISPUTE.CREATED", {"dispute_id": "PP-D-1", "custom_id": "x"}), EventKind.DISPUTE, "", "PP-D-1",
    ),
    "a dispute moved on": (
        a_body("CUSTOMER.DISPUTE.UPDATED", {"dispute_id": "PP-D-1"}), EventKind.DISPUTE, "", "PP-D-1",
    ),
    "a dispute ended": (
        a_body("CUSTOMER.DISPUTE.RESOLVED", {"dispute_id": "PP-D-1"}), EventKind.DISPUTE, "", "PP-D-1",
    ),
    "a dispute without a name": (a_body("CUSTOMER.DISPUTE.CREATED", {"id": "PP-D-1"}), EventKind.IGNORED, "", ""),
    "a dispute with a path for a name": (
        a_body("CUSTOMER.DISPUTE.CREATED", {"dispute_id": "../x"}), EventKind.IGNORED, "", "",
    ),
    "a subscription": (a_body("BILLING.PLAN.CREATED", {"id": "P-1", "custom_id": "x"}), EventKind.IGNORED, "x", ""),
}  # fmt: skip


@pytest.mark.parametrize(("body", "kind", "subject_id", "subject_ref"), EVENTS.values(), ids=EVENTS)
def test_a_webhook_is_about_our_id_else_about_the_order(
    body: bytes, kind: EventKind, subject_id: str, subject_ref: str
) -> None:
    event = webhook.from_webhook(body)
    assert (event.id, event.kind, event.subject_id, event.subject_ref) == ("WH-1-2", kind, subject_id, subject_ref)


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b"{}", a_body(5, []), a_body("A B", {}), b'{"a":' * 100_000])
def test_proven_but_invalid_webhooks_are_ignored(body: bytes) -> None:
    assert webhook.from_webhook(body).kind is EventKind.IGNORED


@pytest.mark.parametrize("event_id", [None, 7, "", "WH 1", "W" * 101, "../x"])
def test_a_delivery_without_a_plain_id_is_known_by_its_body(event_id: object) -> None:
    one, other = (webhook.from_webhook(a_body(code, {}, event_id)).id for code in ("A.ONE", "A.TWO"))
    assert len(one) == len(other) == 64
    assert one != other


def test_a_webhook_has_the_code_of_its_resources_status() -> None:
    assert webhook.from_webhook(a_body("PAYMENT.CAPTURE.PENDING", a_capture("PENDING"))).state == "PENDING"


@pytest.mark.parametrize(
    "code",
    [
        "PAYMENT.CAPTURE.COMPLETED", "PAYMENT.CAPTURE.PENDING", "PAYMENT.CAPTURE.DENIED", "PAYMENT.CAPTURE.DECLINED",
        "PAYMENT.AUTHORIZATION.CREATED", "PAYMENT.AUTHORIZATION.VOIDED",
    ],
)  # fmt: skip
def test_webhooks_of_money_without_our_id_name_the_order_though_a_capture_is_named_too(code: str) -> None:
    resource = NAMELESS | {"links": [UP]}
    event = webhook.from_webhook(a_body(code, resource))
    assert (event.kind, event.subject_id, event.subject_ref) == (EventKind.PAYMENT, "", ORDER_REF)
