"""Razorpay's words and ours. Tables and pure functions; a ValueError names a field that we rely on and did not get."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from payments.domain.ids import REFUND, is_id
from payments.domain.money import Money
from payments.domain.payment import Attempt
from payments.domain.refund import Refund
from payments.domain.status import Failure, FailureCode, Status
from payments.domain.terms import ActionKind, NextAction
from payments.gateways.contract import Checkout, EventKind, GatewayEvent, Snapshot, Taken
from payments.gateways.http import Answer
from payments.gateways.razorpay.bodies import HOLD
from payments.gateways.razorpay.words import (
    FAILURE_BY_WORD,
    HINTS,
    KIND_BY_EVENT,
    PAYMENT_STATUS,
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
    return Checkout(ref, NextAction(ActionKind.UPI_QR, url), _at(close_by) if close_by else None, ref)


def from_collection(answer: Answer) -> list[Answer]:
    items = answer.get("items")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise ValueError("items")
    for item in items:
        ref_of(item)
    return items


@dataclass(frozen=True, slots=True)
class Try:
    """One payment of the payer's on our order."""

    ref: str
    status: Status
    amount: Money
    created_at: int
    failure: Failure


def from_payments(answers: Iterable[Answer], attempt: Attempt) -> Snapshot:
    """Recomputed from all of them each time: one that failed may still be authorized, days later."""
    tries = _sensible(answers)
    taken, kept = _of(tries, Status.COMPLETED), _chosen(tries, attempt)
    if kept and kept.status is Status.COMPLETED:
        others = tuple(Taken(one.ref, one.amount) for one in taken if one is not kept)
        return Snapshot(Status.COMPLETED, kept.amount, kept.ref, others=others)
    if kept:
        return Snapshot(Status.AUTHORIZED, kept.amount, kept.ref, hold_expires_at=_at(kept.created_at) + HOLD)
    if any(one.status.is_open for one in tries):
        return Snapshot(Status.PENDING)
    if tries:
        return Snapshot(tries[-1].status, failure=tries[-1].failure)
    return Snapshot(Status.PENDING)  # An order never ends by itself.


def from_capture(answer: Answer, attempt: Attempt) -> Snapshot:
    return from_payments([answer], attempt)


def from_refund(answer: Answer, refund: Refund, attempt: Attempt) -> Snapshot:
    if answer.get("payment_id") != attempt.payment_ref:
        raise ValueError("payment_id")
    status, minor = REFUND_STATUS.get(needed_text(answer, "status"), Status.PROCESSING), whole_of(answer, "amount")
    if minor is None:
        raise ValueError("amount")
    failure = _failure(answer, otherwise="refund_failed") if status.is_dead else None
    currency = currency_in(needed_text(answer, "currency")) if answer.get("currency") else refund.amount.currency
    return Snapshot(status, Money(minor, currency), ref_of(answer), failure, subject_id=refund_id(answer))


def from_refusal(answer: Answer) -> tuple[str, str]:
    """Their code, and what to mend where it is our deployment and not the request."""
    error = object_of(answer.get("error"))
    description = text_of(error, "description")
    hint = next((hint for text, hint in HINTS.items() if description.startswith(text)), "")
    return _code(error, "reason") or _code(error, "code") or _code(answer, "code"), hint


def is_same_key(answer: Answer) -> bool:
    return SAME_KEY in text_of(object_of(answer.get("error")), "description").lower()


def from_webhook(body: bytes) -> GatewayEvent:
    """What makes no sense is kept as ignored."""
    envelope = object_in(body)
    word = _code(envelope, "event", 100).lower()
    kind, name = KIND_BY_EVENT.get(word, (EventKind.IGNORED, ""))
    entity = object_of(object_of(object_of(envelope.get("payload")).get(name)).get("entity"))
    subject_id = refund_id(entity) if kind is EventKind.REFUND else ""
    subject_ref = _order_ref(entity, name) if kind is EventKind.PAYMENT else ""
    state = _code(entity, "status", 32)
    # Razorpay's own id of the event is a header, which no proof covers: a copy could carry any other.
    event_id = hashlib.sha256(body).hexdigest()
    kind = kind if subject_id or subject_ref else EventKind.IGNORED
    return GatewayEvent(event_id, kind, word, subject_id, state, subject_ref)


def ref_of(answer: Answer) -> str:
    return needed_match(answer, "id", _REF)


def attempt_id(answer: Answer) -> str:
    return text_of(object_of(answer.get("notes")), "attempt_id")


def refund_id(answer: Answer) -> str:
    """Ours, as both places echo it; "" for a refund that was made elsewhere."""
    said = (text_of(object_of(answer.get("notes")), "refund_id"), text_of(answer, "receipt"))
    return next((text for text in said if is_id(REFUND, text)), "")


def _order_ref(entity: Answer, name: str) -> str:
    ref = text_of(entity, "order_id" if name == "payment" else "id")
    return ref if _ORDER_REF.fullmatch(ref) else ""


def _sensible(answers: Iterable[Answer]) -> list[Try]:
    return sorted(map(_try, answers), key=lambda one: (one.created_at, one.ref))


def _try(answer: Answer) -> Try:
    word, minor, created_at = needed_text(answer, "status"), whole_of(answer, "amount"), whole_of(answer, "created_at")
    if minor is None or created_at is None:
        raise ValueError("amount, created_at")
    status, failure = PAYMENT_STATUS.get(word, Status.PENDING), _failure(answer)
    if word == "refunded" and answer.get("captured") is False:  # A hold that nobody captured in time.
        status, failure = Status.EXPIRED, Failure(FailureCode.EXPIRED, "hold_returned")
    return Try(ref_of(answer), status, Money(minor, currency_in(needed_text(answer, "currency"))), created_at, failure)


def _chosen(tries: list[Try], attempt: Attempt) -> Try | None:
    """The money of this attempt: what was taken before what is held, the recorded one before the earliest."""
    for status in (Status.COMPLETED, Status.AUTHORIZED):
        found = _of(tries, status)
        if found:
            return next((one for one in found if one.ref == attempt.payment_ref), found[0])
    return None


def _of(tries: list[Try], status: Status) -> list[Try]:
    return [one for one in tries if one.status is status]


def _failure(answer: Answer, otherwise: str = "") -> Failure:
    reason, general = _code(answer, "error_reason"), _code(answer, "error_code")
    code = FAILURE_BY_WORD.get(reason, FailureCode.OTHER)
    return Failure(code, reason or general or otherwise, message_of(answer, "error_description"))


def _code(answer: Answer, name: str, length: int = 64) -> str:
    """NA is Razorpay's word for none."""
    code = code_of(answer, name, length)
    return code if code != "NA" else ""


def _at(epoch_s: int) -> datetime:
    if epoch_s > _SECONDS_MAX:
        raise ValueError("created_at, close_by")
    return datetime.fromtimestamp(epoch_s, UTC)
