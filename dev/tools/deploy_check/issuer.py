"""The issuer of access tokens, read as API Gateway's authorizer does."""

from __future__ import annotations

from typing import Any

from dev.tools.deploy_check.findings import Refusal
from dev.tools.deploy_check.web import get_object

_PATH = "/.well-known/openid-configuration"


def check_issuer(issuer: str) -> str:
    """Check the issuer's discovery document and keys. Raises Refusal."""
    url = issuer.rstrip("/") + _PATH
    document = get_object(url, "JwtIssuer is what your provider calls its issuer: open that address in a browser")
    if document.get("issuer") != issuer:
        raise Refusal(
            f"{url} names another issuer: {document.get('issuer')!r}",
            f"JwtIssuer is {issuer!r}: it must be the same text, a slash at the end included",
        )
    keys = _read_keys(document, url)
    return f"issuer {issuer}: {len(keys)} key{'s' * (len(keys) != 1)} to check tokens with"


def _read_keys(document: Any, url: str) -> list[Any]:
    jwks_uri = document.get("jwks_uri")
    if not isinstance(jwks_uri, str):
        raise Refusal(f"{url} has no jwks_uri", "take a provider that publishes its keys")
    keys = get_object(jwks_uri, "the jwks_uri of the discovery document must answer the provider's keys").get("keys")
    if not isinstance(keys, list) or not keys:
        raise Refusal(f"{jwks_uri} has no keys", "let your provider make a signing key")
    usable = [key for key in keys if isinstance(key, dict) and key.get("kty") == "RSA"]
    if not usable:
        raise Refusal(f"{jwks_uri} has no RSA key", "API Gateway checks RS256, RS384 and RS512 only: sign with RSA")
    return usable
