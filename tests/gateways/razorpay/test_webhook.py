"""The proof of a webhook, how a proven body is read, and the browser's proof."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace
from typing import Any

import pytest

from payments.gateways.contract.errors import WebhookForged
from payments.gateways.contract.webhooks import EventKind, GatewayEvent, WebhookRequest
from payments.gateways.razorpay import webhook
from tests.gateways.razorpay.calls import (
    ATTEMPT,
    OPENED,
    ORDER_REF,
    PAY_REF,
    QR_REF,
    REFUND,
    TEST_KEYS,
    Wire,
    a_gateway,
    a_payment,
    a_qr_entity,
    a_refund_entity,
    an_order_entity,
)


def envelope(event: str, **entities: Any) -> bytes:
    payload = {name: {"entity": entity} for name, entity in entities.items()}
    return json.dumps({"entity": "event", "event": event, "contains": list(entities), "payload": payload}).encode()


def proof(body: bytes, key: str = "sim-webhook-secret") -> str:
    return hmac.new(key.encode(), body, "sha256").hexdigest()


BODY = envelope("payment.captured", payment=a_payment())
SIGNED = proof(BODY)


def read(body: bytes, signature: str | None, **secret: Any) -> GatewayEvent:
    headers = {"x-razorpay-event-id": "anybody-may-write-this"}
    request = WebhookRequest(body, headers if signature is None else {**headers, "x-razorpay-signature": signature})
    return a_gateway(Wire({}), secret={**TEST_KEYS, **secret}).read_webhook(request)


def test_a_genuine_webhook_names_the_order() -> None:
    event_id = hashlib.sha256(BODY).hexdigest()
    expected = GatewayEvent(event_id, EventKind.PAYMENT, "payment.captured", "", "captured", ORDER_REF)
    assert read(BODY, SIGNED) == expected


def test_either_secret_of_a_rotation_proves() -> None:
    assert read(BODY, proof(BODY, "the-older-one")) == read(BODY, SIGNED)


FORGED = {
    "missing": None,
    "empty": "",
    "upper case": SIGNED.upper(),
    "a prefix of it": SIGNED[:-1],
    "with a space": f"{SIGNED} ",
    "by the key's secret": proof(BODY, "sim-key-secret"),
    "by an empty secret": proof(BODY, ""),
    "of another body": proof(BODY + b" "),
    "of the browser's kind": proof(f"{ORDER_REF}|{PAY_REF}".encode()),
    "in another alphabet": "ё" * 64,
    "half a character": "\ud800",
}


@pytest.mark.parametrize("signature", FORGED.values(), ids=FORGED)
def test_anything_else_is_forged(signature: str | None) -> None:
    with pytest.raises(WebhookForged):
        read(BODY, signature)


@pytest.mark.parametrize("secrets", [[], [""], [" "], None, [3]])
def test_without_a_secret_every_webhook_is_forged(secrets: object) -> None:
    for signature in (SIGNED, proof(BODY, ""), ""):
        with pytest.raises(WebhookForged):
            read(BODY, signature, webhook_secrets=secrets)


EVENTS = {
    "payment.authorized": ({"payment": a_payment("authorized")}, ORDER_REF),
    "payment.captured": ({"payment": a_payment()}, ORDER_REF),
    "payment.failed": ({"payment": a_payment("failed")}, ORDER_REF),
}
NAMED = {  # By the object that our server made, with our id.
    "order.paid": ({"payment": a_payment(), "order": an_order_entity()}, ORDER_REF),
    "qr_code.credited": ({"payment": a_payment(order_id=None), "qr_code": a_qr_entity()}, QR_REF),
    "qr_code.closed": ({"qr_code": a_qr_entity()}, QR_REF),
}


@pytest.mark.parametrize("event", EVENTS | NAMED)
def test_a_webhook_of_a_payment_names_what_was_paid(event: str) -> None:
    entities, ref = (EVENTS | NAMED)[event]
    paid = webhook.from_webhook(envelope(event, **entities))
    our_id = ATTEMPT.id if event in NAMED else ""
    assert (paid.kind, paid.event_type, paid.subject_ref, paid.subject_id) == (
        EventKind.PAYMENT,
        event,
        ref,
        our_id,
    )


def test_an_id_that_a_browser_may_have_written_is_not_ours() -> None:
    reported = a_payment(notes={"attempt_id": ATTEMPT.id})
    assert webhook.from_webhook(envelope("payment.captured", payment=reported)).subject_id == ""
    strange = an_order_entity(receipt="shop-17")
    assert webhook.from_webhook(envelope("order.paid", order=strange)).subject_id == ""


@pytest.mark.parametrize("code", ["created", "processed", "failed", "speed_changed"])
@pytest.mark.parametrize("fields", [{}, {"notes": []}, {"receipt": None}], ids=["both", "receipt", "notes"])
def test_a_webhook_of_a_refund_names_our_refund(code: str, fields: dict[str, Any]) -> None:
    body = envelope(f"refund.{code}", refund=a_refund_entity(**fields), payment=a_payment())
    paid = webhook.from_webhook(body)
    ref = a_refund_entity()["id"]
    assert (paid.kind, paid.subject_id, paid.subject_ref) == (EventKind.REFUND, REFUND.id, ref)


IGNORED = {
    "a refund of nobody's": envelope("refund.processed", refund={"id": "rfnd_1", "notes": []}),
    "a refund of an odd payment": envelope(
        "refund.processed", refund=a_refund_entity(notes=[], receipt="", payment_id="../2")
    ),
    "a payment without an order": envelope("payment.captured", payment=a_payment(order_id=None)),
    "a payment with an odd order": envelope("payment.captured", payment=a_payment(order_id="order_1/../2")),
    "an order without an id": envelope("order.paid", order={"id": 5}),
    "a dispute without an id": envelope("payment.dispute.created", payment=a_payment(), dispute={"id": "disp/1"}),
    "a dispute in an odd event": envelope("payment.dispute.celebrated", dispute={"id": "disp_1"}),
    "a payment link": envelope("payment_link.paid", payment=a_payment()),
    "no entity": envelope("payment.captured"),
    "no payload": b'{"event": "payment.captured"}',
    "a list": b"[]",
    "a payload of another kind": b'{"event": "payment.captured", "payload": []}',
    "no word": b'{"event": {"a": 1}, "payload": {}}',
    "no json": b"\xff",
    "depth": b"[" * 100_000,
}


@pytest.mark.parametrize("body", IGNORED.values(), ids=IGNORED)
def test_what_names_nothing_of_ours_is_ignored(body: bytes) -> None:
    assert webhook.from_webhook(body).kind is EventKind.IGNORED


@pytest.mark.parametrize("ours", [{"notes": [], "receipt": None}, {"notes": [], "receipt": ATTEMPT.id}])
@pytest.mark.parametrize(
    ("payment", "named"),
    [
        (a_payment(), ORDER_REF),
        (a_payment(order_id=None), PAY_REF),  # Of a QR code.
        (a_payment("refunded", captured=False, order_id=ORDER_REF), ORDER_REF),  # An authorization that lapsed.
        ({}, PAY_REF),
    ],
)
@pytest.mark.parametrize("code", ["refund.created", "refund.processed", "refund.failed"])
def test_a_refund_without_our_id_is_an_event_of_its_payment(
    code: str, payment: dict[str, Any], named: str, ours: dict[str, Any]
) -> None:
    event = webhook.from_webhook(envelope(code, refund=a_refund_entity(**ours), payment=payment))
    assert (event.kind, event.subject_id, event.subject_ref) == (EventKind.PAYMENT, "", named)
    assert event.refund_ref == ""


@pytest.mark.parametrize("code", ["created", "under_review", "action_required", "won", "lost", "closed"])
def test_a_webhook_of_a_dispute_names_the_dispute(code: str) -> None:
    dispute = {"id": "disp_SIM0000000001", "status": "open"}
    event = webhook.from_webhook(envelope(f"payment.dispute.{code}", payment=a_payment(), dispute=dispute))
    assert (event.kind, event.subject_id, event.subject_ref) == (EventKind.DISPUTE, "", "disp_SIM0000000001")
    assert event.state == "open"


def test_copies_of_one_delivery_have_one_id_whatever_their_headers() -> None:
    assert read(BODY, SIGNED).id == read(BODY, SIGNED).id
    assert read(BODY, SIGNED).id != read(BODY + b" ", proof(BODY + b" ")).id


# The browser's.

CALLBACK = {
    "razorpay_payment_id": PAY_REF,
    "razorpay_order_id": ORDER_REF,
    "razorpay_signature": proof(f"{ORDER_REF}|{PAY_REF}".encode(), "sim-key-secret"),
}


def test_the_browsers_proof_is_of_the_order_that_we_stored() -> None:
    assert a_gateway(Wire({})).is_proved(OPENED, CALLBACK)


NOT_PROVED: dict[str, dict[str, str]] = {
    "nothing": {},
    "no signature": {"razorpay_payment_id": PAY_REF, "razorpay_order_id": ORDER_REF},
    "another payment": CALLBACK | {"razorpay_payment_id": "pay_other"},
    "another order": {
        "razorpay_payment_id": PAY_REF,
        "razorpay_order_id": "order_other",
        "razorpay_signature": proof(f"order_other|{PAY_REF}".encode(), "sim-key-secret"),
    },
    "no order": {name: text for name, text in CALLBACK.items() if name != "razorpay_order_id"},
    "upper case": CALLBACK | {"razorpay_signature": CALLBACK["razorpay_signature"].upper()},
    "by the webhook's secret": CALLBACK | {"razorpay_signature": proof(f"{ORDER_REF}|{PAY_REF}".encode())},
    "the other way round": CALLBACK
    | {"razorpay_signature": proof(f"{PAY_REF}|{ORDER_REF}".encode(), "sim-key-secret")},
    "in another alphabet": CALLBACK | {"razorpay_signature": "ё" * 64},
    "half a character": CALLBACK | {"razorpay_payment_id": "\ud800"},
}


@pytest.mark.parametrize("given", NOT_PROVED.values(), ids=NOT_PROVED)
def test_anything_else_proves_nothing(given: dict[str, str]) -> None:
    assert not a_gateway(Wire({})).is_proved(OPENED, given)


def test_without_an_order_or_a_key_nothing_is_proved() -> None:
    empty = CALLBACK | {"razorpay_order_id": "", "razorpay_signature": proof(f"|{PAY_REF}".encode(), "sim-key-secret")}
    assert not a_gateway(Wire({})).is_proved(replace(OPENED, checkout_ref=""), empty)
    unkeyed = CALLBACK | {"razorpay_signature": proof(f"{ORDER_REF}|{PAY_REF}".encode(), "")}
    assert not a_gateway(Wire({}), secret={**TEST_KEYS, "key_secret": ""}).is_proved(OPENED, unkeyed)


def test_the_name_of_an_event_is_read_in_any_case_of_letters() -> None:
    paid = webhook.from_webhook(envelope("Payment.Captured", payment=a_payment()))
    assert (paid.kind, paid.event_type) == (EventKind.PAYMENT, "payment.captured")


def test_the_refund_that_a_payment_names_is_not_what_its_webhook_is_about() -> None:
    named = a_payment(notes={"refund_id": "rfd_01JD0000000000000000000001"})
    assert webhook.from_webhook(envelope("payment.captured", payment=named)).subject_id == ""


def test_an_order_is_known_by_our_id_where_its_own_is_missing() -> None:
    paid = webhook.from_webhook(envelope("order.paid", order=an_order_entity(id=None)))
    assert (paid.kind, paid.subject_id, paid.subject_ref) == (EventKind.PAYMENT, ATTEMPT.id, "")
