"""Builds Square's requests. `wire` reads the answers."""

from __future__ import annotations

from datetime import timedelta

from payments.domain.records.payment import Attempt
from payments.domain.records.refund import Refund
from payments.domain.values.clock import to_text
from payments.domain.values.money import Money
from payments.domain.values.terms import MethodType
from payments.gateways.contract.payments import CheckoutDetails
from payments.gateways.kit.reading import text_of
from payments.gateways.transport.http import Answer

_BEFORE, _AFTER = timedelta(minutes=10), timedelta(minutes=10)  # For clock differences and slow calls.
_WALLETS = ("apple_pay", "google_pay", "cash_app_pay", "afterpay_clearpay")


def to_link(attempt: Attempt, order: CheckoutDetails, location_id: str) -> dict[str, object]:
    item = {
        "name": (order.merchant_order_id or order.payment_id)[:255],
        "quantity": "1",
        "base_price_money": _to_money(attempt.amount),
    }
    options: dict[str, object] = {"redirect_url": order.return_url, "allow_tipping": False}
    if attempt.terms.method_type is MethodType.CARD:
        options["accepted_payment_methods"] = dict.fromkeys(_WALLETS, False)
    return {
        "idempotency_key": attempt.id,
        "order": {"location_id": location_id, "reference_id": attempt.id, "line_items": [item]},
        "checkout_options": options,
        "payment_note": f"{order.payment_id} {order.merchant_order_id}"[:500],
    }


def to_charge(attempt: Attempt, order: CheckoutDetails, location_id: str) -> dict[str, object]:
    return {
        "idempotency_key": attempt.id,
        "source_id": attempt.terms.source_token,
        "amount_money": _to_money(attempt.amount),
        "autocomplete": not attempt.terms.is_manual,
        "location_id": location_id,
        "reference_id": attempt.id,
        "note": f"{order.payment_id} {order.merchant_order_id}"[:500],
    }


def to_update(attempt: Attempt, amount: Money) -> dict[str, object]:
    """Return the body without a version_token: one key needs one body. The completing call has the token."""
    return {"idempotency_key": f"{attempt.id}-u{amount.minor}", "payment": {"amount_money": _to_money(amount)}}


def to_completion(payment: Answer) -> dict[str, object]:
    """Return the body. It has no amount, so its version_token makes Square refuse a payment that has changed."""
    version = text_of(payment, "version_token")
    return {"version_token": version} if version else {}


def to_refund(refund: Refund, payment_ref: str) -> dict[str, object]:
    return {
        "idempotency_key": refund.id,
        "payment_id": payment_ref,
        "amount_money": _to_money(refund.amount),
        "reason": f"{refund.reason_code} {refund.id}",  # The only field that echoes our id.
    }


def to_payments_window(attempt: Attempt, location_id: str, start: str) -> dict[str, str]:
    """Return the query. Without a location Square lists only the main one. `start`: all payments before are read."""
    return {
        "location_id": location_id,
        "begin_time": start or to_text(attempt.created_at - _BEFORE),
        "end_time": to_text(attempt.sent_at + _AFTER),
        "sort_order": "ASC",
        "limit": "100",
    }


def _to_money(amount: Money) -> dict[str, object]:
    return {"amount": amount.minor, "currency": amount.currency}
