"""Reads an HTTP API event (payload format 2.0)."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from payments.api.errors import Refusal
from payments.record import record

_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@record
class Request:
    """One HTTP request. Header names are in lower case; API Gateway joins a repeated header by commas."""

    method: str
    path: str
    headers: Mapping[str, str]
    query: str
    claims: Mapping[str, Any]
    domain: str
    id: str
    raw_body: str
    is_base64: bool

    @staticmethod
    def of(event: Mapping[str, Any]) -> Request:
        context = event.get("requestContext") or {}
        headers = _lower(event.get("headers") or {})
        return Request(
            method=str((context.get("http") or {}).get("method", "")).upper(),
            path=str(event.get("rawPath", "")).rstrip("/") or "/",
            headers=headers,
            query=str(event.get("rawQueryString") or ""),
            claims=((context.get("authorizer") or {}).get("jwt") or {}).get("claims") or {},
            domain=str(context.get("domainName", "")),
            id=_request_id(headers.get("x-request-id", "")),
            raw_body=event.get("body") or "",
            is_base64=bool(event.get("isBase64Encoded")),
        )

    def body(self, at_most: int) -> bytes:
        """Return the raw bytes of the body.

        Raises:
            Refusal: it has more than `at_most` bytes, or is flagged as base64 and is not.
        """
        if len(self.raw_body) > at_most * 4 // 3 + 4:
            raise _too_large(at_most)
        body = self._decode_body()
        if len(body) > at_most:
            raise _too_large(at_most)
        return body

    def _decode_body(self) -> bytes:
        try:
            if self.is_base64:
                return base64.b64decode(self.raw_body, validate=True)
            return self.raw_body.encode()
        except ValueError:
            raise Refusal("invalid_request", "Send the body as UTF-8 encoded JSON.") from None

    def query_pairs(self) -> list[tuple[str, str]]:
        try:
            return parse_qsl(self.query, keep_blank_values=True, errors="strict", max_num_fields=50)
        except ValueError:
            raise Refusal("invalid_request", "Send at most 50 query parameters, percent-encoded UTF-8.") from None

    def bearer(self) -> str:
        """Return the token after `Bearer ` in the Authorization header; "" if there is none."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""


def _too_large(at_most: int) -> Refusal:
    return Refusal("request_too_large", f"Send a body of at most {at_most // 1024} KB.")


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    lowered: dict[str, str] = {}
    for name, value in headers.items():
        key = name.lower()
        lowered[key] = f"{lowered[key]},{value}" if key in lowered else str(value)
    return lowered


def _request_id(given: str) -> str:
    from payments.runtime.card_numbers import has_card_number

    if _REQUEST_ID.fullmatch(given) and not has_card_number(given):
        return given
    return f"req_{secrets.token_hex(12)}"
