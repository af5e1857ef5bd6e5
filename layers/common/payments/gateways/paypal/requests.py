"""Builds PayPal's requests. `wire` reads the answers."""

from __future__ import annotations

from collections.abc import Mapping

from payments.domain.records.payment import Attempt
from payments.domain.records.refund import Refund
from payments.domain.values.money import Money
from payments.domain.values.terms import MethodType
from payments.gateways.contract.payments import CheckoutDetails
from payments.gateways.paypal.money import to_amount

_LANDING: Mapping[MethodType | None, str] = {MethodType.CARD: "GUEST_CHECKOUT", MethodType.PAYPAL: "LOGIN"}
_TEXT_MAX = 127


def to_order(attempt: Attempt, order: CheckoutDetails) -> dict[str, object]:
    context = {
        "return_url": order.return_url,
        "cancel_url": order.return_url,
        "user_action": "PAY_NOW",
        "shipping_preference": "NO_SHIPPING",
        "landing_page": _LANDING.get(attempt.terms.method_type, "NO_PREFERENCE"),
        "payment_method_preference": "IMMEDIATE_PAYMENT_REQUIRED",  # An eCheck takes days, longer than the checkout.
    }
    unit = {
        "amount": to_amount(attempt.amount),
        "custom_id": attempt.id,
        "invoice_id": attempt.id,  # PayPal accepts one payment per invoice id: a second guard.
        "description": order.title[:_TEXT_MAX],
    }
    return {
        "intent": "AUTHORIZE" if attempt.terms.is_manual else "CAPTURE",
        "purchase_units": [unit],
        "payment_source": {"paypal": {"experience_context": context}},
    }


def to_capture(attempt: Attempt, amount: Money) -> dict[str, object]:
    return {"amount": to_amount(amount), "final_capture": True, "invoice_id": attempt.id}


def to_refund(refund: Refund) -> dict[str, object]:
    return {"amount": to_amount(refund.amount), "custom_id": refund.id}
