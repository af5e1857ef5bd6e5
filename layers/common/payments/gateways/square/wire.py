"""Reads Square's answers. A ValueError names a missing or malformed required field.

Our `checkout_ref` is `<order id>/<link id>` for a payment link, and the payment's id for a direct charge.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from payments.domain.records.snapshot import ExtraCapture, Snapshot
from payments.domain.values.clock import to_text
from payments.domain.values.money import Money
from payments.domain.values.status import Failure, FailureCode, Status
from payments.domain.values.terms import ActionKind, NextAction
from payments.gateways.contract.payments import Charge, Checkout
from payments.gateways.kit.reading import (
    code_of,
    message_of,
    object_of,
    objects_of,
    require_match,
    require_text,
    text_of,
    time_of,
)
from payments.gateways.kit.search import Page
from payments.gateways.square.codes import (
    FAILURE_BY_CODE,
    GONE_BACK,
    HINTS,
    IN_PROGRESS,
    NOT_FOUND,
    NOT_NOW,
    OURS,
    PAYMENT_STATUS,
    REFUND_STATUS,
    UNKNOWN,
)
from payments.gateways.square.fields import REF, errors_of, id_of, money_of, refund_id_of
from payments.gateways.transport.http import Answer, Refusal

_TENDERS_MAX = 10
_BEST_FIRST = (Status.COMPLETED, Status.AUTHORIZED, Status.PENDING)


def read_link_ref(checkout_ref: str) -> tuple[str, str]:
    """Return (order id, link id), or two empty texts for a direct charge."""
    order_id, slash, link_id = checkout_ref.partition("/")
    return (order_id, link_id) if slash else ("", "")


def from_link(answer: Answer, page: re.Pattern[str]) -> Checkout:
    link = object_of(answer.get("payment_link"))
    url, order_id = require_match(link, "url", page), id_of(link, "order_id")
    return Checkout(f"{order_id}/{id_of(link, 'id')}", NextAction(ActionKind.REDIRECT, url), webhook_ref=order_id)


def from_order(answer: Answer) -> tuple[Answer, list[str]]:
    """Return the order and the ids of its payments."""
    order = object_of(answer.get("order"))
    require_text(order, "state")
    tenders = objects_of(order.get("tenders"))
    payment_ids = [id_of(tender, "payment_id" if tender.get("payment_id") else "id") for tender in tenders]
    if len(payment_ids) > _TENDERS_MAX:
        raise ValueError("order.tenders")
    return order, list(dict.fromkeys(payment_ids))


def from_link_order(order: Answer, payments: Sequence[Snapshot], known_ref: str) -> Snapshot:
    """Return the status of a link. Without a payment, or with failed ones only, an open order is still pending."""
    reference_id = text_of(order, "reference_id")
    kept = _sum_of_tenders(order, payments, known_ref) or winner_of(payments, known_ref)
    if kept is None or kept.status.is_dead:
        is_over = order.get("state") == "CANCELED"
        return Snapshot(Status.CANCELLED if is_over else Status.PENDING, subject_id=reference_id)
    return replace(kept, subject_id=kept.subject_id or reference_id)


def _sum_of_tenders(order: Answer, payments: Sequence[Snapshot], known_ref: str) -> Snapshot | None:
    """Return one payment if several tenders, such as a gift card and a card, add up to the order's total, else None.

    `ref` is the recorded tender, else the largest; refunds go there.
    """
    parts = {each.ref: each.amount.minor for each in payments if each.status is Status.COMPLETED and each.amount}
    if len(parts) < 2 or object_of(order.get("total_money")).get("amount") != sum(parts.values()):
        return None
    main = known_ref if known_ref in parts else max(parts, key=lambda ref: parts[ref])
    kept = next(each for each in payments if each.ref == main)
    currency = kept.amount.currency if kept.amount else ""
    gone = [each.returned.minor for each in payments if each.ref in parts and each.returned]
    returned = Money(sum(gone), currency) if len(gone) == len(parts) else None
    return replace(kept, amount=Money(sum(parts.values()), currency), returned=returned)


def from_payment(answer: Answer) -> Snapshot:
    return from_held(answer)[1]


def from_held(answer: Answer) -> tuple[Answer, Snapshot]:
    """Return the payment as Square sent it, and its snapshot."""
    payment = object_of(answer.get("payment"))
    return payment, _snapshot(payment)


def _snapshot(payment: Answer) -> Snapshot:
    code = require_text(payment, "status")
    status = PAYMENT_STATUS.get(code, Status.PENDING)
    is_money = status in (Status.AUTHORIZED, Status.COMPLETED)
    failure = _failure(_bank_errors(payment)) if status is Status.FAILED else None
    if status is Status.CANCELLED and _has_lapsed(payment):
        status, failure = Status.EXPIRED, Failure(FailureCode.EXPIRED, code)
    return Snapshot(
        status=status,
        amount=_amount(payment) if is_money else None,
        ref=id_of(payment, "id"),
        failure=failure,
        subject_id=text_of(payment, "reference_id"),
        is_in_progress=status is Status.PENDING and IN_PROGRESS.get(code, True),
        authorization_expires_at=time_of(payment, "delayed_until") if status is Status.AUTHORIZED else None,
    )


def _has_lapsed(payment: Answer) -> bool:
    """Return whether the authorization lapsed: it was voided at its end or later. A merchant can void only before."""
    timeline = object_of(object_of(payment.get("card_details")).get("card_payment_timeline"))
    until, at = time_of(payment, "delayed_until"), time_of(timeline, "voided_at") or time_of(payment, "updated_at")
    return until is not None and at is not None and at >= until


def refunds_of(payment: Answer) -> list[str]:
    ids = payment.get("refund_ids")
    return [each for each in ids if isinstance(each, str) and REF.fullmatch(each)] if isinstance(ids, list) else []


def from_any_refund(answer: Answer) -> int | None:
    """Return the refund's minor units; 0 if it was refused or failed, None if its status is unknown."""
    refund = object_of(answer.get("refund"))
    if refund.get("status") not in REFUND_STATUS:
        return None
    return money_of(refund, "amount_money").minor if refund["status"] in GONE_BACK else 0


