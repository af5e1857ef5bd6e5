"""The errors that an adapter raises. Each class tells the caller what to do next.

    GatewayError
    ├── Rejected         the gateway refused the request, without effect: stop, alert, fix code or settings
    ├── Unavailable      no effect at the gateway (not sent, 401, 429, or a failed read): retry, with a limit
    │   ├── SearchUnfinished   not found yet: store its position and continue the search from there
    │   └── Misconfigured      nothing was sent: the account's secret or a setting is missing or malformed
    ├── OutcomeUnknown   a write may have taken effect (answer lost, or a duplicate): fetch until the status is known
    └── Unsupported      the gateway does not offer this operation
    WebhookForged        the webhook's proof is missing or wrong: store nothing of its body

A decline is not an error: it is a `Snapshot` with a `Failure`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

Another = TypeVar("Another", bound="GatewayError")


class GatewayError(Exception):
    """Base class of all errors of a gateway's call.

    `code`, `words` (its message, cleaned) and `http_status` are the gateway's; "" or 0 where it sent none. `answer` is
    its JSON, which must not be logged. `needs_person`: a person has to fix credentials, settings or the account.
    """

    api_code: ClassVar[str] = "internal_error"  # In the API's table of errors.

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        words: str = "",
        http_status: int = 0,
        answer: Mapping[str, Any] | None = None,
        needs_person: bool = False,
    ) -> None:
        super().__init__(message)
        self.code, self.words, self.http_status = code, words, http_status
        self.answer: Mapping[str, Any] = answer or {}
        self.needs_person = needs_person

    def as_kind(self, kind: type[Another], why: str = "", *, needs_person: bool = False) -> Another:
        """Return a new error of class `kind` with the same facts; `why` is appended to the message."""
        return kind(
            f"{self}: {why}" if why else str(self),
            code=self.code,
            words=self.words,
            http_status=self.http_status,
            answer=self.answer,
            needs_person=self.needs_person or needs_person,
        )


class Rejected(GatewayError):
    """The gateway refused the request. It had no effect, and sending it again will not help."""

    api_code = "gateway_error"

    @property
    def is_unknown(self) -> bool:
        """True if the gateway does not know the id in the request (404)."""
        return self.http_status == 404

    @property
    def may_pass(self) -> bool:
        """True if the refusal may be temporary: the gateway's data lag (404), or a request of ours is running (409)."""
        return self.http_status in (404, 409)

    def with_status(self, http_status: int) -> Rejected:
        """Return a copy with this status, for gateways whose error code is more exact than their HTTP status."""
        same = self.as_kind(Rejected)
        same.http_status = http_status
        return same


class Unavailable(GatewayError):
    """The request had no effect at the gateway; the same request may be sent again."""

    api_code = "gateway_unavailable"


class SearchUnfinished(Unavailable):
    """The search stopped at its page limit. The next check continues at `position`; "" starts it from the beginning."""

    def __init__(self, position: str) -> None:
        super().__init__("not found yet: the search goes on with the next check")
        self.position = position


class Misconfigured(Unavailable):
    """The message names the field or setting and what to do. It never contains a value."""

    def __init__(self, message: str, **more: Any) -> None:
        super().__init__(message, **{**more, "needs_person": True})


class OutcomeUnknown(GatewayError):
    """The write may have taken effect. Only a later fetch shows the outcome."""

    api_code = "outcome_unknown"


class Unsupported(GatewayError):
    """The gateway does not offer this operation, or not with these terms."""

    api_code = "unsupported_by_gateway"


class WebhookForged(Exception):
    """The webhook's proof is missing or wrong, or no secret is configured to check it."""

    api_code = "invalid_signature"
