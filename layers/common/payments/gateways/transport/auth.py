"""One access token for all function instances: renewed at half its life by one of them, shared through the vault."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from typing import TYPE_CHECKING

import httpx

from payments.domain.values.clock import Clock
from payments.gateways.contract.errors import GatewayError, Misconfigured, Unavailable
from payments.gateways.transport.deadline import Deadline
from payments.gateways.transport.http import LEAST_S
from payments.gateways.transport.tokens import Token, TokenVault

if TYPE_CHECKING:
    from payments.gateways.registry import GatewayParts

# The error, and whether an older token is still good: then the call goes on, and nobody else reports the error.
RenewalFailed = Callable[[GatewayError, bool], None]

LEASE_S = 15.0  # Longer than the slowest fetch: a secret read, connect and read limits, a vault write.
WAIT_S = 5.0
WAIT_STEP_S = 0.1


class SharedToken(httpx.Auth):
    """Puts the token on each request; a refusal (401) brings one new token and one more sending.

    `fetch` asks the gateway for a token; `on_renewal_failed` is told of fetches that brought none.
    """

    def __init__(
        self,
        vault: TokenVault,
        key: str,
        fetch: Callable[[], Token],
        clock: Clock,
        deadline: Deadline,
        on_renewal_failed: RenewalFailed = lambda error, is_covered: None,
    ) -> None:
        self._vault, self._key, self._fetch = vault, key, fetch
        self._clock, self._deadline, self._on_renewal_failed = clock, deadline, on_renewal_failed
        self._own: Token | None = None

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        token = self._token(refused="")
        request.headers["Authorization"] = token.value
        response = yield request
        if response.status_code == 401:  # It precedes any processing, so even a write may go out again.
            request.headers["Authorization"] = self._token(refused=token.value).value
            yield request

    def _token(self, refused: str) -> Token:
        token = self._own
        if token is None or not self._is_fresh(token, refused):
            token = self._own = self._read_or_renew(refused)
        return token

    def _read_or_renew(self, refused: str) -> Token:
        """The vault's token, renewed by this instance if it is due and nobody else is at it."""
        gives_up_at = self._clock.now() + self._clock.lasting(WAIT_S)
        token = self._vault.get_token(self._key)
        while token is None or not self._is_fresh(token, refused):
            now = self._clock.now()
            if self._vault.take_lease(self._key, now, now + self._clock.lasting(LEASE_S)):
                return self._renew(refused)
            if token and self._is_usable(token, refused):
                return token
            if now >= gives_up_at or self._deadline.left() < LEAST_S:
                raise Unavailable("no access token: the instance that is fetching one takes too long")
            self._clock.sleep(WAIT_STEP_S)
            token = self._vault.get_token(self._key)
        return token

    def _renew(self, refused: str) -> Token:
        """Under the lease."""
        token = self._vault.get_token(self._key)  # Again: the lease may have been free because one was just put.
        if token and self._is_fresh(token, refused):
            self._vault.end_lease(self._key)
            return token
        has_time = self._deadline.left() >= LEAST_S  # Without it nothing is sent, and the gateway has not failed.
        try:
            new = self._fetch()
        except GatewayError as error:
            is_usable = token is not None and self._is_usable(token, refused)
            if has_time:
                self._on_renewal_failed(error, is_usable)
            if token and is_usable:
                return token  # The lease is left to lapse, so the next try is a lease later.
            self._vault.end_lease(self._key)
            raise _no_token(error) from None
        self._vault.put_token(self._key, new)
        return new

    def _is_usable(self, token: Token, refused: str) -> bool:
        return self._clock.now() < token.expires_at and token.value != refused

    def _is_fresh(self, token: Token, refused: str) -> bool:
        half_life = (token.expires_at - token.issued_at) / 2
        return self._is_usable(token, refused) and self._clock.now() < token.issued_at + half_life


def _no_token(error: GatewayError) -> GatewayError:
    if isinstance(error, Misconfigured):
        return error
    return Unavailable(
        f"no access token: {error}",
        code=error.code,
        words=error.words,
        http_status=error.http_status,
        needs_person=error.needs_person,
    )


class SecretHeader(httpx.Auth):
    """A key that lives until it is rotated. `value` is asked each time, so a rotated secret is seen."""

    def __init__(self, value: Callable[[], str]) -> None:
        self._value = value

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = self._value()
        yield request


def shared_token(name: str, mode: str, parts: GatewayParts, fetch: Callable[[], Token]) -> SharedToken:
    """The token of one account of the gateway `name` in one mode."""
    key = "#".join((name, parts.account, mode))
    return SharedToken(parts.vault, key, fetch, parts.clock, parts.deadline, partial(parts.token_failed, name))
