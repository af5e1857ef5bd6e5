"""PhonePe's JSON of orders and refunds. Times are in milliseconds; an empty field is absent, not null."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from gateway_simulators.phonepe.records import COMPLETED, PENDING, Attempt, Dispute, Failure, Order, Refund
from gateway_simulators.phonepe.settings import Settings


def milliseconds(at: float) -> int:
    return round(at * 1000)


def order_view(
    order: Order, settings: Settings, *, details: bool = False, error_context: bool = False
) -> dict[str, Any]:
    view: dict[str, Any] = _merchant(order.merchant_id, settings, merchantOrderId=order.id)
    view |= {"orderId": order.order_id, "state": order.state, "amount": order.amount}
    view |= {"payableAmount": order.amount, "feeAmount": 0, "expireAt": milliseconds(order.expire_at)}
    if settings.shows_newer_fields:
        view |= {"currency": "INR", "payableCurrency": "INR", "feeCurrency": "INR"}
    if order.meta:
        view["metaInfo"] = dict(order.meta)
    view |= _failure(order.failure)
    if error_context and order.failure:
        view["errorContext"] = _error_context(order.failure)
    shown = order.attempts if details else order.attempts[-1:]
    return view | {"paymentDetails": [attempt_view(attempt) for attempt in shown]}


def attempt_failed_view(order: Order, attempt: Attempt, settings: Settings) -> dict[str, Any]:
    """An order that is still open, with the error codes of its failed try."""
    view = order_view(order, settings)
    return view | _failure(attempt.failure) | {"state": PENDING, "paymentDetails": [attempt_view(attempt)]}


def attempt_view(attempt: Attempt) -> dict[str, Any]:
    view: dict[str, Any] = {
        "transactionId": attempt.transaction_id,
        "paymentMode": attempt.mode,
        "timestamp": milliseconds(attempt.at),
        "amount": attempt.amount,
        "payableAmount": attempt.amount,
        "feeAmount": 0,
        "state": attempt.state,
    }
    if attempt.state == COMPLETED:
        view |= _money_trail(attempt, attempt.amount)
    return view | _failure(attempt.failure)


def refund_view(refund: Refund, paid_by: Attempt, settings: Settings) -> dict[str, Any]:
    view: dict[str, Any] = _merchant(refund.merchant_id, settings, merchantRefundId=refund.id)
    view |= {"originalMerchantOrderId": refund.order, "refundId": refund.refund_id}
    view |= {
        "amount": refund.amount,
        "state": refund.state,
        "timestamp": milliseconds(refund.closed_at or refund.created_at),
    }
    if settings.shows_newer_fields:
        view["currency"] = "INR"
    view["paymentDetails"] = [_refund_detail(refund, paid_by)]
    return view | _failure(refund.failure)


def flat_refund_view(refund: Refund, paid_by: Attempt, settings: Settings) -> dict[str, Any]:
    """The form of the documents' samples, which no SDK reads."""
    view = refund_view(refund, paid_by, settings)
    detail = view.pop("paymentDetails")[0]
    return view | {"splitInstruments": detail.get("splitInstruments", [])}


def dispute_view(dispute: Dispute) -> dict[str, Any]:
    """A dispute. The names of the ids are documented; those of the other fields are assumed."""
    paid_by = next(attempt for attempt in dispute.order.attempts if attempt.state == COMPLETED)
    return {
        "merchantId": dispute.order.merchant_id,
        "disputeId": dispute.id,
        "merchantOrderId": dispute.order.id,
        "orderId": dispute.order.order_id,
        "transactionId": paid_by.transaction_id,
        "disputeAmount": dispute.amount,
        "status": dispute.state,
        "reasonCode": dispute.reason,
        "createdAt": milliseconds(dispute.opened_at),
        "respondBy": milliseconds(dispute.respond_by),
    }


def _refund_detail(refund: Refund, paid_by: Attempt) -> dict[str, Any]:
    detail: dict[str, Any] = {
        "transactionId": refund.refund_id,
        "paymentMode": paid_by.mode,
        "timestamp": milliseconds(refund.closed_at or refund.created_at),
        "amount": refund.amount,
        "state": refund.state,
    }
    if refund.state == COMPLETED:
        detail |= _money_trail(paid_by, refund.amount)
    return detail | _failure(refund.failure)


def _merchant(merchant_id: str, settings: Settings, **ids: str) -> dict[str, Any]:
    return {"merchantId": merchant_id, **ids} if settings.shows_newer_fields else {}


def _failure(failure: Failure | None) -> dict[str, Any]:
    return {"errorCode": failure.code, "detailedErrorCode": failure.detailed_code} if failure else {}


def _error_context(failure: Failure) -> dict[str, Any]:
    context = asdict(failure)
    return {"errorCode": context.pop("code"), "detailedErrorCode": context.pop("detailed_code"), **context}


def _money_trail(attempt: Attempt, amount: int) -> dict[str, Any]:
    instrument, rail = _instrument(attempt), _rail(attempt)
    split = {"instrument": instrument, "rail": rail, "amount": amount}
    return {"instrument": instrument, "rail": rail, "splitInstruments": [split]}


def _instrument(attempt: Attempt) -> dict[str, Any]:
    bank = {"bankTransactionId": f"BT{attempt.utr}", "bankId": "SBIN", "brn": attempt.utr}
    if attempt.mode == "CARD":
        return {"type": "CREDIT_CARD", **bank, "arn": f"74537603{attempt.utr}"}
    if attempt.mode == "NET_BANKING":
        return {"type": "NET_BANKING", **bank}
    account = {"maskedAccountNumber": "XXXXXX4321", "ifsc": "SIMB0000001"}
    return {"type": "ACCOUNT", **account, "accountHolderName": "ASHA R", "accountType": "SAVINGS"}


def _rail(attempt: Attempt) -> dict[str, Any]:
    if attempt.mode in ("CARD", "NET_BANKING"):
        return {"type": "PG", "transactionId": f"PG{attempt.utr}", "serviceTransactionId": f"PGS{attempt.utr}"}
    rail = {"type": "UPI", "utr": attempt.utr, "upiTransactionId": f"SIM{attempt.utr}"}
    return rail | ({"vpa": attempt.vpa} if attempt.vpa else {})
