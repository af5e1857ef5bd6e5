"""Razorpay's JSON of orders, payments, refunds and QR codes. Empty notes are a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway_simulators.razorpay.records import ACTIVE, CLOSED, LOST, PROCESSED, Dispute, Order, Payment, Refund


def collection(items: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"entity": "collection", "count": len(items), "items": list(items)}


def order_view(order: Order) -> dict[str, Any]:
    paid = sum(payment.due for payment in order.captured[:1])
    return {
        "id": order.id,
        "entity": "order",
        "amount": order.amount,
        "amount_paid": paid,
        "amount_due": order.amount - paid,
        "currency": order.currency,
        "receipt": order.receipt,
        "offer_id": None,
        "status": order.status,
        "attempts": len(order.payments),
        "notes": order.notes or [],
        "created_at": int(order.created_at),
    }


def payment_view(payment: Payment) -> dict[str, Any]:
    return {
        "id": payment.id,
        "entity": "payment",
        "amount": payment.amount,
        "currency": payment.currency,
        "status": payment.status,
        "order_id": None if payment.order.is_qr else payment.order.id,
        "invoice_id": None,
        "international": payment.instrument.is_international,
        "method": payment.method,
        "amount_refunded": payment.amount_refunded,
        "refund_status": _refund_status(payment),
        "captured": payment.was_captured,
        "description": None,
        **_instrument(payment),
        "email": payment.email or "void@razorpay.com",
        "contact": payment.contact or "+919000000000",
        "notes": payment.notes or [],
        **_fee(payment),
        **_error(payment),
        "acquirer_data": _acquirer(payment),
        "created_at": int(payment.created_at),
    }


def refund_view(refund: Refund) -> dict[str, Any]:
    return {
        "id": refund.id,
        "entity": "refund",
        "amount": refund.amount,
        "currency": refund.payment.currency,
        "payment_id": refund.payment.id,
        "notes": refund.notes or [],
        "receipt": refund.receipt,
        "acquirer_data": {"arn": None},
        "created_at": int(refund.created_at),
        "batch_id": None,
        "status": refund.status,
        "speed_requested": refund.speed,
        "speed_processed": "instant" if _is_instant(refund) else "normal",
    }


def dispute_view(dispute: Dispute) -> dict[str, Any]:
    return {
        "id": dispute.id,
        "entity": "dispute",
        "payment_id": dispute.payment.id,
        "amount": dispute.amount,
        "currency": dispute.payment.currency,
        "amount_deducted": dispute.amount if dispute.status == LOST else 0,
        "reason_code": dispute.reason,
        "respond_by": int(dispute.respond_by),
        "status": dispute.status,
        "phase": dispute.phase,
        "created_at": int(dispute.created_at),
        "evidence": {"amount": dispute.amount, "summary": None, "submitted_at": None},
    }


def qr_view(order: Order, origin: str) -> dict[str, Any]:
    received = order.captured
    return {
        "id": order.id,
        "entity": "qr_code",
        "created_at": int(order.created_at),
        "name": order.name,
        "usage": "single_use",
        "type": "upi_qr",
        "image_url": f"{origin}/v1/qr/{order.id}.svg",
        "payment_amount": order.amount,
        "status": ACTIVE if order.closed_at is None else CLOSED,
        "description": "",
        "fixed_amount": True,
        "payments_amount_received": sum(payment.due for payment in received),
        "payments_count_received": len(received),
        "notes": order.notes or [],
        "customer_id": None,
        "close_by": int(order.close_by or 0),
        "closed_at": None if order.closed_at is None else int(order.closed_at),
        "close_reason": order.close_reason or None,
    }


def _refund_status(payment: Payment) -> str | None:
    if not payment.amount_refunded:
        return None
    return "full" if payment.amount_refunded >= payment.due else "partial"


def _instrument(payment: Payment) -> dict[str, Any]:
    paid_with, is_card = payment.instrument, payment.method in ("card", "emi")
    fields: dict[str, Any] = {"card_id": None, "bank": paid_with.bank or None, "wallet": paid_with.wallet or None}
    fields["vpa"] = paid_with.value if payment.method == "upi" else None
    if payment.method == "upi":
        flow = payment.flow or "collect"
        fields["upi"] = {"payer_account_type": "bank_account", "vpa": paid_with.value, "flow": flow}
    if is_card:
        fields["card_id"] = f"card_{payment.id.removeprefix('pay_')}"
        fields["card"] = _card(payment, fields["card_id"])
    if payment.emi_duration:
        plan = {"issuer": "HDFC", "type": "credit", "rate": 1500, "duration": payment.emi_duration}
        fields["emi_plan"] = plan
    return fields


def _card(payment: Payment, card_id: str) -> dict[str, Any]:
    return {
        "id": card_id,
        "entity": "card",
        "name": "",
        "last4": payment.instrument.value[-4:],
        "network": payment.instrument.network,
        "type": "credit",
        "issuer": "HDFC",
        "international": payment.instrument.is_international,
        "emi": payment.method == "emi",
        "sub_type": "consumer",
        "token_iin": None,
    }


def _fee(payment: Payment) -> dict[str, Any]:
    """The fee is shown from the capture on; where the payer bears it, from the beginning (assumed)."""
    if not payment.was_captured and not payment.payer_fee:
        return {"fee": None, "tax": None}
    fee, tax = fee_of(payment.due)
    return {"fee": fee, "tax": tax}


def fee_of(amount: int) -> tuple[int, int]:
    """The fee (two per cent and the tax on it), and the tax alone, in minor units."""
    base = (amount * 2 + 50) // 100
    tax = (base * 18 + 50) // 100
    return base + tax, tax


def _error(payment: Payment) -> dict[str, Any]:
    failure = payment.failure
    fields = ("code", "description", "source", "step", "reason")
    return {f"error_{name}": getattr(failure, name) if failure else None for name in fields}


def _acquirer(payment: Payment) -> dict[str, Any]:
    rrn = payment.rrn or None
    if payment.method == "upi":
        return {"rrn": rrn, "upi_transaction_id": f"SIM{rrn}" if rrn else None}
    return {"bank_transaction_id": rrn} if payment.method == "netbanking" else {"auth_code": rrn and rrn[:6]}


def _is_instant(refund: Refund) -> bool:
    """EMI payments have no instant refunds."""
    return refund.speed == "optimum" and refund.status == PROCESSED and refund.payment.method != "emi"
