"""What PayPal's proved words are taken as."""

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
    a_hold,
    a_refunded,
    an_answer,
)


def news(event_type: object, resource: object, event_id: object = "WH-1-2") -> bytes:
    return json.dumps({"id": event_id, "event_type": event_type, "resource": resource}).encode()


CAPTURED = a_capture(supplementary_data={"related_ids": {"order_id": ORDER_REF}})
NAMELESS = {name: value for name, value in CAPTURED.items() if name != "custom_id"}
UP_TO_ORDER = {"rel": "up", "href": f"https://api.sandbox.paypal.com/v2/checkout/orders/{ORDER_REF}"}
REVERSAL = {
    "id": REFUND_REF, "status": "COMPLETED", "note_to_payer": "Payment reversed", "links": [{"rel": "self"}, UP],
}  # fmt: skip
NEWS: dict[str, tuple[bytes, EventKind, str, str]] = {
    "captured": (news("PAYMENT.CAPTURE.COMPLETED", CAPTURED), EventKind.PAYMENT, ATTEMPT.id, ""),
    "captured, nameless": (news("PAYMENT.CAPTURE.COMPLETED", NAMELESS), EventKind.PAYMENT, "", ORDER_REF),
    "pending": (news("PAYMENT.CAPTURE.PENDING", CAPTURED), EventKind.PAYMENT, ATTEMPT.id, ""),
    "denied": (news("PAYMENT.CAPTURE.DENIED", CAPTURED), EventKind.PAYMENT, ATTEMPT.id, ""),
    "declined": (news("PAYMENT.CAPTURE.DECLINED", CAPTURED), EventKind.PAYMENT, ATTEMPT.id, ""),
    "reversed": (news("PAYMENT.CAPTURE.REVERSED", REVERSAL), EventKind.PAYMENT, "", CAPTURE_REF),
    "reversed, told by the nameless capture": (
        news("PAYMENT.CAPTURE.REVERSED", NAMELESS), EventKind.PAYMENT, "", ORDER_REF,
    ),
    "captured, nameless, with its capture": (
        news("PAYMENT.CAPTURE.COMPLETED", NAMELESS | {
            "supplementary_data": {"related_ids": {"order_id": ORDER_REF, "capture_id": CAPTURE_REF}},
        }),
        EventKind.PAYMENT, "", ORDER_REF,
    ),
    "captured, with a path for an order": (
        news("PAYMENT.CAPTURE.COMPLETED", NAMELESS | {
            "supplementary_data": {"related_ids": {"order_id": f"../{ORDER_REF}"}},
        }),
        EventKind.PAYMENT, "", CAPTURE_REF,
    ),
    "captured, with our id alone": (
        news("PAYMENT.CAPTURE.COMPLETED", {"custom_id": ATTEMPT.id}), EventKind.PAYMENT, ATTEMPT.id, "",
    ),
    "reversed, told by the capture": (news("PAYMENT.CAPTURE.REVERSED", CAPTURED), EventKind.PAYMENT, ATTEMPT.id, ""),
    "held": (news("PAYMENT.AUTHORIZATION.CREATED", a_hold()), EventKind.PAYMENT, ATTEMPT.id, ""),
    "let go": (news("PAYMENT.AUTHORIZATION.VOIDED", a_hold("VOIDED")), EventKind.PAYMENT, ATTEMPT.id, ""),
    "approved": (news("CHECKOUT.ORDER.APPROVED", {"id": ORDER_REF}), EventKind.PAYMENT, "", ORDER_REF),
    "approved, with our id": (news("CHECKOUT.ORDER.APPROVED", an_answer()), EventKind.PAYMENT, ATTEMPT.id, ""),
    "completed": (news("CHECKOUT.ORDER.COMPLETED", {"id": ORDER_REF}), EventKind.PAYMENT, "", ORDER_REF),
    "processed": (news("CHECKOUT.ORDER.PROCESSED", {"id": ORDER_REF}), EventKind.PAYMENT, "", ORDER_REF),
    "approval over": (
        news("CHECKOUT.PAYMENT-APPROVAL.REVERSED", {"order_id": ORDER_REF}), EventKind.PAYMENT, "", ORDER_REF,
    ),
    "refunded": (news("PAYMENT.CAPTURE.REFUNDED", a_refunded()), EventKind.REFUND, REFUND.id, ""),
    "refund pending": (news("PAYMENT.REFUND.PENDING", a_refunded("PENDING")), EventKind.REFUND, REFUND.id, ""),
    "refund failed": (news("PAYMENT.REFUND.FAILED", a_refunded("FAILED")), EventKind.REFUND, REFUND.id, ""),
    "refund completed": (news("PAYMENT.REFUND.COMPLETED", a_refunded()), EventKind.REFUND, REFUND.id, ""),
    "refunded by hand": (news("PAYMENT.CAPTURE.REFUNDED", REVERSAL), EventKind.PAYMENT, "", CAPTURE_REF),
    "refunded by hand, of nothing": (news("PAYMENT.CAPTURE.REFUNDED", {"id": REFUND_REF}), EventKind.IGNORED, "", ""),
    "refunded by hand, of an order": (
        news("PAYMENT.CAPTURE.REFUNDED", {"id": REFUND_REF, "links": [UP_TO_ORDER]}), EventKind.IGNORED, "", "",
    ),
    "refunded by hand, by its related id": (
        news("PAYMENT.CAPTURE.REFUNDED", {"supplementary_data": {"related_ids": {"capture_id": CAPTURE_REF}}}),
        EventKind.PAYMENT, "", CAPTURE_REF,
    ),
    "refunded by hand, with a path for a capture": (
        news("PAYMENT.CAPTURE.REFUNDED", {"supplementary_data": {"related_ids": {"capture_id": "../x"}}}),
        EventKind.IGNORED, "", "",
    ),
    "refunded by hand, with a path to a capture": (
        news("PAYMENT.CAPTURE.REFUNDED", {"supplementary_data": {"related_ids": {"capture_id": f"../{CAPTURE_REF}"}}}),
        EventKind.IGNORED, "", "",
    ),
    "refunded by hand, with another capture under itself": (
        news("PAYMENT.CAPTURE.REFUNDED", {"links": [UP | {"rel": "self", "href": UP["href"][:-1] + "Z"}, UP]}),
        EventKind.PAYMENT, "", CAPTURE_REF,
    ),
    "refunded by hand, with the payment's id": (
        news("PAYMENT.CAPTURE.REFUNDED", a_refunded(custom_id=ATTEMPT.id)), EventKind.PAYMENT, ATTEMPT.id, "",
    ),
    "refunded by hand, with the payment's invoice": (
        news("PAYMENT.REFUND.FAILED", REVERSAL | {"invoice_id": ATTEMPT.id}), EventKind.PAYMENT, ATTEMPT.id, "",
    ),
    "refunded by hand, with somebody's invoice": (
        news("PAYMENT.CAPTURE.REFUNDED", REVERSAL | {"invoice_id": "INV-7"}), EventKind.PAYMENT, "", CAPTURE_REF,
    ),
    "a strange id": (news("PAYMENT.CAPTURE.COMPLETED", {"custom_id": "a b"}), EventKind.IGNORED, "", ""),
    "about nothing": (news("PAYMENT.CAPTURE.COMPLETED", {}), EventKind.IGNORED, "", ""),
    "a dispute": (
        news("CUSTOMER.DISPUTE.CREATED", {"dispute_id": "PP-D-1", "custom_id": "x"}), EventKind.DISPUTE, "", "PP-D-1",
    ),
    "a dispute moved on": (
        news("CUSTOMER.DISPUTE.UPDATED", {"dispute_id": "PP-D-1"}), EventKind.DISPUTE, "", "PP-D-1",
    ),
    "a dispute ended": (
        news("CUSTOMER.DISPUTE.RESOLVED", {"dispute_id": "PP-D-1"}), EventKind.DISPUTE, "", "PP-D-1",
    ),
    "a dispute without a name": (news("CUSTOMER.DISPUTE.CREATED", {"id": "PP-D-1"}), EventKind.IGNORED, "", ""),
    "a dispute with a path for a name": (
        news("CUSTOMER.DISPUTE.CREATED", {"dispute_id": "../x"}), EventKind.IGNORED, "", "",
    ),
    "a subscription": (news("BILLING.PLAN.CREATED", {"id": "P-1", "custom_id": "x"}), EventKind.IGNORED, "x", ""),
}  # fmt: skip


