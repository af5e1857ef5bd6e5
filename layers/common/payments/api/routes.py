"""The route record, from which requests are served, openapi.json is made and tests are run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Any

from payments.record import record

ROLES = ("owner", "admin", "finance", "support", "member")
ANY_MEMBER = frozenset(ROLES)
OPERATOR = "operator"  # Only in the workspace `_deployment`.
TIMELINE_READERS = frozenset({"owner", "admin", "finance", "support"})
WEBHOOK_BODY_MAX = 256 * 1024
ASKS_GATEWAY = ("gateway_error", "gateway_unavailable", "outcome_unknown")
MONEY_MOVERS = frozenset({"owner", "finance"})
CASE_DECIDERS = MONEY_MOVERS | {OPERATOR}


# The query parameter of our return URL. Not `token`, which PayPal adds.
RETURN_TOKEN = "rt"  # noqa: S105


class Capability(StrEnum):
    BEARER = "bearer"  # A token in the Authorization header.
    QUERY = "query"  # A token in the query, for browsers, which can send only a URL.
    PROOF = "proof"  # A gateway's webhook proof.


@record
class Route:
    """One route. Without `roles` the caller needs no membership, but the `capability`, if one is named."""

    method: str
    path: str  # A template: /v1/payments/{payment_id}
    operation: str  # operationId in openapi.json: a verb and an object.
    summary: str
    roles: frozenset[str] = frozenset()
    capability: Capability | None = None  # Required instead of membership.
    body: type[Any] | None = None
    query: type[Any] | None = None
    answer: type[Any] | None = None
    status: int = 200
    otherwise: Mapping[int, type[Any]] = field(default_factory=dict)  # Further successful answers, by HTTP status.
    idempotent: bool = False
    codes: tuple[str, ...] = ()  # Error codes that do not follow from the fields above.
    has_slash_twin: bool = False  # Also routed with a slash at the end, which some gateways and browsers add.
    raw_body_max: int = 0  # If set, the handler reads the raw body, up to this many bytes.
    recodes: Mapping[str, str] = field(default_factory=dict)  # Error code to the one that this route answers instead.

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


def is_of(template: str, path: str) -> bool:
    """Return whether the path matches a template such as /v1/payments/{payment_id}."""
    wanted, given = template.split("/"), path.split("/")
    return len(wanted) == len(given) and all(
        got and (want.startswith("{") or want == got) for want, got in zip(wanted[1:], given[1:], strict=True)
    )
