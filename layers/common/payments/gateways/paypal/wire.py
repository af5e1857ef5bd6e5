"""Reads PayPal's answers. A ValueError names a missing or malformed required field."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from payments.domain.records.payment import Attempt
from payments.domain.records.refund import Refund
from payments.domain.records.snapshot import ExtraCapture, Snapshot
from payments.domain.values.money import Money
from payments.domain.values.status import Failure, FailureCode, Status
from payments.domain.values.terms import NOTHING_TO_DO, ActionKind, NextAction
from payments.gateways.contract.payments import Checkout
from payments.gateways.kit.reading import code_of, message_of, object_of, objects_of, require_text, text_of, time_of
from payments.gateways.paypal.codes import (
    CAPTURE_STATUS,
    DISPUTED,
    FAILURE_BY_CODE,
    GONE,
    HINTS,
    HOLD_STATUS,
    OPEN_HOLDS,
    ORDERS_IN_PROGRESS,
    REFUND_STATUS,
    RETURNING,
    SETTLED_ORDERS,
    TAKEN,
    UNPAID_ORDERS,
)
from payments.gateways.paypal.fields import capture_ref_of, echo_of, failure_of, id_of, payments_of, unit_of
from payments.gateways.paypal.money import from_amount
from payments.gateways.transport.http import Answer, Refusal
from payments.gateways.transport.token_vault import Token

_HONOR_PERIOD = timedelta(days=3)
_HEADER_VALUE = re.compile(r"[!-~]+")
_TOKEN_S_MAX = 86_400


def from_token(answer: Answer, requested_at: datetime) -> Token:
    value, lasts_s = text_of(answer, "access_token"), answer.get("expires_in")
    if not _HEADER_VALUE.fullmatch(value) or type(lasts_s) is not int or lasts_s <= 0:
        raise ValueError("access_token, expires_in")
    return Token(f"Bearer {value}", requested_at, requested_at + timedelta(seconds=min(lasts_s, _TOKEN_S_MAX)))


def from_created(answer: Answer, page: re.Pattern[str]) -> Checkout:
    """Read the new order. A repeated call returns its present state: an approved order has no page to pay on."""
    ref, status = id_of(answer), text_of(answer, "status")
    links = objects_of(answer.get("links"))
    urls = [text_of(link, "href") for link in links if link.get("rel") in ("approve", "payer-action")]
    if not urls and status in SETTLED_ORDERS:
        return Checkout(ref, NOTHING_TO_DO, webhook_ref=ref)
    if not urls or not page.fullmatch(urls[0]):
        raise ValueError("links: approve, payer-action")
    return Checkout(ref, NextAction(ActionKind.REDIRECT, urls[0]), webhook_ref=ref)


def from_order(answer: Answer, attempt: Attempt) -> Snapshot:
    """Conclude the status from captures and authorizations: the order is COMPLETED even after a declined capture."""
    if id_of(answer) != attempt.checkout_ref:
        raise ValueError("id")
    unit, echo = unit_of(answer), echo_of(unit_of(answer))
    captures, holds = payments_of(unit, "captures"), payments_of(unit, "authorizations")
    taken = [capture for capture in captures if capture.get("status") in TAKEN]
    taken += [capture for capture in captures if capture not in taken and _is_booked(capture, attempt)]
    if taken:
        return _from_captures(taken, attempt, echo, payments_of(unit, "refunds"))
    if any(_capture_status(capture) is Status.PENDING for capture in captures):
        return Snapshot(Status.PENDING, None, *_nothing(echo), is_in_progress=True)
    hold = _leading(holds)
    if hold and (hold.get("status") == "CREATED" or not captures):
        return _from_authorization(hold, echo)
    if not captures:
        return _from_unpaid_order(answer, unit, attempt, echo)
    return Snapshot(Status.FAILED, None, *_nothing(echo, failure_of(captures[-1])))


def from_capture(answer: Answer, attempt: Attempt) -> Snapshot:
    """Read the capture of an authorization, which PayPal returns without its order."""
    status, echo = _capture_status(answer), echo_of(answer)
    if status is Status.COMPLETED:
        return _from_captures([answer], attempt, echo, None)
    failure = failure_of(answer) if status is Status.FAILED else None
    return Snapshot(status, None, *_nothing(echo, failure), is_in_progress=status is Status.PENDING)


def from_void(answer: Answer) -> Snapshot:
    """Read the answer to a void. An empty one means success."""
    return _from_authorization(answer, echo_of(answer)) if answer else Snapshot(Status.CANCELLED)


def from_authorization(answer: Answer, attempt: Attempt) -> tuple[str, bool]:
    """Return the open authorization's id or "", and whether no money was captured, authorized or is pending."""
    from_order(answer, attempt)
    return authorization_ref(answer), is_untouched(answer)


