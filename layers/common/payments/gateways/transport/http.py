"""Where transport becomes the contract's errors, once for all gateways.

    never sent, 401, 429, too little time left       Unavailable
    answer lost (timeout, reset, 5xx, 3xx, garbage)  read: Unavailable    write: OutcomeUnknown
    other 4xx in the gateway's own JSON              Rejected

What arrives at all is small, in time, JSON, and from a host of the gateway's table.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from contextlib import closing
from dataclasses import replace
from functools import cache, cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlencode

from payments.gateways.contract.errors import GatewayError, OutcomeUnknown, Rejected, Unavailable
from payments.gateways.kit.hearing import note_call
from payments.gateways.transport.deadline import Deadline
from payments.record import record

if TYPE_CHECKING:  # httpx costs a cold start: the first call pays for it, not the import of an adapter.
    import ssl

    import httpx

T = TypeVar("T")
Answer = Mapping[str, Any]
Parse = Callable[[Answer], T]  # A ValueError says that a field which we rely on is missing or wrong.

CONNECT_S, READ_S, TOKEN_S, WRITE_S = 2.0, 5.0, 4.0, 8.0
LEAST_S = 0.3  # With less time left a call would only be cut off.
ANSWER_BYTES_MAX = 1_000_000
NO_CONTENT = 204
_REFUSED_KEYS = "(check the keys in its secret, and GATEWAY_MODE)"
NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "pavati"}


@record
class Refusal:
    """A refusal's JSON, read: the gateway's code, its words cleaned, and what to mend in our deployment."""

    code: str = ""
    words: str = ""
    hint: str = ""

    def __str__(self) -> str:
        text = ": ".join(filter(None, (self.code, self.words)))
        return " ".join(filter(None, (text, self.hint)))


class Http:
    """Repeating a `read` is harmless, repeating a `write` is not. No redirects, no retries, no proxies, no cookies."""

    def __init__(
        self,
        name: str,  # As people write it: the gateway acme_pay is called Acme Pay.
        origins: Collection[str],  # The gateway's fixed table; nothing is sent anywhere else.
        refusal: Callable[[Answer], Refusal],
        deadline: Deadline,
        auth: Callable[[Http], httpx.Auth],
        transport: httpx.BaseTransport | None = None,
        headers: Mapping[str, str] = NO_HEADERS,  # On every call, an API version say.
    ) -> None:
        self._name, self._gateway, self._headers = name, name.lower().replace(" ", "_"), headers
        self._origins, self._refusal = origins, refusal
        self._deadline, self._make_auth, self._given = deadline, auth, transport

    def read(self, url: str, parse: Parse[T], params: Mapping[str, str]) -> T:
        url_with_query = f"{url}?{urlencode(params)}" if params else url
        return self._send(Unavailable, parse, READ_S, "GET", url_with_query, auth=self._auth)

    def read_token(
        self, url: str, parse: Parse[T], form: Mapping[str, str], headers: Mapping[str, str] = NO_HEADERS
    ) -> T:
        """A read, though posted: one token too many does no harm. The token's authorization is not sent with it."""
        return self._send(Unavailable, parse, TOKEN_S, "POST", url, data=form, headers=headers)

    def read_text(self, url: str) -> str:
        """What is no JSON and no secret, a certificate say: without authorization."""
        return self._send(Unavailable, _text_of, READ_S, "GET", url, understand=_as_text)

    def write(
        self,
        url: str,
        parse: Parse[T],
        body: Mapping[str, Any],
        headers: Mapping[str, str] = NO_HEADERS,
        how: str = "POST",
    ) -> T:
        """`headers` carry an idempotency key where it does not go in the body. `how`: POST, PUT, PATCH or DELETE."""
        content: dict[str, Any] = {} if how == "DELETE" else {"json": body}
        return self._send(OutcomeUnknown, parse, WRITE_S, how, url, auth=self._auth, headers=headers, **content)

    def write_form(self, url: str, parse: Parse[T], fields: Mapping[str, str], headers: Mapping[str, str]) -> T:
        return self._send(OutcomeUnknown, parse, WRITE_S, "POST", url, auth=self._auth, data=fields, headers=headers)

    def _send(
        self,
        lost: type[GatewayError],
        parse: Parse[T],
        wait_s: float,
        method: str,
        url: str,
        understand: Callable[[bytes], object] = json.loads,
        auth: httpx.Auth | None = None,
        headers: Mapping[str, str] = NO_HEADERS,
        **body: Any,
    ) -> T:
        import httpx

        sent = httpx.Request(method, url, headers={**_HEADERS, **self._headers, **headers}, **body)
        sent.extensions["timeout"] = httpx.Timeout(wait_s, connect=CONNECT_S).as_dict()
        try:
            with closing(self._exchange(sent, auth or httpx.Auth())) as response:
                http_status, answer = response.status_code, self._answer(response, understand)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise self._unheard(Unavailable(f"{self._name} was not reached: {type(error).__name__}")) from None
        except httpx.HTTPError as error:  # Its text may quote a header, so only its name goes on.
            raise self._unheard(lost(f"{self._name}'s answer was lost: {type(error).__name__}")) from None
        return self._understood(http_status, answer, lost, parse)

    def _exchange(self, request: httpx.Request, auth: httpx.Auth) -> httpx.Response:
        """The answer to the last of the requests that the authorization makes of this one; to be closed.

        Through the transport: httpx's client adds cookies and redirects, and a twentieth of a check's time.
        """
        requests = auth.sync_auth_flow(request)
        sent = next(requests)
        while True:
            self._before_send(sent)
            response = self._transport.handle_request(sent)
            try:
                sent = requests.send(response)
            except StopIteration:
                return response
            except BaseException:
                response.close()
                raise
            response.close()

    def _understood(self, http_status: int, answer: Answer | None, lost: type[GatewayError], parse: Parse[T]) -> T:
        text = f"{self._name} answered {http_status}"
        if answer is not None and 200 <= http_status < 300:
            try:
                understood = parse(answer)
            except ValueError as error:
                raise self._unheard(lost(f"{text} without sense: {error}", http_status=http_status)) from None
            note_call(self._gateway, is_answered=True)
            return understood
        refusal = Refusal() if answer is None or http_status < 400 else self._refusal(answer)
        if http_status == 401 and not refusal.hint:
            refusal = replace(refusal, hint=_REFUSED_KEYS)
        # 408, or a page of something in between, is no word of the gateway's. A 401 precedes any processing. The other
        # side of a conflict (409) may be our own call.
        is_definite = answer is not None and 400 <= http_status < 500 and http_status not in (401, 408, 409, 429)
        kind = Rejected if is_definite else Unavailable if http_status in (401, 429) else lost
        note_call(self._gateway, is_answered=is_definite)
        raise kind(
            f"{text} {refusal}".rstrip(),
            code=refusal.code,
            words=refusal.words,
            http_status=http_status,
            answer=answer if is_definite else None,
            needs_person=http_status in (401, 403) or (is_definite and bool(refusal.hint)),
        )

    def _unheard(self, error: GatewayError) -> GatewayError:
        note_call(self._gateway, is_answered=False)
        return error

    def _answer(self, response: httpx.Response, understand: Callable[[bytes], object]) -> Answer | None:
        """The JSON object of the body; None for anything else, for too much of it and for too slow a one."""
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > ANSWER_BYTES_MAX or self._deadline.left() <= 0:
                return None
        if response.status_code == NO_CONTENT:
            return {}
        try:
            answer = understand(bytes(body))
        except (ValueError, RecursionError):
            return None
        return answer if isinstance(answer, dict) else None

    def _before_send(self, request: httpx.Request) -> None:
        """Before every request on the wire, the one sent again with a new token included."""
        if f"{request.url.scheme}://{request.url.netloc.decode()}" not in self._origins:
            raise Rejected(f"{request.url.host} is not in {self._name}'s table of hosts")
        left = self._deadline.left()
        if left < LEAST_S:
            raise Unavailable(f"no time is left to call {self._name}")
        timeouts = request.extensions["timeout"]
        request.extensions["timeout"] = {step: min(seconds, left) for step, seconds in timeouts.items()}

    @cached_property
    def _auth(self) -> httpx.Auth:
        return self._make_auth(self)

    @cached_property
    def _transport(self) -> httpx.BaseTransport:
        import httpx

        return self._given or httpx.HTTPTransport(verify=_ssl_context(self._is_encrypted), trust_env=False)

    @property
    def _is_encrypted(self) -> bool:
        return any(origin.startswith("https:") for origin in self._origins)


def address(base: str, *parts: str) -> str:
    """`base`, and a path of which each part is quoted whole."""
    return "/".join((base, *(quote(part, safe="") for part in parts)))


def secret_header(value: Callable[[], str]) -> Callable[[Http], httpx.Auth]:
    """The authorization of a gateway whose key lives until it is rotated."""

    def auth(_: Http) -> httpx.Auth:
        from payments.gateways.transport.auth import SecretHeader

        return SecretHeader(value)

    return auth


def _as_text(body: bytes) -> Answer:
    return {"text": body.decode()}


def _text_of(answer: Answer) -> str:
    return str(answer["text"])


@cache
def _ssl_context(is_needed: bool) -> ssl.SSLContext:
    """Reading the certificate authorities is slow; where nothing is encrypted, nobody needs to be trusted."""
    import ssl

    import httpx

    return httpx.create_ssl_context(trust_env=False) if is_needed else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
