"""Razorpay's words and ours. Tables and pure functions; a ValueError names a field that we rely on and did not get."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import UTC, datetime

from payments.domain.ids import ATTEMPT, REFUND, is_id
from payments.domain.money import Money
from payments.domain.payment import Attempt
from payments.domain.refund import Refund
from payments.domain.status import Failure, FailureCode, Status
from payments.domain.terms import ActionKind, NextAction
from payments.gateways.contract import Checkout, EventKind, GatewayEvent, Snapshot
from payments.gateways.http import Answer, Refusal
from payments.gateways.razorpay.words import (
    FAILURE_BY_WORD,
    HINTS,
    KIND_BY_EVENT,
    REFUND_STATUS,
    SAME_KEY,
)
from payments.gateways.reading import (
    code_of,
    currency_in,
    message_of,
    needed_match,
    needed_text,
    object_in,
    object_of,
    objects_of,
    text_of,
    whole_of,
)

_ORDER_RANK = {"paid": 2, "attempted": 1}
_REF = re.compile(r"[A-Za-z0-9_]{1,64}")
_ORDER_REF = re.compile(r"(?:order|qr)_[A-Za-z0-9]{1,60}")
_UPI_URL = re.compile(r"upi://pay\?[!-~]+")
_NAMED = ("order", "qr_code")  # Made by our server alone; what a payment carries, a browser may have written.
_SECONDS_MAX = 10**11  # Three days later there is still a calendar.


def from_order(answer: Answer, attempt: Attempt) -> str:
    if answer.get("receipt") != attempt.id:
        raise ValueError("receipt")
    return needed_match(answer, "id", _ORDER_REF)


def from_orders(answer: Answer, attempt: Attempt) -> str:
    """The order of this attempt, "" for none; of several the one that a payer has been at."""
    ours = [order for order in from_collection(answer) if order.get("receipt") == attempt.id]
    ours.sort(key=lambda order: (-_ORDER_RANK.get(text_of(order, "status"), 0), whole_of(order, "created_at") or 0))
    return ref_of(ours[0]) if ours else ""


def from_upi_intent(answer: Answer, order_id: str) -> Checkout:
    urls = [text_of(step, "url") for step in objects_of(answer.get("next"))]
    url = next((url for url in urls if _UPI_URL.fullmatch(url)), "")
    if not url:
        raise ValueError("next")
    return Checkout(order_id, NextAction(ActionKind.UPI_INTENT, url), news_ref=order_id)


def from_qr_code(answer: Answer, image: re.Pattern[str]) -> Checkout:
    ref, url = needed_match(answer, "id", _ORDER_REF), needed_match(answer, "image_url", image)
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
    status, minor = REFUND_STATUS.get(needed_text(answer, "status"), Status.PROCESSING), whole_of(answer, "amount")
    if minor is None:
        raise ValueError("amount")
    failure = failure_of(answer, otherwise="refund_failed") if status.is_dead else None
    currency = currency_in(needed_text(answer, "currency")) if answer.get("currency") else refund.amount.currency
    return Snapshot(status, Money(minor, currency), ref_of(answer), failure, subject_id=refund_id(answer))


def from_refunds(answers: Iterable[Answer]) -> int | None:
    """The sum of all but the failed ones: no document says that `amount_refunded` leaves failed refunds out.

    None where a status is none of Razorpay's words: whether that money went back is unknown.
    """
    total, is_read = 0, True
    for answer in answers:
        minor, status = whole_of(answer, "amount"), REFUND_STATUS.get(needed_text(answer, "status"))
        if minor is None:
            raise ValueError("amount")
        total += 0 if status is Status.FAILED else minor
        is_read = is_read and status is not None
    return total if is_read else None


def from_refusal(answer: Answer) -> Refusal:
    error = object_of(answer.get("error"))
    description = text_of(error, "description")
    hint = next((hint for text, hint in HINTS.items() if description.startswith(text)), "")
    code = _code(error, "reason") or _code(error, "code") or _code(answer, "code")
    return Refusal(code, message_of(error, "description") or message_of(answer, "message"), hint)


def is_same_key(answer: Answer) -> bool:
    return SAME_KEY in text_of(object_of(answer.get("error")), "description").lower()


def from_webhook(body: bytes) -> GatewayEvent:
    """What makes no sense is kept as ignored."""
    envelope = object_in(body)
    word = _code(envelope, "event", 100).lower()
    kind, name = KIND_BY_EVENT.get(word, (EventKind.IGNORED, ""))
    told = object_of(envelope.get("payload"))
    entity = _entity(told, name)
    subject_id = refund_id(entity) if kind is EventKind.REFUND else ""
    if name in _NAMED and is_id(ATTEMPT, named_by(entity)):
        subject_id = named_by(entity)
    if kind is EventKind.REFUND and not subject_id:  # Made on the dashboard, or of an authorization that lapsed.
        kind = EventKind.PAYMENT
    subject_ref = _subject_ref(kind, name, entity, told)
    # Razorpay's own id of the event is a header, which no proof covers: a copy could carry any other.
    event_id = hashlib.sha256(body).hexdigest()
    kind = kind if subject_id or subject_ref else EventKind.IGNORED
    return GatewayEvent(event_id, kind, word, subject_id, _code(entity, "status", 32), subject_ref)


def _subject_ref(kind: EventKind, name: str, entity: Answer, told: Answer) -> str:
    """The id of a dispute, or of a refund that we asked for; else of the order or QR code; else of the payment."""
    if kind in (EventKind.DISPUTE, EventKind.REFUND):
        return _ref(entity, "id", _REF)
    if name == "refund":
        return _ref(_entity(told, "payment"), "order_id", _ORDER_REF) or _ref(entity, "payment_id", _REF)
    return _ref(entity, "order_id" if name == "payment" else "id", _ORDER_REF) if name else ""


def _entity(told: Answer, name: str) -> Answer:
    return object_of(object_of(told.get(name)).get("entity"))


def _ref(entity: Answer, name: str, shape: re.Pattern[str]) -> str:
    ref = text_of(entity, name)
    return ref if shape.fullmatch(ref) else ""


def ref_of(answer: Answer) -> str:
    return needed_match(answer, "id", _REF)


def named_by(answer: Answer) -> str:
    """Our id of the attempt, as an order echoes it, or a QR code."""
    return text_of(answer, "receipt") or text_of(object_of(answer.get("notes")), "attempt_id")


def refund_id(answer: Answer) -> str:
    """Ours, as both places echo it; "" for a refund that was made elsewhere."""
    said = (text_of(object_of(answer.get("notes")), "refund_id"), text_of(answer, "receipt"))
    return next((text for text in said if is_id(REFUND, text)), "")


def failure_of(answer: Answer, otherwise: str = "") -> Failure:
    reason, general = _code(answer, "error_reason"), _code(answer, "error_code")
    code = FAILURE_BY_WORD.get(reason, FailureCode.OTHER)
    return Failure(code, reason or general or otherwise, message_of(answer, "error_description"))


def _code(answer: Answer, name: str, length: int = 64) -> str:
    """NA is Razorpay's word for none."""
    code = code_of(answer, name, length)
    return code if code != "NA" else ""


def at(epoch_s: int) -> datetime:
    if epoch_s > _SECONDS_MAX:
        raise ValueError("created_at, close_by")
    return datetime.fromtimestamp(epoch_s, UTC)
