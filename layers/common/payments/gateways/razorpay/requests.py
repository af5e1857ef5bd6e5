"""Builds Razorpay's requests, and the values for the payer's browser. `wire` reads the answers."""

from __future__ import annotations

from datetime import datetime, timedelta

from payments.domain.records.payment import Attempt
from payments.domain.records.refund import Refund
from payments.domain.values.money import Money
from payments.domain.values.terms import ActionKind, NextAction
from payments.gateways.contract.payments import Checkout, CheckoutDetails
from payments.gateways.razorpay import Settings

# A bank may report a failed payment as successful for three days. Razorpay's pages differ on the default.
AUTHORIZED_FOR = timedelta(days=3)
_AUTHORIZED_MINUTES = AUTHORIZED_FOR // timedelta(minutes=1)
_QR_LIFE = (timedelta(seconds=120), timedelta(hours=2))
_NOTE_LENGTH = 256


def to_order(attempt: Attempt, order: CheckoutDetails) -> dict[str, object]:
    """Return the body of an order. It has no current time, so one attempt always gives the same body."""
    if attempt.terms.is_manual:
        options = {"manual_expiry_period": _AUTHORIZED_MINUTES, "refund_speed": "normal"}
        capture = {"capture": "manual", "capture_options": options}
    else:
        # Without it Razorpay would refund a late success without telling us, instead of capturing it.
        options = {"automatic_expiry_period": _AUTHORIZED_MINUTES, "manual_expiry_period": _AUTHORIZED_MINUTES}
        capture = {"capture": "automatic", "capture_options": {**options, "refund_speed": "normal"}}
    return {**_money(attempt.amount), "receipt": attempt.id, "notes": _notes(attempt, order), "payment": capture}


def to_checkout(attempt: Attempt, order: CheckoutDetails, order_id: str, settings: Settings, script: str) -> Checkout:
    """Return the checkout for Razorpay's script. No retry there: a failed payment ends the attempt and its order."""
    terms = attempt.terms
    values = {
        "script": script,
        "key": settings.key_id,
        "order_id": order_id,
        "amount": str(attempt.amount.minor),
        "currency": attempt.amount.currency,
        "name": settings.name,
        "description": order.title,
        "timeout": str(order.expires_in_s),
        "retry": "false",
        "method": terms.method_type.value if terms.method_type else "",
        "emi_duration": str(terms.installments) if terms.installments else "",
    }
    said = {name: value for name, value in values.items() if value}
    return Checkout(order_id, NextAction(ActionKind.CLIENT_SDK, values=said), webhook_ref=order_id)


def can_begin_upi(order: CheckoutDetails) -> bool:
    """Return whether the order has the e-mail address and mobile that Razorpay requires for a UPI intent."""
    return bool(order.customer and order.customer.email and order.customer.sendable_mobile)


def to_upi_intent(attempt: Attempt, order: CheckoutDetails, order_id: str) -> dict[str, object]:
    payer = {"email": order.customer.email, "contact": order.customer.sendable_mobile} if order.customer else {}
    said = {name: value for name, value in payer.items() if value}
    body = {**_money(attempt.amount), "order_id": order_id, "method": "upi", "upi": {"flow": "intent"}}
    return {**body, **said, "notes": _notes(attempt, order)}


def to_qr_code(attempt: Attempt, order: CheckoutDetails, settings: Settings) -> dict[str, object]:
    shortest, longest = (attempt.sent_at + life for life in _QR_LIFE)
    close_by = min(max(attempt.expires_at, shortest), longest)
    return {
        "type": "upi_qr",
        **({"name": settings.name} if settings.name else {}),
        "description": order.title,
        "usage": "single_use",
        "fixed_amount": True,
        "payment_amount": attempt.amount.minor,
        "close_by": seconds(close_by),
        "notes": _notes(attempt, order),
    }


def to_capture(amount: Money) -> dict[str, object]:
    return _money(amount)


def to_refund(refund: Refund, speed: str) -> dict[str, object]:
    return {
        "amount": refund.amount.minor,
        "speed": speed,
        "receipt": refund.id,
        "notes": {"refund_id": refund.id, "payment_id": refund.payment_id},
    }


def seconds(at: datetime) -> int:
    return int(at.timestamp())


def _money(amount: Money) -> dict[str, object]:
    return {"amount": amount.minor, "currency": amount.currency}


def _notes(attempt: Attempt, order: CheckoutDetails) -> dict[str, str]:
    named = {"attempt_id": attempt.id, "payment_id": order.payment_id, "merchant_order_id": order.merchant_order_id}
    return {name: text[:_NOTE_LENGTH] for name, text in named.items()}
