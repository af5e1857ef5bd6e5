"""Payments that the merchant's server creates: UPI only, and only where the account is enabled for it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from gateway_simulators.kit.gateway import ClosedError
from gateway_simulators.razorpay.checks import only, read_amount, read_currency, read_notes, words
from gateway_simulators.razorpay.errors import bad_request, no_such_url
from gateway_simulators.razorpay.instruments import BY_VALUE
from gateway_simulators.razorpay.model import RazorpayModel

FIELDS = words(
    "amount currency order_id email contact method upi ip user_agent referer referrer callback_url notes customer_id "
    "description save token"
)
PAYER = BY_VALUE["success@razorpay"]


def create_upi(model: RazorpayModel, body: dict[str, Any], origin: str) -> dict[str, Any]:
    if not model.settings.serves_s2s:
        raise no_such_url()
    given = only(body, FIELDS)
    order = model.orders.get(str(given.get("order_id")))
    upi = given.get("upi")
    if given.get("method") != "upi" or not isinstance(upi, dict) or upi.get("flow") != "intent":
        raise bad_request("UPI collect is not enabled for this account", reason="upi_collect_not_enabled")
    for name in ("email", "contact"):
        if not isinstance(given.get(name), str) or not given[name]:
            raise bad_request(f"The {name} field is required.", field=name)
    if (read_amount(given, order.currency), read_currency(given)) != (order.amount, order.currency):
        raise bad_request("Your payment amount is different from your order amount.", reason="order_amount_mismatch")
    read_notes(given)
    try:
        payment = model.orders.begin(order, PAYER, flow="intent", email=given["email"], contact=given["contact"])
    except ClosedError:
        raise bad_request("This order is already paid.", reason="order_already_paid") from None
    amount = f"{order.amount // 100}.{order.amount % 100:02d}"  # UPI amounts are in rupees.
    query = f"pa=sahyadri@razorpay&pn={quote(model.settings.merchant_name)}&tr={payment.id[4:]}&tn=razorpay"
    steps = [
        {"action": "intent", "url": f"upi://pay?{query}&am={amount}&cu={order.currency}&mc=5411"},
        {"action": "poll", "url": f"{origin}/v1/payments/{payment.id}"},
    ]
    return {"razorpay_payment_id": payment.id, "next": steps}
