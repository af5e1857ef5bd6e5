"""Reads Razorpay's answers. A ValueError names a missing or malformed required field."""

from __future__ import annotations

import re
from collections.abc import Iterable

from payments.domain.records.payment import Attempt
from payments.domain.records.refund import Refund
from payments.domain.records.snapshot import Snapshot
from payments.domain.values.money import Money
from payments.domain.values.status import Status
from payments.domain.values.terms import ActionKind, NextAction
from payments.gateways.contract.payments import Checkout
from payments.gateways.kit.reading import (
    currency_in,
    message_of,
    object_of,
    objects_of,
    require_match,
    require_text,
    text_of,
    whole_of,
)
from payments.gateways.razorpay.codes import HINTS, REFUND_STATUS, SAME_KEY
from payments.gateways.razorpay.fields import ORDER_REF, at, code_in, failure_of, ref_of, refund_id
from payments.gateways.transport.http import Answer, Refusal

_ORDER_RANK = {"paid": 2, "attempted": 1}
_UPI_URL = re.compile(r"upi://pay\?[!-~]+")


def from_order(answer: Answer, attempt: Attempt) -> str:
    if answer.get("receipt") != attempt.id:
        raise ValueError("receipt")
    return require_match(answer, "id", ORDER_REF)


def from_orders(answer: Answer, attempt: Attempt) -> str:
    """Return the id of this attempt's order, "" for none. Of several: paid, then attempted, then the oldest."""
    ours = [order for order in from_collection(answer) if order.get("receipt") == attempt.id]
    ours.sort(key=lambda order: (-_ORDER_RANK.get(text_of(order, "status"), 0), whole_of(order, "created_at") or 0))
    return ref_of(ours[0]) if ours else ""


def from_upi_intent(answer: Answer, order_id: str) -> Checkout:
    urls = [text_of(step, "url") for step in objects_of(answer.get("next"))]
    url = next((url for url in urls if _UPI_URL.fullmatch(url)), "")
    if not url:
        raise ValueError("next")
    return Checkout(order_id, NextAction(ActionKind.UPI_INTENT, url), webhook_ref=order_id)


def from_qr_code(answer: Answer, image: re.Pattern[str]) -> Checkout:
    ref, url = require_match(answer, "id", ORDER_REF), require_match(answer, "image_url", image)
    close_by = whole_of(answer, "close_by")
    return Checkout(ref, NextAction(ActionKind.UPI_QR, url), at(close_by) if close_by else None, ref)


def from_collection(answer: Answer) -> list[Answer]:
    items = answer.get("items")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise ValueError("items")
    for item in items:
        ref_of(item)
    return items


def from_refund(answer: Answer, refund: Refund, attempt: Attempt) -> Snapshot:
    if answer.get("payment_id") != attempt.payment_ref:
        raise ValueError("payment_id")
    status, minor = REFUND_STATUS.get(require_text(answer, "status"), Status.PROCESSING), whole_of(answer, "amount")
    if minor is None:
        raise ValueError("amount")
    failure = failure_of(answer, otherwise="refund_failed") if status.is_dead else None
    currency = currency_in(require_text(answer, "currency")) if answer.get("currency") else refund.amount.currency
    return Snapshot(status, Money(minor, currency), ref_of(answer), failure, subject_id=refund_id(answer))


def from_refunds(answers: Iterable[Answer]) -> int | None:
    """Return the sum of all refunds that did not fail, in minor units; None if a status is unknown.

    `amount_refunded` is not used, because no document says that it excludes failed refunds.
    """
    total, is_read = 0, True
    for answer in answers:
        minor, status = whole_of(answer, "amount"), REFUND_STATUS.get(require_text(answer, "status"))
        if minor is None:
            raise ValueError("amount")
        total += 0 if status is Status.FAILED else minor
        is_read = is_read and status is not None
    return total if is_read else None


def from_refusal(answer: Answer) -> Refusal:
    error = object_of(answer.get("error"))
    description = text_of(error, "description")
    hint = next((hint for text, hint in HINTS.items() if description.startswith(text)), "")
    code = code_in(error, "reason") or code_in(error, "code") or code_in(answer, "code")
    return Refusal(code, message_of(error, "description") or message_of(answer, "message"), hint)


def is_same_key(answer: Answer) -> bool:
    """Return whether the refusal says that the refund's idempotency key is in use."""
    return SAME_KEY in text_of(object_of(answer.get("error")), "description").lower()
