"""Webhooks with a valid proof and untrue content: only the delivery may change."""

from __future__ import annotations

import json
from typing import Any

from tests.security.attacks.forgeries import webhook_body

APPLIED, IGNORED, PARKED = "applied", "ignored", "parked"
_NOBODYS = "att_00000000000000000000000000"
_PAID_TRY = [{"transactionId": "OM1", "state": "COMPLETED", "amount": 49900}]

# The gateway says that OPEN is not paid, and that RFD is completed.
LIES: dict[str, tuple[dict[str, Any], str]] = {
    "paid": (webhook_body(), APPLIED),
    "a paisa more": (webhook_body(amount=49901), APPLIED),
    "a paisa less": (webhook_body(amount=49899), APPLIED),
    "nothing": (webhook_body(amount=0), APPLIED),
    "negative": (webhook_body(amount=-49900), APPLIED),
    "a text": (webhook_body(amount="49900"), APPLIED),
    "a fraction": (webhook_body(amount=499.00), APPLIED),
    "no amount": (webhook_body(amount=None), APPLIED),
    "other currency": (webhook_body(currency="USD"), APPLIED),
    "other merchant": (webhook_body(merchantId="MSIM0002"), APPLIED),
    "other state": (webhook_body(state="SUCCESS"), APPLIED),
    "no state": (webhook_body(state=""), APPLIED),
    "failed": (webhook_body("checkout.order.failed", "FAILED"), APPLIED),
    "event and state disagree": (webhook_body("checkout.order.failed"), APPLIED),
    "state and event disagree": (webhook_body(state="FAILED"), APPLIED),
    "event and old type disagree": (webhook_body() | {"type": "CHECKOUT_ORDER_FAILED"}, APPLIED),
    "old type alone": ({"type": "CHECKOUT_ORDER_COMPLETED", "payload": webhook_body()["payload"]}, APPLIED),
    "root and try disagree": (webhook_body(state="PENDING", paymentDetails=_PAID_TRY), APPLIED),
    "try and root disagree": (webhook_body(paymentDetails=[{"state": "FAILED", "amount": 49900}]), APPLIED),
    "two tries paid": (webhook_body(paymentDetails=_PAID_TRY * 2), APPLIED),
    "a failed try": (webhook_body("checkout.transaction.attempt.failed", "FAILED"), APPLIED),
    "other product": (webhook_body("pg.order.completed"), APPLIED),
    "future": (webhook_body(expireAt=9_999_999_999_999, timestamp=9_999_999_999_999), APPLIED),
    "long ago": (webhook_body(expireAt=0, timestamp=0), APPLIED),
    "event in capitals": (webhook_body("CHECKOUT.ORDER.COMPLETED"), APPLIED),
    "a completed order failed": (webhook_body("checkout.order.failed", "FAILED", merchantOrderId="OURS"), APPLIED),
    "another workspace's failed": (webhook_body("checkout.order.failed", "FAILED", merchantOrderId="THEIRS"), APPLIED),
    "a refund failed": (webhook_body("pg.refund.failed", "FAILED", merchantRefundId="RFD"), APPLIED),
    "a refund of more": (webhook_body("pg.refund.completed", merchantRefundId="RFD", amount=49900), APPLIED),
    "an order as refund": (webhook_body("pg.refund.completed", merchantRefundId="OPEN"), IGNORED),
    "a refund as order": (webhook_body(merchantOrderId="RFD"), IGNORED),
    "refund news without a refund": (webhook_body("pg.refund.completed"), IGNORED),
    "unknown order": (webhook_body(merchantOrderId=_NOBODYS), PARKED),
    "the shop's own id": (webhook_body(merchantOrderId="SCENE-OPEN"), PARKED),
    "our payment's id": (webhook_body(merchantOrderId="pay_00000000000000000000000000"), PARKED),
    "unknown refund": (webhook_body("pg.refund.completed", merchantRefundId="rfd_00000000000000000000000000"), PARKED),
    "no order": (webhook_body(merchantOrderId=""), IGNORED),
    "order as a list": (webhook_body(merchantOrderId=["OPEN"]), IGNORED),
    "order as an object": (webhook_body(merchantOrderId={"$ne": ""}), IGNORED),
    "key separator": (webhook_body(merchantOrderId="OPEN#X"), IGNORED),
    "line end": (webhook_body(merchantOrderId="OPEN\n"), IGNORED),
    "64 characters": (webhook_body(merchantOrderId="a" * 64), IGNORED),
    "unknown event": (webhook_body("checkout.order.doubled"), IGNORED),
    "an event of mandates": (webhook_body("subscription.redemption.order.completed"), IGNORED),
    "an event of settlements": (webhook_body("settlement.processed"), IGNORED),
    "no event": ({"payload": webhook_body()["payload"]}, IGNORED),
    "event as a list": (webhook_body() | {"event": ["checkout.order.completed"]}, IGNORED),
    "long event": (webhook_body("checkout.order.completed" * 1000), IGNORED),
    "payload missing": ({"event": "checkout.order.completed"}, IGNORED),
    "payload as a text": (
        {"event": "checkout.order.completed", "payload": json.dumps(webhook_body()["payload"])},
        IGNORED,
    ),
    "payload as a list": ({"event": "checkout.order.completed", "payload": [webhook_body()["payload"]]}, IGNORED),
    "payload in a payload": ({"event": "checkout.order.completed", "payload": webhook_body()}, IGNORED),
}

NO_SENSE: dict[str, bytes] = {
    "nothing": b"",
    "a space": b" ",
    "no json": b"<xml/>",
    "form": b"event=checkout.order.completed&merchantOrderId=OPEN",
    "list": b"[]",
    "list of news": b'[{"event": "checkout.order.completed", "payload": {"merchantOrderId": "OPEN"}}]',
    "text": b'"OPEN"',
    "number": b"1",
    "huge number": b"9" * 5000,
    "null": b"null",
    "not a number": b"NaN",
    "no text": b"\xff\xfe\x00",
    "half a character": b'{"event": "\\ud800", "payload": {"merchantOrderId": "\\ud800"}}',
    "raw half a character": b'{"event": "\xed\xa0\x80"}',
    "cut short": b'{"event": "checkout.order.completed", "payload": {"merchantOrderId": "OPEN"',
    "depth 10000": b"[" * 10_000 + b"]" * 10_000,
    "depth 10000 objects": b'{"payload":' * 10_000 + b"1" + b"}" * 10_000,
    "depth 100000 open": b"[" * 100_000,
    "256 KB": b" " * (256 * 1024 - 1),
}

# The webhook's payload, the payer's act that the gateway really has, and the result.
GATEWAY_DECIDES: dict[str, tuple[dict[str, Any], str, str]] = {
    "paid, and told so": (webhook_body(), "pay", "completed"),
    "paid, told failed": (webhook_body("checkout.order.failed", "FAILED"), "pay", "completed"),
    "paid, told a rupee less": (webhook_body(amount=49800), "pay", "completed"),
    "paid, told a fortune": (webhook_body(amount=99_999_999), "pay", "completed"),
    "paid, told dollars": (webhook_body(currency="USD"), "pay", "completed"),
    "paid, told to another merchant": (webhook_body(merchantId="MSIM0002"), "pay", "completed"),
    "declined, told paid": (webhook_body(), "decline", "failed"),
    "abandoned, told paid": (webhook_body(), "abandon", "pending"),
}