def authorization_ref(answer: Answer) -> str:
    holds = payments_of(unit_of(answer), "authorizations")
    return next((id_of(hold) for hold in holds if hold.get("status") in OPEN_HOLDS), "")


def is_untouched(answer: Answer) -> bool:
    """Return whether nothing was captured or authorized, and nothing is pending."""
    unit = unit_of(answer)
    captures = [_capture_status(capture) is Status.FAILED for capture in payments_of(unit, "captures")]
    holds = [hold.get("status") in ("VOIDED", "DENIED") for hold in payments_of(unit, "authorizations")]
    return all(captures) and all(holds) and answer.get("status") in UNPAID_ORDERS


def _is_booked(capture: Answer, attempt: Attempt) -> bool:
    """Return whether we recorded this capture. It stays completed; `returned` has what was refunded or reversed."""
    return bool(attempt.payment_ref) and capture.get("id") == attempt.payment_ref


def _from_captures(
    taken: Collection[Answer], attempt: Attempt, echo: tuple[str, str], refunds: list[Answer] | None
) -> Snapshot:
    """Return completed, by the recorded capture, else the first. `refunds` None: the answer does not list them."""
    found = {id_of(capture): (ExtraCapture(id_of(capture), from_amount(capture)), capture) for capture in taken}
    kept, capture = found.get(attempt.payment_ref) or next(iter(found.values()))
    others = tuple(each for each, _ in found.values() if each is not kept)
    returned = _sum_of_refunds(capture, kept, refunds, is_only=not others)
    return Snapshot(Status.COMPLETED, kept.amount, kept.ref, None, *echo, returned=returned, extra_captures=others)


def _sum_of_refunds(
    capture: Answer, kept: ExtraCapture, refunds: list[Answer] | None, *, is_only: bool
) -> Money | None:
    """Return the capture's refunded total, reversals included; None if the answer does not show it."""
    named = [(capture_ref_of(refund) or (kept.ref if is_only else ""), refund) for refund in refunds or ()]
    mine = [refund for ref, refund in named if ref == kept.ref]
    code, reason = text_of(capture, "status"), text_of(object_of(capture.get("status_details")), "reason")
    if not mine and code in GONE and reason not in DISPUTED:
        return kept.amount
    if refunds is None or not all(ref for ref, _ in named) or (not mine and code == "PARTIALLY_REFUNDED"):
        return None
    if any(refund.get("status") not in (*RETURNING, *REFUND_STATUS) for refund in mine):
        return None
    gone = [from_amount(refund) for refund in mine if refund.get("status") in RETURNING]
    if any(amount.currency != kept.amount.currency for amount in gone):
        raise ValueError("refunds: currency_code")
    return Money(sum(amount.minor for amount in gone), kept.amount.currency)


def _leading(holds: list[Answer]) -> Answer | None:
    """Return the authorization that is open, else one that is pending, else the last."""
    by_status = {hold.get("status"): hold for hold in reversed(holds)}
    return by_status.get("CREATED") or by_status.get("PENDING") or next(reversed(holds), None)


