"""Who may do what, and where: one table of routes, one of people, one of values of X-Tenant-ID."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.api.driver import GOOD_ORDER
from tests.security.walls.estate import DEMO, DEPLOYMENT, OTHER, QUIET_DAY

ANYBODY = frozenset({"owner", "admin", "finance", "support", "member"})
TIMELINE = frozenset({"owner", "admin", "finance", "support"})
MONEY = frozenset({"owner", "finance"})
OPERATOR = "operator"
DECIDING = MONEY | {OPERATOR}
_DECISION = {"outcome": "write_off", "note": "again"}


@dataclass(frozen=True, slots=True)
class Row:
    """`inside` is the answer to authorized callers; without roles to everybody. No row writes anything."""

    name: str
    inside: int
    code: str = ""
    roles: frozenset[str] = frozenset()
    body: Any = None
    asks_gateway: bool = False  # An authorized request makes a call to the gateway, which changes nothing.

    @property
    def method(self) -> str:
        return self.name.partition(" ")[0]

    @property
    def path(self) -> str:
        return self.name.partition(" ")[2]

    @property
    def names_an_object(self) -> bool:
        return "{" in self.path and bool(self.roles)


ROWS = (
    Row("POST /v1/payments", 201, roles=ANYBODY, body=GOOD_ORDER),  # A repeat of an answered request.
    Row("POST /v1/payments/{payment_id}/retry", 409, "invalid_state", ANYBODY, {}),
    # Paid in full: there is nothing to capture.
    Row("POST /v1/payments/{payment_id}/capture", 200, roles=MONEY, body={}),
    Row("POST /v1/payments/{payment_id}/cancel", 409, "invalid_state", MONEY, {}),
    Row("POST /v1/payments/{payment_id}/refresh", 200, roles=ANYBODY),
    Row("POST /v1/payments/{payment_id}/verify", 200, roles=ANYBODY, body={"proof": {"a": "b"}}),
    Row("GET /v1/gateways", 200, roles=ANYBODY),
    Row("GET /v1/payments/{payment_id}", 200, roles=ANYBODY),
    Row("GET /v1/payments", 200, roles=ANYBODY),
    Row("GET /v1/payments/{payment_id}/events", 200, roles=TIMELINE),
    Row("POST /v1/payments/{payment_id}/refunds", 422, "refund_exceeds_payment", MONEY, {"amount": 99_999_999}),
    Row("GET /v1/payments/{payment_id}/refunds", 200, roles=MONEY),
    Row("GET /v1/refunds/{refund_id}", 200, roles=MONEY),
    Row("GET /v1/disputes", 200, roles=TIMELINE),
    Row("GET /v1/disputes/{dispute_id}", 200, roles=TIMELINE),
    Row("GET /v1/payments/{payment_id}/disputes", 200, roles=TIMELINE),
    Row("POST /v1/disputes/{dispute_id}/accept", 200, roles=MONEY, body={"reason": "again"}),  # It is lost already.
    Row("POST /v1/disputes/{dispute_id}/refresh", 200, roles=MONEY, asks_gateway=True),
    Row("POST /v1/reconciliations", 201, roles=MONEY, body=QUIET_DAY),
    Row("GET /v1/reconciliations", 200, roles=MONEY),
    Row("GET /v1/reconciliations/{reconciliation_id}", 200, roles=MONEY),
    Row("GET /v1/cases", 200, roles=DECIDING),
    Row("POST /v1/cases/{case_id}/decision", 200, roles=DECIDING, body=_DECISION),  # Decided already.
    Row("GET /v1/approvals", 200, roles=MONEY),
    Row("POST /v1/approvals/{approval_id}/approve", 409, "approval_not_open", MONEY, {}),
    Row("POST /v1/approvals/{approval_id}/refuse", 409, "approval_not_open", MONEY, {}),
    Row("GET /v1/checkouts/{payment_id}", 404, "not_found"),
    Row("GET /v1/checkouts/{payment_id}/return", 404, "not_found"),
    Row("POST /v1/webhooks/{gateway}", 401, "invalid_signature", body={"event": "checkout.order.completed"}),
    Row("POST /v1/webhooks/{gateway}/{account}", 401, "invalid_signature", body={"event": "checkout.order.completed"}),
    Row("GET /v1/health", 200),
)
# The rows of the workspaces table for each person: a role is valid in its workspace only.
PEOPLE: dict[str | None, dict[str, str]] = {
    **{role: {DEMO: role} for role in ("owner", "admin", "finance", "support", "member")},
    "other_owner": {OTHER: "owner"},
    "two_hats": {DEMO: "support", OTHER: "owner"},
    "odd": {DEMO: "superuser"},
    "operator": {DEPLOYMENT: OPERATOR},
    "lost_operator": {DEMO: OPERATOR},
    "deployment_owner": {DEPLOYMENT: "owner"},
    "removed_member": {},
    "stranger": {},
    None: {},
}


@dataclass(frozen=True, slots=True)
class TenantHeader:
    """The value that selects the workspace, and perhaps the same header again in capitals."""

    header: str | None
    is_well_formed: bool = True
    again: str | None = None


WORKSPACES = {
    "own": TenantHeader(DEMO),
    "other": TenantHeader(OTHER),
    "the deployment's": TenantHeader(DEPLOYMENT),
    "unknown": TenantHeader("ws_nowhere"),
    "in capitals": TenantHeader("WS_DEMO"),
    "half in capitals": TenantHeader("Ws_Demo"),
    "a part of it": TenantHeader("ws_dem"),
    "more than it": TenantHeader("ws_demo2"),
    "the health check's": TenantHeader("health"),
    "the directory's": TenantHeader("WORKSPACES"),
    "missing": TenantHeader(None, False),
    "empty": TenantHeader("", False),
    "blank": TenantHeader(" ", False),
    "padded": TenantHeader(" ws_demo", False),
    "with a line end": TenantHeader("ws_demo\n", False),
    "with a NUL": TenantHeader("ws_demo\x00", False),
    "with a space": TenantHeader("ws demo", False),
    "with a key separator": TenantHeader("ws_demo#x", False),
    "a key": TenantHeader("T#ws_demo#WS", False),
    "a path": TenantHeader("../ws_demo", False),
    "percent-encoded": TenantHeader("ws%5Fdemo", False),
    "any": TenantHeader("*", False),
    "a look-alike": TenantHeader("ws_dem\u043e", False),
    "too long": TenantHeader("w" * 65, False),
    "two": TenantHeader("ws_demo,ws_other", False),
    "two the other way": TenantHeader("ws_other, ws_demo", False),
    "twice the same": TenantHeader("ws_demo,ws_demo", False),
    "again in capitals": TenantHeader(DEMO, False, again=OTHER),
    "as JSON": TenantHeader('["ws_demo"]', False),
}


def expected(row: Row, person: str | None, response: TenantHeader) -> tuple[int, str]:
    """Status and code, in this order: identity, workspace given, membership, role, existence.

    An operator has a role in `_deployment` only, and nobody else has one there.
    """
    if not row.roles:
        return row.inside, row.code
    if person is None:
        return 401, "unauthorized"
    if not response.is_well_formed:
        return 400, "invalid_request"
    role = PEOPLE[person].get(response.header or "")
    if role is None:
        return 403, "tenant_forbidden"
    if role not in row.roles or (role == OPERATOR) is not (response.header == DEPLOYMENT):
        return 403, "forbidden_role"
    if row.names_an_object and response.header != DEMO:
        return 404, "not_found"  # Everything that the matrix names belongs to the first workspace.
    return row.inside, row.code
