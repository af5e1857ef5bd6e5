"""The credentials of each simulator's merchant, as the JSON documents that its gateway's adapter reads."""

from typing import Any

from gateway_simulators import GATEWAYS
from gateway_simulators.kit.parts import parts_of
from payments.domain.values.account import MAIN
from payments.gateways.facts import facts_of
from payments.gateways.kit.public import CONFIGURED, PART

Secret = dict[str, Any]
Secrets = tuple[Secret, Secret]  # For calls, and for webhooks.


def gateway_of(name: str) -> str:
    """The gateway in pavati/<stage>/<gateway>/<account>/<api, webhook or public>; "" for any other name."""
    return _account_of(name)[0]


def _account_of(name: str) -> tuple[str, str]:
    steps = name.split("/")
    return (steps[2], steps[3]) if len(steps) == 5 and steps[2] in GATEWAYS else ("", "")


def document_named(name: str, webhook_url: str) -> Secret:
    """The document of this name: a secret of an account, or its public values.

    PhonePe's simulator has two merchants, the others have one.
    """
    gateway, account = _account_of(name)
    calls, webhooks = secrets_of(gateway, webhook_url, account)
    if name.endswith(f"/{PART}"):
        return {CONFIGURED: True, **{field: calls[field] for field in facts_of(gateway).PUBLIC}} if calls else {}
    return webhooks if name.endswith("/webhook") else calls


def secrets_of(gateway: str, webhook_url: str, account: str = MAIN) -> Secrets:
    """Taken from the simulator's own settings, so that no value is written twice."""
    settings = parts_of(gateway).settings(webhook_url=webhook_url)
    if account != MAIN:
        if account not in getattr(settings, "merchants", ()):
            return {}, {}  # Like an account whose secrets are not filled in.
        settings = settings.as_merchant(account)
    found: Secrets = settings.secrets
    return found