def _from_authorization(hold: Answer, echo: tuple[str, str]) -> Snapshot:
    """Read an authorization without a visible capture. Its status CAPTURED then counts as pending."""
    status = HOLD_STATUS.get(require_text(hold, "status"), Status.PENDING)
    until = time_of(hold, "expiration_time")
    if status is Status.AUTHORIZED:
        held = Snapshot(status, from_amount(hold), id_of(hold), None, *echo)
        return replace(held, authorization_expires_at=until, honored_until=_honored_until(hold, until))
    ended_at = time_of(hold, "update_time")
    if status is Status.CANCELLED and until and ended_at and ended_at >= until:
        return Snapshot(Status.EXPIRED, None, *_nothing(echo, Failure(FailureCode.EXPIRED, code_of(hold, "status"))))
    failure = failure_of(hold) if status is Status.FAILED else None
    return Snapshot(status, None, *_nothing(echo, failure), is_in_progress=status is Status.PENDING)


def _honored_until(hold: Answer, until: datetime | None) -> datetime | None:
    """Return the end (UTC) of the three days in which PayPal guarantees a capture, or the authorization's if sooner."""
    created_at = time_of(hold, "create_time")
    return min(filter(None, (created_at + _HONOR_PERIOD, until))) if created_at else None


def _from_unpaid_order(answer: Answer, unit: Answer, attempt: Attempt, echo: tuple[str, str]) -> Snapshot:
    """Read an order without captures and authorizations."""
    status = require_text(answer, "status")
    if status == "VOIDED":
        return Snapshot(Status.CANCELLED, None, *_nothing(echo))
    if status != "APPROVED":
        return Snapshot(Status.PENDING, None, *_nothing(echo), is_in_progress=status in ORDERS_IN_PROGRESS)
    intent = text_of(answer, "intent") or ("AUTHORIZE" if attempt.terms.is_manual else "CAPTURE")
    if intent == "CAPTURE":
        return Snapshot(Status.AUTHORIZED, from_amount(unit), *_nothing(echo))
    return Snapshot(Status.PENDING, from_amount(unit), *_nothing(echo), is_approved=True)


def _capture_status(capture: Answer) -> Status:
    return CAPTURE_STATUS.get(require_text(capture, "status"), Status.PENDING)


def _nothing(echo: tuple[str, str], failure: Failure | None = None) -> tuple[str, Failure | None, str, str]:
    """Return ref, failure, our id and the merchant id for a snapshot without money."""
    return "", failure, *echo


def from_refund(answer: Answer, subject_id: str = "") -> Snapshot:
    status = REFUND_STATUS.get(require_text(answer, "status"), Status.PROCESSING)
    failure = failure_of(answer) if status is Status.FAILED else None
    is_told = status is Status.COMPLETED or "amount" in answer
    amount = from_amount(answer) if is_told else None
    return Snapshot(status, amount, id_of(answer), failure, text_of(answer, "custom_id") or subject_id)


def from_refunds(answer: Answer, refund: Refund, attempt: Attempt) -> Snapshot:
    """Find the refund in its order: PayPal has no list of refunds. Raises ValueError if our capture is missing."""
    unit = unit_of(answer)
    captures = [capture.get("id") for capture in payments_of(unit, "captures")]
    if id_of(answer) != attempt.checkout_ref or (attempt.payment_ref and attempt.payment_ref not in captures):
        raise ValueError("id, captures")
    for found in payments_of(unit, "refunds"):
        if found.get("custom_id") == refund.id:
            return from_refund(found)
    return Snapshot(Status.CREATED)


def from_refusal(answer: Answer) -> Refusal:
    """Return code and text of the first issue, which are more exact than the error's name and message."""
    details = objects_of(answer.get("details"))
    codes = (*(code_of(detail, "issue") for detail in details), code_of(answer, "name"), code_of(answer, "error"))
    texts = (message_of(detail, "description") for detail in details)
    words = next(filter(None, (*texts, message_of(answer, "message"), message_of(answer, "error_description"))), "")
    code = next(filter(None, codes), "")
    return Refusal(code, words, HINTS.get(code, ""))


def from_decline(code: str, words: str = "") -> Snapshot | None:
    """Return a failed snapshot; None if the refusal is no decline."""
    if code not in FAILURE_BY_CODE:
        return None
    failure = Failure(FAILURE_BY_CODE[code], code, words)
    return Snapshot(Status.EXPIRED if failure.code is FailureCode.EXPIRED else Status.FAILED, failure=failure)
