"""The proofs that gateways give to their webhooks, for whoever tells a lie in one."""

from __future__ import annotations

import json
import string
from collections.abc import Callable, Mapping
from typing import Any

from simulation.settings import webhook_secret, webhook_url
from simulators.paypal.settings import Settings as PayPalSettings
from simulators.paypal.views import time_text
from simulators.paypal.webhooks import signed
from simulators.phonepe.webhooks import constant_proof
from simulators.razorpay.webhooks import body_proof
from simulators.square.webhooks import SIGNATURE_HEADER
from simulators.square.webhooks import signature as square_signature
from simulators.stripe.events import signature as stripe_signature

PROVED_ANEW = ("stripe",)  # With every delivery: their proof is good for minutes.

Headers = dict[str, str]
_SIGNS = string.digits + string.ascii_letters
_NEXT = str.maketrans(_SIGNS, _SIGNS[1:] + _SIGNS[:1])


def _phonepe(body: bytes, now_s: float) -> Headers:
    """It covers no byte of the body."""
    user, _, password = webhook_secret("phonepe")["webhook_logins"][0].partition(":")
    return {"authorization": constant_proof(user, password)}


def _razorpay(body: bytes, now_s: float) -> Headers:
    return {"x-razorpay-signature": body_proof(webhook_secret("razorpay")["webhook_secrets"][0], body)}


def _paypal(body: bytes, now_s: float) -> Headers:
    settings = PayPalSettings(webhook_id=webhook_secret("paypal")["webhook_id"])
    return {name.lower(): text for name, text in signed(body, f"{now_s:.3f}", time_text(now_s), settings).items()}


def _stripe(body: bytes, now_s: float) -> Headers:
    return {"stripe-signature": stripe_signature(tuple(webhook_secret("stripe")["webhook_secrets"]), body, int(now_s))}


def _square(body: bytes, now_s: float) -> Headers:
    key = webhook_secret("square")["webhook_signature_keys"][0]
    return {SIGNATURE_HEADER: square_signature(key, webhook_url("square"), body)}


_PROOFS: Mapping[str, Callable[[bytes, float], Headers]] = {
    "phonepe": _phonepe,
    "razorpay": _razorpay,
    "paypal": _paypal,
    "stripe": _stripe,
    "square": _square,
}


def proof(gateway: str, body: bytes, now_s: float) -> Headers:
    return _PROOFS[gateway](body, now_s)


def forged(gateway: str, body: bytes, now_s: float) -> Headers:
    """Of the right shape, and of another body or another's key."""
    return {name: _changed(text) for name, text in proof(gateway, body, now_s).items()}


def _changed(text: str) -> str:
    return text[:-12] + text[-12:].translate(_NEXT)


def news(gateway: str, our_id: str, ref: str) -> bytes:
    """That an order is paid, in each gateway's words; `ref` is their own name of it."""
    amount: dict[str, Any] = {"amount": 1, "currency": "USD"}
    told: dict[str, dict[str, Any]] = {
        "phonepe": {
            "event": "checkout.order.completed",
            "payload": {"merchantOrderId": our_id, "state": "COMPLETED", "amount": 1},
        },
        "razorpay": {
            "event": "order.paid",
            "payload": {"order": {"entity": {"id": ref, "status": "paid", "amount": 1}}},
        },
        "paypal": {
            "id": "WH-LIE-1",
            "event_type": "PAYMENT.CAPTURE.COMPLETED",
            "resource": {"custom_id": our_id, "status": "COMPLETED"},
        },
        "stripe": {
            "id": "evt_lie1",
            "type": "payment_intent.succeeded",
            "livemode": False,
            "data": {"object": {"object": "payment_intent", "status": "succeeded", "metadata": {"attempt_id": our_id}}},
        },
        "square": {
            "event_id": "lie-00000001",
            "type": "payment.updated",
            "data": {"object": {"payment": {"reference_id": our_id, "status": "COMPLETED", "amount_money": amount}}},
        },
    }
    return json.dumps(told[gateway]).encode()
