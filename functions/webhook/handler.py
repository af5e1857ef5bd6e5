"""POST /v1/webhooks/{gateway} and /v1/webhooks/{gateway}/{account}"""

from __future__ import annotations

from typing import Any

from payments import wiring
from payments.api.app import Api
from payments.api.call import Call, Result
from payments.api.routes import WEBHOOK_BODY_MAX, Capability
from payments.domain.values.account import Account
from payments.usecases.webhook import receive as usecases

api = Api("webhook", wiring, budget_s=2.5)  # Gateways wait 3 to 5 seconds for an answer.


_PROVED: dict[str, Any] = {
    "capability": Capability.PROOF,
    "has_slash_twin": True,
    "raw_body_max": WEBHOOK_BODY_MAX,
    "codes": ("busy", "gateway_unavailable", "invalid_signature"),
    "recodes": {"unknown_gateway": "not_found"},
}


@api.post("/v1/webhooks/{gateway}", **_PROVED)
def receive_webhook(call: Call, gateway: str) -> Result:
    """Receive a gateway's webhooks for the account main."""
    return _receive(Account(gateway), call)


@api.post("/v1/webhooks/{gateway}/{account}", **_PROVED)
def receive_account_webhook(call: Call, gateway: str, account: str) -> Result:
    """Receive a gateway's webhooks for another account."""
    return _receive(Account(gateway, account), call)


def _receive(account: Account, call: Call) -> Result:
    usecases.receive_webhook(account, call.webhook, call.ports)
    return {"received": True}


handler = api
