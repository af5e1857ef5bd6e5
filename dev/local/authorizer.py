"""API Gateway's JWT authorizer."""

import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import jwt
from jwt.algorithms import RSAAlgorithm

from dev.local.blueprint import AuthorizerSpec
from dev.local.issuer import ALGORITHM

Claims = dict[str, str]
_TOKENS_MAX = 1000
_TIMES = ("exp", "nbf", "iat")


class JwtAuthorizer:
    def __init__(
        self, spec: AuthorizerSpec, public_keys: dict[str, Any], now: Callable[[], float] = lambda: time.time()
    ) -> None:
        self._spec, self._now = spec, now
        self._keys = {key["kid"]: RSAAlgorithm.from_jwk(key) for key in public_keys["keys"]}
        # A valid token is cached until it expires; a refused one is checked again each time.
        self._verified = lru_cache(_TOKENS_MAX)(self._verify)

    def claims(self, authorization: str) -> Claims | None:
        """The token's claims; None if it is not valid, whatever the reason."""
        token = authorization.removeprefix("Bearer ").strip()
        try:
            expires_at, claims = self._verified(token)
        except (jwt.InvalidTokenError, KeyError):
            return None
        return claims if self._now() < expires_at else None

    def _verify(self, token: str) -> tuple[int, Claims]:
        """The token's expiry (epoch seconds) and its claims. Raises InvalidTokenError or KeyError."""
        key = self._keys[jwt.get_unverified_header(token)["kid"]]
        claims = jwt.decode(
            token,
            key,  # type: ignore[arg-type]  # from_jwk may also give a private key; ours are public.
            algorithms=[ALGORITHM],
            issuer=self._spec.issuer,
            options={"require": ["exp", "iss"], "verify_aud": False},
        )
        if not (self._is_for_us(claims) and _has_times_that_are_numbers(claims)):
            raise jwt.InvalidTokenError
        return int(claims["exp"]), {name: _text(value) for name, value in claims.items()}

    def _is_for_us(self, claims: dict[str, Any]) -> bool:
        # `client_id` counts only without `aud`: tokens of Amazon Cognito have no `aud`.
        given = claims.get("aud", claims.get("client_id"))
        return any(name in self._spec.audience for name in (given if isinstance(given, list) else [given]))


def _has_times_that_are_numbers(claims: dict[str, Any]) -> bool:
    """PyJWT accepts texts and booleans, too."""
    return all(type(claims[name]) in (int, float) for name in _TIMES if name in claims)


def _text(value: Any) -> str:
    """Functions receive every claim as a string; a list as [a b]."""
    if isinstance(value, list):
        return f"[{' '.join(_text(part) for part in value)}]"
    return str(value).lower() if isinstance(value, bool) else str(value)