def _bank_errors(payment: Answer) -> list[Answer]:
    details = (object_of(payment.get(name)) for name in ("card_details", "bank_account_details"))
    return next((errors for errors in map(errors_of, details) if errors[0]), [{}])


def _amount(payment: Answer) -> Money:
    """Return the authorized or captured amount, including anything added to the requested amount."""
    return money_of(payment, "total_money" if payment.get("total_money") is not None else "amount_money")


def winner_of(snapshots: Sequence[Snapshot], known_ref: str = "") -> Snapshot | None:
    """Return the winning payment, with the other captures as extra. A failed one wins only if there is no other."""
    paid = [snapshot for snapshot in snapshots if snapshot.status is Status.COMPLETED]
    known = [snapshot for snapshot in paid if snapshot.ref == known_ref]
    live = (snapshot for status in _BEST_FIRST for snapshot in snapshots if snapshot.status is status)
    kept = next(iter((*known, *live, *snapshots)), None)
    others = tuple(ExtraCapture(each.ref, each.amount) for each in paid if each is not kept and each.amount)
    return replace(kept, extra_captures=others) if kept else None


def from_payments(answer: Answer, attempt_id: str) -> Page[Snapshot]:
    """Return the page, with our payment as its hit. The position is the time of its last payment."""
    listed = objects_of(answer.get("payments"))
    ours = [_snapshot(payment) for payment in listed if payment.get("reference_id") == attempt_id]
    last_at = time_of(listed[-1], "created_at") if listed else None
    return Page(winner_of(ours), text_of(answer, "cursor"), to_text(last_at) if last_at else "")


def from_refunded(answer: Answer) -> list[str]:
    return refunds_of(from_held(answer)[0])


def from_charge(answer: Answer) -> Charge:
    snapshot = from_payment(answer)
    return Charge(snapshot, snapshot.ref)


def from_nothing(_: Answer) -> None:
    """Read nothing: the caller fetches the status afterwards."""


def is_decline(answer: Answer) -> bool:
    """Return whether it is a decline, by the code: Square's samples differ on the HTTP status."""
    error = errors_of(answer)[0]
    code = code_of(error, "code")
    if code in OURS | UNKNOWN | NOT_NOW:
        return False
    is_unknown_token = code == NOT_FOUND and error.get("field") == "source_id"
    return code in FAILURE_BY_CODE or is_unknown_token or error.get("category") == "PAYMENT_METHOD_ERROR"


def from_decline(answer: Answer) -> Charge:
    """Return a failed charge. Square may send the payment beside the errors; its id is used."""
    ref = text_of(object_of(answer.get("payment")), "id")
    ref = ref if REF.fullmatch(ref) else ""
    return Charge(Snapshot(Status.FAILED, None, ref, _failure(errors_of(answer), FailureCode.DECLINED)), ref)


def from_refund(answer: Answer, payment_ref: str) -> Snapshot:
    refund = object_of(answer.get("refund"))
    code = require_text(refund, "status")
    if payment_ref and text_of(refund, "payment_id") not in ("", payment_ref):
        raise ValueError("refund.payment_id")
    status = REFUND_STATUS.get(code, Status.PROCESSING)
    failure = Failure(FAILURE_BY_CODE.get(code, FailureCode.OTHER), code) if status.is_dead else None
    return Snapshot(status, money_of(refund, "amount_money"), id_of(refund, "id"), failure, refund_id_of(refund))


def from_refusal(answer: Answer) -> Refusal:
    """Return the first of the errors."""
    error = errors_of(answer)[0]
    code = code_of(error, "code")
    return Refusal(code, message_of(error, "detail"), HINTS.get(code, ""))


def _failure(errors: Sequence[Answer], usual: FailureCode = FailureCode.OTHER) -> Failure:
    """Return the failure of the first error."""
    code = code_of(errors[0], "code")
    return Failure(FAILURE_BY_CODE.get(code, usual), code, message_of(errors[0], "detail"))
