"""HTTP calls to gateways, and how their failures become the contract's errors.

    not sent, 401, 429, too little time left                        Unavailable
    no usable answer (timeout, reset, 3xx, 408, 409, 5xx, no JSON)  read: Unavailable    write: OutcomeUnknown
    another 4xx with a JSON object                                  Rejected

Requests go only to hosts of the gateway's table. An answer that is too large or too late counts as unusable.
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
from payments.gateways.kit.call_record import note_call
from payments.gateways.transport.deadline import Deadline
from payments.record import record

if TYPE_CHECKING:  # httpx costs a cold start: the first call pays for it, not the import of an adapter.
    import ssl

    import httpx

T = TypeVar("T")
Answer = Mapping[str, Any]
Parse = Callable[[Answer], T]  # Raises ValueError naming a required field that is missing or malformed.

CONNECT_S, READ_S, TOKEN_S, WRITE_S = 2.0, 5.0, 4.0, 8.0
LEAST_S = 0.3  # A call with less time would only be cut off.
ANSWER_BYTES_MAX = 1_000_000
NO_CONTENT = 204
_REFUSED_KEYS = "(check the keys in its secret, and GATEWAY_MODE)"
NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "pavati"}


@record
class Refusal:
    """An error answer: the gateway's code, its message (cleaned), and a hint what to fix in our deployment."""

    code: str = ""
    words: str = ""
    hint: str = ""

    def __str__(self) -> str:
        text = ": ".join(filter(None, (self.code, self.words)))
        return " ".join(filter(None, (text, self.hint)))


class Http:
    """The HTTP client of one gateway account. It follows no redirects, never retries, and uses no proxies or cookies.

    `read` is for calls that may be repeated without effect. `write` is for calls that may change something.
    """

    def __init__(
        self,
        name: str,  # The display name: Acme Pay for the gateway acme_pay.
        origins: Collection[str],  # The only origins to which anything is sent.
        refusal: Callable[[Answer], Refusal],
        deadline: Deadline,
        auth: Callable[[Http], httpx.Auth],
        transport: httpx.BaseTransport | None = None,
        headers: Mapping[str, str] = NO_HEADERS,  # Sent with every call, such as an API version.
    ) -> None:
        self._name, self._gateway, self._headers = name, name.lower().replace(" ", "_"), headers
        self._origins, self._refusal = origins, refusal
        self._deadline, self._make_auth, self._given = deadline, auth, transport

    def read(self, url: str, parse: Parse[T], params: Mapping[str, str]) -> T:
        """GET `url` and return `parse` of the JSON answer. Raises Rejected or Unavailable."""
        url_with_query = f"{url}?{urlencode(params)}" if params else url
        return self._send(Unavailable, parse, READ_S, "GET", url_with_query, auth=self._auth)

    def read_token(
        self, url: str, parse: Parse[T], form: Mapping[str, str], headers: Mapping[str, str] = NO_HEADERS
    ) -> T:
        """POST a token request, without authorization. It counts as a read: an extra token is harmless."""
        return self._send(Unavailable, parse, TOKEN_S, "POST", url, data=form, headers=headers)

    def read_text(self, url: str) -> str:
        """GET a public text, such as a certificate, without authorization. Raises Rejected or Unavailable."""
        return self._send(Unavailable, _text_of, READ_S, "GET", url, understand=_as_text)

    def write(
        self,
        url: str,
        parse: Parse[T],
        body: Mapping[str, Any],
        headers: Mapping[str, str] = NO_HEADERS,
        how: str = "POST",
    ) -> T:
        """Send `body` as JSON and return `parse` of the answer. `how` is POST, PUT, PATCH or DELETE.

        `headers` has the idempotency key if the gateway does not take it in the body.

        Raises:
            Rejected, Unavailable: the call had no effect.
            OutcomeUnknown: the call may have had an effect.
        """
        content: dict[str, Any] = {} if how == "DELETE" else {"json": body}
        return self._send(OutcomeUnknown, parse, WRITE_S, how, url, auth=self._auth, headers=headers, **content)

    def write_form(self, url: str, parse: Parse[T], fields: Mapping[str, str], headers: Mapping[str, str]) -> T:
        """POST `fields` as a form; otherwise as `write`."""
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
            raise self._note_silence(Unavailable(f"{self._name} was not reached: {type(error).__name__}")) from None
        except httpx.HTTPError as error:  # Its text may quote a header, so only its class is reported.
            raise self._note_silence(lost(f"{self._name}'s answer was lost: {type(error).__name__}")) from None
        return self._parse(http_status, answer, lost, parse)

    def _exchange(self, request: httpx.Request, auth: httpx.Auth) -> httpx.Response:
        """Send `request`, repeated if the authorization asks for it, and return the last response, not yet closed.

        It uses the transport directly: httpx's client adds cookies and redirects, and takes 5 % of a check's time.
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

    def _parse(self, http_status: int, answer: Answer | None, lost: type[GatewayError], parse: Parse[T]) -> T:
        text = f"{self._name} answered {http_status}"
        if answer is not None and 200 <= http_status < 300:
            try:
                understood = parse(answer)
            except ValueError as error:
                raise self._note_silence(
                    lost(
                        f"{self._name} sent an unusable {http_status} response: {error} is missing or malformed",
                        http_status=http_status,
                    )
                ) from None
            note_call(self._gateway, is_answered=True)
            return understood
        refusal = Refusal() if answer is None or http_status < 400 else self._refusal(answer)
        if http_status == 401 and not refusal.hint:
            refusal = replace(refusal, hint=_REFUSED_KEYS)
        # A 408 or a non-JSON body may come from a proxy, a 401 precedes processing, a 409 may be our own running call.
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

    def _note_silence(self, error: GatewayError) -> GatewayError:
        note_call(self._gateway, is_answered=False)
        return error

    def _answer(self, response: httpx.Response, understand: Callable[[bytes], object]) -> Answer | None:
        """Return the JSON object of the body; None if it is something else, too large or too late."""
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
        """Check host and time left before every request, a repeated one too, and cut its timeouts to the time left.

        Raises:
            Rejected: the host is not the gateway's.
            Unavailable: too little time is left.
        """
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
    """Return `base` with `parts` as path segments, each percent-encoded."""
    return "/".join((base, *(quote(part, safe="") for part in parts)))


def secret_header(value: Callable[[], str]) -> Callable[[Http], httpx.Auth]:
    """Return the authorization for a gateway with a static key; `value` gives the whole Authorization header."""

    def auth(_: Http) -> httpx.Auth:
        from payments.gateways.transport.secret_header import SecretHeader

        return SecretHeader(value)

    return auth


def _as_text(body: bytes) -> Answer:
    return {"text": body.decode()}


def _text_of(answer: Answer) -> str:
    return str(answer["text"])


@cache
def _ssl_context(is_needed: bool) -> ssl.SSLContext:
    """Without TLS (a local simulator) skip the certificate authorities, which are slow to load."""
    import ssl

    import httpx

    return httpx.create_ssl_context(trust_env=False) if is_needed else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
