"""The HTTP answer: status, JSON body, and the headers of every answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from payments.record import record

SECURITY_HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@record
class Answer:
    http_status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    code: str = ""  # The error code, for the log.

    def all_headers(self, request_id: str) -> dict[str, str]:
        """Return the common headers, overridden by the answer's own."""
        content = {"Content-Type": "application/json"} if self.body else {}
        return {**SECURITY_HEADERS, **content, **self.headers, "X-Request-ID": request_id}

    def to_event(self, request_id: str) -> dict[str, Any]:
        return {
            "statusCode": self.http_status,
            "headers": self.all_headers(request_id),
            "body": self.body,
            "isBase64Encoded": False,
        }


def redirect(url: str) -> Answer:
    """Redirect a browser. The next site gets only our origin as referrer, because the path has a token."""
    return Answer(302, headers={"Location": url, "Referrer-Policy": "strict-origin-when-cross-origin"})
