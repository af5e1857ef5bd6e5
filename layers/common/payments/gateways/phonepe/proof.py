"""Whether PhonePe sent a webhook: a constant made of a login, or an HMAC of the body."""

from __future__ import annotations

from hashlib import sha256

from payments.gateways.contract import WebhookRequest
from payments.gateways.phonepe import HMAC, Settings
from payments.gateways.proofs import base64_proof, hex_proof, is_among


def is_genuine(request: WebhookRequest, settings: Settings) -> bool:
    if settings.webhook_auth == HMAC:
        names, secrets = settings.signature_headers, settings.webhook_secrets
        proofs = [proof(key, request.body) for key in secrets for proof in (hex_proof, base64_proof)]
    else:
        # A constant: it says who sent this, never what it says.
        names, proofs = ("authorization",), [sha256(login.encode()).hexdigest() for login in settings.webhook_logins]
    return is_among([request.headers.get(name, "") for name in names], proofs)
