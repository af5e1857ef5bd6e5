"""Reads PhonePe's answers. A ValueError names a missing or malformed required field."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from payments.domain.records.payment import Attempt
from payments.domain.records.snapshot import Snapshot
from payments.domain.values.clock import from_epoch_ms
from payments.domain.values.money import Money
from payments.domain.values.status import Failure, FailureCode, Status
from payments.domain.values.terms import ActionKind, NextAction
from payments.gateways.contract.payments import Checkout
from payments.gateways.kit.reading import (
    code_of,
    message_of,
    object_of,
    objects_of,
    require_match,
    require_text,
    text_of,
    whole_of,
)
from payments.gateways.phonepe.codes import FAILURE_BY_CODE, HINTS, IS_TRY_IN_PROGRESS, PAYMENT_STATUS, REFUND_STATUS
from payments.gateways.phonepe.fields import currency_of
from payments.gateways.transport.http import Answer, Refusal
from payments.gateways.transport.token_vault import Token

_HEADER_VALUE = re.compile(r"[!-~]+ [!-~]+")
_TOKEN_S_MAX = 86_400


def from_token(answer: Answer, requested_at: datetime) -> Token:
    """Return the token with the earlier of its two ends: clocks may differ, and PhonePe may return an older token."""
    value = f"{text_of(answer, 'token_type') or 'O-Bearer'} {text_of(answer, 'access_token')}"
    ends_at, lasts_s = whole_of(answer, "expires_at"), whole_of(answer, "expires_in")
    left_s = [s for s in (ends_at and ends_at - requested_at.timestamp(), lasts_s) if s is not None]
    if not _HEADER_VALUE.fullmatch(value) or not left_s or min(left_s) <= 0:
        raise ValueError("access_token, expires_at")
    return Token(value, requested_at, requested_at + timedelta(seconds=min(*left_s, _TOKEN_S_MAX)))


def from_pay(answer: Answer, page: re.Pattern[str]) -> Checkout:
    url, expires_ms = require_match(answer, "redirectUrl", page), whole_of(answer, "expireAt")
    expires_at = from_epoch_ms(expires_ms) if expires_ms else None
    return Checkout(text_of(answer, "orderId"), NextAction(ActionKind.REDIRECT, url), expires_at)


def from_payment(answer: Answer, attempt: Attempt) -> Snapshot:
    """Return the status of the order's root: a failed try leaves the order open.

    If one of the two amounts differs from the attempt's, it is returned, so that the payment goes to review.
    """
    status, failure = PAYMENT_STATUS.get(require_text(answer, "state"), Status.PENDING), None
    if status.is_dead:
        failure = _failure(answer)
        status = Status.EXPIRED if failure.code is FailureCode.EXPIRED else status
    ref = _money_ref(answer) or text_of(answer, "orderId")
    told = [_amount(answer, status), _sum_of_debits(answer)]
    amount = next((amount for amount in told if amount and amount != attempt.amount), told[0])
    under_way = status is Status.PENDING and _is_in_progress(answer)
    return Snapshot(status, amount, ref, failure, *_echo_of(answer, "merchantOrderId"), is_in_progress=under_way)


def _is_in_progress(answer: Answer) -> bool:
    """Return whether a try has not failed. An unknown state counts as in progress: only PhonePe can end it."""
    tries = objects_of(answer.get("paymentDetails"))
    return any(IS_TRY_IN_PROGRESS.get(text_of(one, "state"), True) for one in tries)


def _sum_of_debits(answer: Answer) -> Money | None:
    """Return the sum of all completed tries if there are several: the root has only the order's amount."""
    paid = [detail for detail in _details(answer) if detail.get("state") == "COMPLETED"]
    amounts = [whole_of(detail, "amount") or 0 for detail in paid]
    return Money(sum(amounts), currency_of(answer)) if len(paid) > 1 else None


def from_refund(answer: Answer, attempt: Attempt) -> Snapshot:
    """Read the answer of a create or a status call, flat or with `paymentDetails`."""
    if text_of(answer, "originalMerchantOrderId") not in ("", attempt.id):
        raise ValueError("originalMerchantOrderId")
    status = REFUND_STATUS.get(require_text(answer, "state"), Status.PROCESSING)
    ref = text_of(answer, "refundId") or text_of(_details(answer)[-1], "transactionId")
    failure = _failure(answer) if status.is_dead else None
    return Snapshot(status, _amount(answer, status), ref, failure, *_echo_of(answer, "merchantRefundId"))


def from_refusal(answer: Answer) -> Refusal:
    code = code_of(answer, "errorCode") or code_of(answer, "code")
    is_unmapped = "api mapping not found" in text_of(answer, "message").lower()
    hint = HINTS.get("KEY_NOT_CONFIGURED" if is_unmapped else code, "")
    return Refusal(code, message_of(answer, "message"), hint)


def _echo_of(answer: Answer, name: str) -> tuple[str, str]:
    """Return our id and the merchant account, for the caller to compare."""
    return text_of(answer, name), text_of(answer, "merchantId")


def _amount(answer: Answer, status: Status) -> Money | None:
    minor, currency = whole_of(answer, "amount"), currency_of(answer)
    is_absent = answer.get("amount") is None and status is not Status.COMPLETED
    if minor is None and not is_absent:
        raise ValueError("amount")
    return None if minor is None else Money(minor, currency)


def _failure(answer: Answer) -> Failure:
    source = answer if text_of(answer, "errorCode") or text_of(answer, "detailedErrorCode") else _details(answer)[-1]
    detailed, general = code_of(source, "detailedErrorCode"), code_of(source, "errorCode")
    code = FAILURE_BY_CODE.get(detailed) or FAILURE_BY_CODE.get(general) or FailureCode.OTHER
    return Failure(code, detailed or general, message_of(object_of(answer.get("errorContext")), "description"))


def _money_ref(answer: Answer) -> str:
    """Return the id of the completed transaction, which PhonePe's support asks for."""
    paid = [detail for detail in _details(answer) if detail.get("state") == "COMPLETED"]
    return text_of(paid[-1], "transactionId") if paid else ""


def _details(answer: Answer) -> list[Answer]:
    return objects_of(answer.get("paymentDetails")) or [{}]
