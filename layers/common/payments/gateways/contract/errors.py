"""What a gateway's call raises: five errors, named for the next step.

    GatewayError
    ├── Rejected         our request is wrong, nothing happened there: stop, alarm, mend code or settings
    ├── Unavailable      nothing happened there (never sent, 429, or a lost read): try again, bounded
    │   ├── SearchUnfinished   not found yet: store its position, go on from there
    │   └── Misconfigured    nothing was sent: the gateway's secret or settings are missing or of a wrong form
    ├── OutcomeUnknown   a write was sent and its answer was lost, or it had been done before: fetch until they say
    └── Unsupported      this gateway cannot
    WebhookForged        proof missing or wrong: keep nothing of the body

A decline is not an error: it is a `Snapshot` with a `Failure`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

Another = TypeVar("Another", bound="GatewayError")


class GatewayError(Exception):
    """`code`, `words` and `http_status` are the gateway's own, where it gave any; `answer` is its JSON, not for a log.

    `words` are cleaned. `needs_person`: credentials, settings or the account have to be mended by somebody.
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
        """The same facts as another kind of error."""
        return kind(
            f"{self}: {why}" if why else str(self),
            code=self.code,
            words=self.words,
            http_status=self.http_status,
            answer=self.answer,
            needs_person=self.needs_person or needs_person,
        )


class Rejected(GatewayError):
    """The gateway refused the request as such; it had no effect and repeating it will not help."""

    api_code = "gateway_error"

    @property
    def is_unknown(self) -> bool:
        """The gateway does not know what the request names."""
        return self.http_status == 404

    @property
    def may_pass(self) -> bool:
        """It may pass: the gateway's data lag behind, or another request of ours is at work."""
        return self.http_status in (404, 409)

    def with_status(self, http_status: int) -> Rejected:
        """The same, where the gateway's own status says less than its code."""
        same = self.as_kind(Rejected)
        same.http_status = http_status
        return same


class Unavailable(GatewayError):
    """Nothing happened at the gateway; the same request may be sent again."""

    api_code = "gateway_unavailable"


class SearchUnfinished(Unavailable):
    """A check read as many pages as one may; the next one goes on at `position`, or begins anew where that is ""."""

    def __init__(self, position: str) -> None:
        super().__init__("not found yet: the search goes on with the next check")
        self.position = position


class Misconfigured(Unavailable):
    """The message names the secret's field or the setting, and what to do; it never shows a value."""

    def __init__(self, message: str, **more: Any) -> None:
        super().__init__(message, **{**more, "needs_person": True})


class OutcomeUnknown(GatewayError):
    """The gateway may have acted. Only a later fetch tells."""

    api_code = "outcome_unknown"


class Unsupported(GatewayError):
    """This gateway has no such ability."""

    api_code = "unsupported_by_gateway"


class WebhookForged(Exception):
    """The proof is missing or wrong, or no secret is configured."""

    api_code = "invalid_signature"
