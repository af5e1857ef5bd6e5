"""What a route is: the one table that serves requests, the published description and the tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Any

from payments.record import record

ROLES = ("owner", "admin", "finance", "support", "member")
ANY_MEMBER = frozenset(ROLES)
OPERATOR = "operator"  # Of the workspace `_deployment` alone.
TIMELINE_READERS = frozenset({"owner", "admin", "finance", "support"})
WEBHOOK_BODY_MAX = 256 * 1024
ASKS_GATEWAY = ("gateway_error", "gateway_unavailable", "outcome_unknown")
MONEY_MOVERS = frozenset({"owner", "finance"})
CASE_DECIDERS = MONEY_MOVERS | {OPERATOR}


# In the address that a gateway sends the payer back to. PayPal adds a `token` of its own.
RETURN_TOKEN = "rt"  # noqa: S105


class Capability(StrEnum):
    BEARER = "bearer"  # A token in the Authorization header.
    QUERY = "query"  # A token in the query, where only an address can be handed on.
    PROOF = "proof"  # A gateway's own.


@record
class Route:
    """`roles` empty means that no member is asked for: the caller shows a token, a gateway's proof, or nothing."""

    method: str
    path: str  # A template: /v1/payments/{payment_id}
    operation: str  # Its name in the published description: a verb and what it is about.
    summary: str
    roles: frozenset[str] = frozenset()
    capability: Capability | None = None  # What is shown instead of membership.
    body: type[Any] | None = None
    query: type[Any] | None = None
    answer: type[Any] | None = None
    status: int = 200
    otherwise: Mapping[int, type[Any]] = field(default_factory=dict)  # Further answers that are no errors, by status.
    idempotent: bool = False
    codes: tuple[str, ...] = ()  # Error codes beyond those that follow from the fields above.
    has_slash_twin: bool = False  # Also routed with a slash at its end, for gateways and browsers that add one.
    raw_body_max: int = 0  # The handler reads the bytes itself, up to this many.
    recodes: Mapping[str, str] = field(default_factory=dict)  # Where this route answers another code.

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


def is_of(template: str, path: str) -> bool:
    """Whether the path fits a template such as /v1/payments/{payment_id}."""
    wanted, given = template.split("/"), path.split("/")
    return len(wanted) == len(given) and all(
        got and (want.startswith("{") or want == got) for want, got in zip(wanted[1:], given[1:], strict=True)
    )