@pytest.mark.parametrize(("body", "kind", "subject_id", "subject_ref"), NEWS.values(), ids=NEWS)
def test_news_is_about_our_id_else_about_the_order(
    body: bytes, kind: EventKind, subject_id: str, subject_ref: str
) -> None:
    event = webhook.from_webhook(body)
    assert (event.id, event.kind, event.subject_id, event.subject_ref) == ("WH-1-2", kind, subject_id, subject_ref)


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b"{}", news(5, []), news("A B", {}), b'{"a":' * 100_000])
def test_proved_words_without_sense_are_ignored(body: bytes) -> None:
    assert webhook.from_webhook(body).kind is EventKind.IGNORED


@pytest.mark.parametrize("event_id", [None, 7, "", "WH 1", "W" * 101, "../x"])
def test_a_delivery_without_a_plain_id_is_known_by_its_body(event_id: object) -> None:
    one, other = (webhook.from_webhook(news(word, {}, event_id)).id for word in ("A.ONE", "A.TWO"))
    assert len(one) == len(other) == 64
    assert one != other


def test_news_keeps_the_word_of_its_resources_status() -> None:
    assert webhook.from_webhook(news("PAYMENT.CAPTURE.PENDING", a_capture("PENDING"))).state == "PENDING"


@pytest.mark.parametrize(
    "word",
    [
        "PAYMENT.CAPTURE.COMPLETED", "PAYMENT.CAPTURE.PENDING", "PAYMENT.CAPTURE.DENIED", "PAYMENT.CAPTURE.DECLINED",
        "PAYMENT.AUTHORIZATION.CREATED", "PAYMENT.AUTHORIZATION.VOIDED",
    ],
)  # fmt: skip
def test_news_of_money_without_our_id_name_the_order_though_a_capture_is_named_too(word: str) -> None:
    resource = NAMELESS | {"links": [UP]}
    event = webhook.from_webhook(news(word, resource))
    assert (event.kind, event.subject_id, event.subject_ref) == (EventKind.PAYMENT, "", ORDER_REF)
