"""Webhooks with a right proof whose content is not so: what becomes of the delivery, and of nothing else."""

from __future__ import annotations

import json
from typing import Any

from tests.attacks.forgeries import news

APPLIED, IGNORED, PARKED = "applied", "ignored", "parked"
_NOBODYS = "att_00000000000000000000000000"
_PAID_TRY = [{"transactionId": "OM1", "state": "COMPLETED", "amount": 49900}]

# The gateway says that OPEN is not paid, and that RFD is completed.
LIES: dict[str, tuple[dict[str, Any], str]] = {
    "paid": (news(), APPLIED),
    "a paisa more": (news(amount=49901), APPLIED),
    "a paisa less": (news(amount=49899), APPLIED),
    "nothing": (news(amount=0), APPLIED),
    "negative": (news(amount=-49900), APPLIED),
    "a text": (news(amount="49900"), APPLIED),
    "a fraction": (news(amount=499.00), APPLIED),
    "no amount": (news(amount=None), APPLIED),
    "other currency": (news(currency="USD"), APPLIED),
    "other merchant": (news(merchantId="MSIM0002"), APPLIED),
    "other state": (news(state="SUCCESS"), APPLIED),
    "no state": (news(state=""), APPLIED),
    "failed": (news("checkout.order.failed", "FAILED"), APPLIED),
    "event and state disagree": (news("checkout.order.failed"), APPLIED),
    "state and event disagree": (news(state="FAILED"), APPLIED),
    "event and old type disagree": (news() | {"type": "CHECKOUT_ORDER_FAILED"}, APPLIED),
    "old type alone": ({"type": "CHECKOUT_ORDER_COMPLETED", "payload": news()["payload"]}, APPLIED),
    "root and try disagree": (news(state="PENDING", paymentDetails=_PAID_TRY), APPLIED),
    "try and root disagree": (news(paymentDetails=[{"state": "FAILED", "amount": 49900}]), APPLIED),
    "two tries paid": (news(paymentDetails=_PAID_TRY * 2), APPLIED),
    "a failed try": (news("checkout.transaction.attempt.failed", "FAILED"), APPLIED),
    "other product": (news("pg.order.completed"), APPLIED),
    "future": (news(expireAt=9_999_999_999_999, timestamp=9_999_999_999_999), APPLIED),
    "long ago": (news(expireAt=0, timestamp=0), APPLIED),
    "event in capitals": (news("CHECKOUT.ORDER.COMPLETED"), APPLIED),
    "a completed order failed": (news("checkout.order.failed", "FAILED", merchantOrderId="OURS"), APPLIED),
    "another workspace's failed": (news("checkout.order.failed", "FAILED", merchantOrderId="THEIRS"), APPLIED),
    "a refund failed": (news("pg.refund.failed", "FAILED", merchantRefundId="RFD"), APPLIED),
    "a refund of more": (news("pg.refund.completed", merchantRefundId="RFD", amount=49900), APPLIED),
    "an order as refund": (news("pg.refund.completed", merchantRefundId="OPEN"), IGNORED),
    "a refund as order": (news(merchantOrderId="RFD"), IGNORED),
    "refund news without a refund": (news("pg.refund.completed"), IGNORED),
    "unknown order": (news(merchantOrderId=_NOBODYS), PARKED),
    "the shop's own id": (news(merchantOrderId="SCENE-OPEN"), PARKED),
    "our payment's id": (news(merchantOrderId="pay_00000000000000000000000000"), PARKED),
    "unknown refund": (news("pg.refund.completed", merchantRefundId="rfd_00000000000000000000000000"), PARKED),
    "no order": (news(merchantOrderId=""), IGNORED),
    "order as a list": (news(merchantOrderId=["OPEN"]), IGNORED),
    "order as an object": (news(merchantOrderId={"$ne": ""}), IGNORED),
    "key separator": (news(merchantOrderId="OPEN#X"), IGNORED),
    "line end": (news(merchantOrderId="OPEN\n"), IGNORED),
    "64 characters": (news(merchantOrderId="a" * 64), IGNORED),
    "unknown event": (news("checkout.order.doubled"), IGNORED),
    "an event of mandates": (news("subscription.redemption.order.completed"), IGNORED),
    "an event of settlements": (news("settlement.processed"), IGNORED),
    "no event": ({"payload": news()["payload"]}, IGNORED),
    "event as a list": (news() | {"event": ["checkout.order.completed"]}, IGNORED),
    "long event": (news("checkout.order.completed" * 1000), IGNORED),
    "payload missing": ({"event": "checkout.order.completed"}, IGNORED),
    "payload as a text": ({"event": "checkout.order.completed", "payload": json.dumps(news()["payload"])}, IGNORED),
    "payload as a list": ({"event": "checkout.order.completed", "payload": [news()["payload"]]}, IGNORED),
    "payload in a payload": ({"event": "checkout.order.completed", "payload": news()}, IGNORED),
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

# What the gateway says when it is asked, whatever the webhook said: payload, the payer's act, and what comes of it.
GATEWAY_DECIDES: dict[str, tuple[dict[str, Any], str, str]] = {
    "paid, and told so": (news(), "pay", "completed"),
    "paid, told failed": (news("checkout.order.failed", "FAILED"), "pay", "completed"),
    "paid, told a rupee less": (news(amount=49800), "pay", "completed"),
    "paid, told a fortune": (news(amount=99_999_999), "pay", "completed"),
    "paid, told dollars": (news(currency="USD"), "pay", "completed"),
    "paid, told to another merchant": (news(merchantId="MSIM0002"), "pay", "completed"),
    "declined, told paid": (news(), "decline", "failed"),
    "abandoned, told paid": (news(), "abandon", "pending"),
}
