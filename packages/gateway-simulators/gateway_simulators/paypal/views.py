"""PayPal's JSON of its records."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from gateway_simulators.paypal.money import to_value
from gateway_simulators.paypal.records import (
    APPROVED,
    CAPTURE,
    CREATED,
    PAID,
    PAYER_ACTION_REQUIRED,
    Authorization,
    Capture,
    Order,
    Refund,
)
from gateway_simulators.paypal.settings import Settings

View = dict[str, Any]


def time_text(at: float) -> str:
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def order_brief(order: Order, settings: Settings) -> View:
    """An order under `Prefer: return=minimal`."""
    return {"id": order.ref, "status": order.status, "links": _order_links(order, settings.origin)}


def order_view(order: Order, settings: Settings, shift: int = 0) -> View:
    """An order. `shift` (minor units) is added to all amounts under fault wrong_amount."""
    unit = _unit(order, settings, shift)
    view = order_brief(order, settings) | {"intent": order.intent, "purchase_units": [unit]}
    view |= {"create_time": time_text(order.created_at), "update_time": time_text(order.updated_at)}
    if order.is_wallet:
        wallet = {"email_address": order.payer, "account_id": "QYR5Z8XDVJNXQ"} if order.payer else {}
        view["payment_source"] = {"paypal": wallet}
    if order.payer:
        name = {"given_name": "Bea", "surname": "Buyer"}
        view["payer"] = {"payer_id": "QYR5Z8XDVJNXQ", "email_address": order.payer, "name": name}
    return view


def order_event(order: Order) -> View:
    unit = {"reference_id": order.reference_id, "amount": to_value(order.amount, order.currency)}
    payer = {"payer_id": "QYR5Z8XDVJNXQ", "email_address": order.payer}
    return {
        "id": order.ref, "intent": order.intent, "status": order.status, "payer": payer, "purchase_units": [unit],
        "create_time": time_text(order.created_at),
    }  # fmt: skip


def authorization_view(order: Order, authorization: Authorization, origin: str, shift: int = 0) -> View:
    url = f"{origin}/v2/payments/authorizations/{authorization.ref}"
    verbs = ("capture", "void", "reauthorize") if authorization.status in (CREATED, "PARTIALLY_CAPTURED") else ()
    return _ours(order, order.invoice_id) | {
        "id": authorization.ref,
        "status": authorization.status,
        "amount": to_value(authorization.amount + shift, order.currency),
        "seller_protection": {"status": "ELIGIBLE", "dispute_categories": ["ITEM_NOT_RECEIVED"]},
        "expiration_time": time_text(authorization.expires_at),
        "create_time": time_text(authorization.created_at),
        "update_time": time_text(authorization.updated_at),
        "links": [_link(url, "self"), *(_link(f"{url}/{verb}", verb, "POST") for verb in verbs), _up(order, origin)],
        "supplementary_data": {"related_ids": {"order_id": order.ref}},
        **({"status_details": {"reason": "PENDING_REVIEW"}} if authorization.status == "PENDING" else {}),
    }


def capture_view(order: Order, capture: Capture, origin: str, shift: int = 0) -> View:
    url = f"{origin}/v2/payments/captures/{capture.ref}"
    amount = capture.amount + shift
    related = {"order_id": order.ref} | (
        {"authorization_id": capture.authorization_ref} if capture.authorization_ref else {}
    )
    view = _ours(order, capture.invoice_id) | {
        "id": capture.ref,
        "status": capture.status,
        "amount": to_value(amount, order.currency),
        "final_capture": capture.is_final,
        "seller_protection": {"status": "ELIGIBLE", "dispute_categories": ["ITEM_NOT_RECEIVED"]},
        "create_time": time_text(capture.at),
        "update_time": time_text(order.updated_at),
        "links": [_link(url, "self"), _link(f"{url}/refund", "refund", "POST"), _up(order, origin)],
        "supplementary_data": {"related_ids": related},
    }
    if capture.status in PAID:
        view["seller_receivable_breakdown"] = _receivable(amount, order.currency)
    if capture.reason:
        view["status_details"] = {"reason": capture.reason}
    if capture.processor_code:
        view["processor_response"] = {"response_code": capture.processor_code}
    return view


def refund_view(order: Order, refund: Refund, origin: str, shift: int = 0) -> View:
    url, up = f"{origin}/v2/payments/refunds/{refund.ref}", f"{origin}/v2/payments/captures/{refund.capture_ref}"
    amount, total = to_value(refund.amount + shift, order.currency), order.refunded(refund.capture_ref)
    view = {
        "id": refund.ref,
        "status": refund.status,
        "amount": amount,
        "seller_payable_breakdown": {
            "gross_amount": amount,
            "paypal_fee": to_value(0, order.currency),
            "net_amount": amount,
            "total_refunded_amount": to_value(total, order.currency),
        },
        "create_time": time_text(refund.at),
        "update_time": time_text(refund.at),
        "links": [_link(url, "self"), _link(up, "up")],
    }
    given = {"custom_id": refund.custom_id, "invoice_id": refund.invoice_id, "note_to_payer": refund.note}
    return view | {name: text for name, text in given.items() if text}


def brief(view: View) -> View:
    """Any other object under `Prefer: return=minimal`."""
    return {name: view[name] for name in ("id", "status", "links")}


def _unit(order: Order, settings: Settings, shift: int) -> View:
    unit: View = _ours(order, order.invoice_id) | {
        "reference_id": order.reference_id,
        "amount": to_value(order.amount + shift, order.currency),
        "payee": {"merchant_id": settings.merchant_id, "email_address": "merchant@example.com"},
    }
    if order.description:
        unit["description"] = order.description
    payments = {
        "authorizations": [
            authorization_view(order, authorization, settings.origin, shift) for authorization in order.holds
        ],
        "captures": [capture_view(order, capture, settings.origin, shift) for capture in order.captures],
        "refunds": [refund_view(order, refund, settings.origin) for refund in order.refunds],
    }
    if order.holds or order.captures:
        unit["payments"] = {name: views for name, views in payments.items() if views}
    return unit


def _ours(order: Order, invoice_id: str) -> View:
    return {name: text for name, text in (("custom_id", order.custom_id), ("invoice_id", invoice_id)) if text}


def _receivable(amount: int, currency: str) -> View:
    step = 100 if currency in ("HUF", "TWD") else 1
    fee = min(amount, round(amount * 0.0349) + 49) // step * step
    parts = {"gross_amount": amount, "paypal_fee": fee, "net_amount": amount - fee}
    return {name: to_value(minor, currency) for name, minor in parts.items()}


def _order_links(order: Order, origin: str) -> list[View]:
    url = f"{origin}/v2/checkout/orders/{order.ref}"
    links = [_link(url, "self")]
    if order.status in (CREATED, PAYER_ACTION_REQUIRED):
        page, rel = f"{origin}/checkoutnow?token={order.ref}", "payer-action" if order.is_wallet else "approve"
        links.append(_link(page, rel))
    if order.status in (CREATED, APPROVED):
        verb = "capture" if order.intent == CAPTURE else "authorize"
        links += [_link(url, "update", "PATCH"), _link(f"{url}/{verb}", verb, "POST")]
    return links


def _up(order: Order, origin: str) -> View:
    return _link(f"{origin}/v2/checkout/orders/{order.ref}", "up")


def _link(href: str, rel: str, method: str = "GET") -> View:
    return {"href": href, "rel": rel, "method": method}
