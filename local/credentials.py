"""What each simulator takes for its merchant's credentials, as the JSON secrets that its gateway reads."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from payments.domain.account import MAIN

Secret = dict[str, Any]
Secrets = tuple[Secret, Secret]  # For calls, and for webhooks.


def gateway_of(secret_name: str) -> str:
    """pavati/<stage>/<gateway>/<account>/<api or webhook>; "" where the name is another one."""
    return _account_of(secret_name)[0]


def _account_of(secret_name: str) -> tuple[str, str]:
    steps = secret_name.split("/")
    return (steps[2], steps[3]) if len(steps) == 5 and steps[2] in _SECRETS else ("", "")


def secret_named(secret_name: str, webhook_url: str) -> Secret:
    """One of the two secrets of an account. PhonePe's simulator has two merchants, the others have one each."""
    gateway, account = _account_of(secret_name)
    calls, webhooks = secrets_of(gateway, webhook_url, account)
    return webhooks if secret_name.endswith("/webhook") else calls


def secrets_of(gateway: str, webhook_url: str, account: str = MAIN) -> Secrets:
    """Fitted to the simulator's own settings, so that neither is written down twice."""
    settings = import_module(f"simulators.{gateway}.settings").Settings(webhook_url=webhook_url)
    if account == MAIN:
        return _SECRETS[gateway](settings)
    if account not in getattr(settings, "merchants", ()):
        return {}, {}  # As an account whose secrets nobody has filled in.
    return _SECRETS[gateway](settings.as_merchant(account))


def _phonepe(its: Any) -> Secrets:
    calls = {"client_id": its.client_id, "client_version": its.client_version, "client_secret": its.client_secret}
    logins = [f"{its.webhook_user}:{its.webhook_password}"]
    return calls | {"merchant_id": its.merchant_id}, {"webhook_logins": logins, "webhook_secrets": [its.hmac_secret]}


def _razorpay(its: Any) -> Secrets:
    calls = {"key_id": its.key_id, "key_secret": its.key_secret, "name": its.merchant_name}
    return calls, {"webhook_secrets": [its.webhook_secret]}


def _paypal(its: Any) -> Secrets:
    calls = {"client_id": its.client_id, "client_secret": its.client_secret, "merchant_id": its.merchant_id}
    return calls, {"webhook_id": its.webhook_id}


def _stripe(its: Any) -> Secrets:
    calls = {"secret_key": its.secret_key, "publishable_key": its.publishable_key}
    return calls, {"webhook_secrets": list(its.webhook_secrets)}


def _square(its: Any) -> Secrets:
    calls = {
        "access_token": its.access_token,
        "application_id": its.application_id,
        "location_id": its.location_id,
    }
    return calls, {"webhook_signature_keys": [its.signature_key], "notification_url": its.webhook_url}


_SECRETS: Mapping[str, Callable[[Any], Secrets]] = {
    "phonepe": _phonepe,
    "razorpay": _razorpay,
    "paypal": _paypal,
    "stripe": _stripe,
    "square": _square,
}
