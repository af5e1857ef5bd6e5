"""Builds Stripe's requests. `wire` reads the answers."""

from __future__ import annotations

from datetime import timedelta

from payments.domain.records.payment import Attempt
from payments.domain.records.refund import ReasonCode, Refund
from payments.domain.records.snapshot import Snapshot
from payments.domain.values.status import Status
from payments.domain.values.terms import MethodType
from payments.gateways.contract.payments import CheckoutDetails
from payments.gateways.kit.reading import text_of
from payments.gateways.stripe.codes import REASONS
from payments.gateways.stripe.fields import id_of
from payments.gateways.stripe.wire import from_found
from payments.gateways.transport.http import Answer

_SESSION_LIFE = timedelta(hours=23)  # Stripe allows 24 h by its own clock; a repeated call must have the same bytes.
OTHER_UNIT = frozenset({"ISK", "MGA", "UGX"})  # Stripe's smallest unit of these is not ISO 4217's.


def to_session(attempt: Attempt, order: CheckoutDetails, suffix: str) -> dict[str, object]:
    product = {"name": order.title[:250]}
    price = {"currency": attempt.amount.currency.lower(), "unit_amount": attempt.amount.minor, "product_data": product}
    metadata = _metadata(attempt, order)
    is_card = attempt.terms.method_type in (MethodType.CARD, MethodType.WALLET)  # Stripe treats wallets as cards.
    return {
        "mode": "payment",
        "ui_mode": "hosted_page",
        "line_items": [{"price_data": price, "quantity": 1}],
        "client_reference_id": attempt.id,
        "metadata": metadata,
        "payment_intent_data": {  # Stripe does not copy a session's metadata.
            "metadata": metadata,
            "capture_method": _capture_method(attempt),
            "statement_descriptor_suffix": suffix or None,
        },
        "allowed_payment_method_types": ["card"] if is_card else None,
        "success_url": order.return_url,
        "cancel_url": order.return_url,
        "expires_at": int((attempt.created_at + _SESSION_LIFE).timestamp()),
    }


def to_charge(attempt: Attempt, order: CheckoutDetails, suffix: str) -> dict[str, object]:
    return {
        "amount": attempt.amount.minor,
        "currency": attempt.amount.currency.lower(),
        "payment_method": attempt.terms.source_token,
        "confirm": True,
        "automatic_payment_methods": {"enabled": True},
        "capture_method": _capture_method(attempt),
        "return_url": order.return_url,
        "statement_descriptor_suffix": suffix or None,
        "metadata": _metadata(attempt, order),
        "expand": ["latest_charge"],  # The charge shows when an authorization ends.
    }


def to_refund(refund: Refund, intent: str) -> dict[str, object]:
    """Return the body. Damaged or missing goods are a customer's request there; the system's refunds have no reason."""
    by_customer = (ReasonCode.CUSTOMER_REQUEST, ReasonCode.DAMAGED, ReasonCode.NOT_DELIVERED)
    reason = "requested_by_customer" if refund.reason_code in by_customer else REASONS.get(refund.reason_code)
    return {
        "payment_intent": intent,
        "amount": refund.amount.minor,
        "reason": reason,
        "metadata": {"refund_id": refund.id, "payment_id": refund.payment_id, "reason_code": str(refund.reason_code)},
    }


def to_cancel(found: Answer, attempt: Attempt) -> tuple[tuple[str, ...], Snapshot]:
    """Return the path that cancels the session or intent, () if nothing can be cancelled, and the status before."""
    before, status = from_found(found, attempt), text_of(found, "status")
    if found.get("object") != "checkout.session":
        return (() if status in ("succeeded", "canceled") else ("payment_intents", id_of(found), "cancel")), before
    if status == "open":
        return ("checkout", "sessions", id_of(found), "expire"), before
    # Of a completed session only an authorized intent may be cancelled.
    return (("payment_intents", before.ref, "cancel") if before.status is Status.AUTHORIZED else ()), before


def _metadata(attempt: Attempt, order: CheckoutDetails) -> dict[str, str]:
    metadata = {"attempt_id": attempt.id, "payment_id": order.payment_id, "merchant_order_id": order.merchant_order_id}
    return {name: text[:500] for name, text in metadata.items() if text}


def _capture_method(attempt: Attempt) -> str:
    return "manual" if attempt.terms.is_manual else "automatic"
