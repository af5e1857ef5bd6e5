"""What each simulator takes for its merchant's credentials, as the JSON secret that its gateway reads."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

Secret = dict[str, Any]


def secret_of(gateway: str, webhook_url: str) -> Secret:
    """Fitted to the simulator's own settings, so that neither is written down twice."""
    settings = import_module(f"simulators.{gateway}.settings").Settings(webhook_url=webhook_url)
    return _SECRETS[gateway](settings)


def _phonepe(its: Any) -> Secret:
    return {
        "client_secret": its.client_secret,
        "webhook_logins": [f"{its.webhook_user}:{its.webhook_password}"],
        "webhook_secrets": [its.hmac_secret],
    }


def _razorpay(its: Any) -> Secret:
    return {
        "key_id": its.key_id,
        "key_secret": its.key_secret,
        "webhook_secrets": [its.webhook_secret],
        "name": its.merchant_name,
    }


def _paypal(its: Any) -> Secret:
    return {
        "client_id": its.client_id,
        "client_secret": its.client_secret,
        "webhook_id": its.webhook_id,
        "merchant_id": its.merchant_id,
    }


def _stripe(its: Any) -> Secret:
    return {
        "secret_key": its.secret_key,
        "publishable_key": its.publishable_key,
        "webhook_secrets": list(its.webhook_secrets),
    }


def _square(its: Any) -> Secret:
    return {
        "access_token": its.access_token,
        "application_id": its.application_id,
        "location_id": its.location_id,
        "webhook_signature_keys": [its.signature_key],
        "notification_url": its.webhook_url,
    }


_SECRETS: Mapping[str, Callable[[Any], Secret]] = {
    "phonepe": _phonepe,
    "razorpay": _razorpay,
    "paypal": _paypal,
    "stripe": _stripe,
    "square": _square,
}
