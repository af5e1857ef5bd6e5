"""POST /v1/webhooks/{gateway}"""

from __future__ import annotations

from payments import wiring
from payments.runtime.api import Api, Call, Result
from payments.runtime.routes import WEBHOOK_BODY_MAX, Capability
from payments.usecases import webhook as usecases

api = Api("webhook", wiring, budget_s=2.5)  # Gateways wait 3 to 5 seconds for their answer.


@api.post(
    "/v1/webhooks/{gateway}",
    capability=Capability.PROOF,
    has_slash_twin=True,
    raw_body_max=WEBHOOK_BODY_MAX,
    codes=("busy", "invalid_signature"),
    recodes={"unknown_gateway": "not_found"},
)
def receive_webhook(call: Call, gateway: str) -> Result:
    """Where a gateway sends its news."""
    usecases.receive_webhook(gateway, call.webhook, call.parts)
    return {"received": True}


handler = api
