"""Authorization of gateway calls by an OAuth token.

All function instances share one token through the vault; one instance renews it at half its lifetime.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from typing import TYPE_CHECKING

import httpx

from payments.domain.values.clock import Clock
from payments.gateways.contract.errors import GatewayError, Misconfigured, Unavailable
from payments.gateways.transport.deadline import Deadline
from payments.gateways.transport.http import LEAST_S
from payments.gateways.transport.token_vault import Token, TokenVault

if TYPE_CHECKING:
    from payments.gateways.registry import GatewayParts

# (error, is_covered). `is_covered`: an older token is still valid, so the call continues and raises nothing.
RenewalFailed = Callable[[GatewayError, bool], None]

LEASE_S = 15.0  # Longer than the slowest renewal: read the secret, connect, read the answer, write the vault.
WAIT_S = 5.0
WAIT_STEP_S = 0.1


class SharedToken(httpx.Auth):
    """Adds the token to each request. After a 401 it gets a new token and sends the request once more.

    `fetch` requests a token from the gateway. `on_renewal_failed` is called when that fails.
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
        if response.status_code == 401:  # A 401 precedes any processing, so a write may be repeated.
            request.headers["Authorization"] = self._token(refused=token.value).value
            yield request

    def _token(self, refused: str) -> Token:
        token = self._own
        if token is None or not self._is_fresh(token, refused):
            token = self._own = self._read_or_renew(refused)
        return token

    def _read_or_renew(self, refused: str) -> Token:
        """Return the vault's token. If it is due for renewal, renew it, unless another instance has the lease.

        Raises:
            Unavailable: no valid token, and the instance with the lease did not store one in time.
        """
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
        """Fetch and store a new token. The caller must have the lease."""
        token = self._vault.get_token(self._key)  # Read again: another instance may have just renewed it.
        if token and self._is_fresh(token, refused):
            self._vault.end_lease(self._key)
            return token
        has_time = self._deadline.left() >= LEAST_S  # Without time nothing is sent, so it is no failure of the gateway.
        try:
            new = self._fetch()
        except GatewayError as error:
            is_usable = token is not None and self._is_usable(token, refused)
            if has_time:
                self._on_renewal_failed(error, is_usable)
            if token and is_usable:
                return token  # Leave the lease to lapse: it delays the next try.
            self._vault.end_lease(self._key)
            raise _no_token_error(error) from None
        self._vault.put_token(self._key, new)
        return new

    def _is_usable(self, token: Token, refused: str) -> bool:
        return self._clock.now() < token.expires_at and token.value != refused

    def _is_fresh(self, token: Token, refused: str) -> bool:
        half_life = (token.expires_at - token.issued_at) / 2
        return self._is_usable(token, refused) and self._clock.now() < token.issued_at + half_life


def _no_token_error(error: GatewayError) -> GatewayError:
    if isinstance(error, Misconfigured):
        return error
    return Unavailable(
        f"no access token: {error}",
        code=error.code,
        words=error.words,
        http_status=error.http_status,
        needs_person=error.needs_person,
    )


def shared_token(name: str, mode: str, parts: GatewayParts, fetch: Callable[[], Token]) -> SharedToken:
    """Return the authorization for one account of the gateway `name` in one mode."""
    key = "#".join((name, parts.account, mode))
    return SharedToken(parts.vault, key, fetch, parts.clock, parts.deadline, partial(parts.token_failed, name))
