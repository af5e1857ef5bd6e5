"""Every route x every principal x every condition of the workspace header."""

from __future__ import annotations

import re

import pytest

from payments.runtime.routes import ANY_MEMBER, MONEY_MOVERS, ROLES, TIMELINE_READERS, Route
from tests.edge.driver import ROUTES, Edge, Said

IDS = {
    "payment_id": "pay_00000000000000000000000000",
    "refund_id": "rfd_00000000000000000000000000",
    "reconciliation_id": "rec_00000000000000000000000000",
    "case_id": "amount_mismatch:pay_00000000000000000000000000",
}
MEMBER_ROUTES = [route for route in ROUTES if route.roles]
TENANTS: dict[str, tuple[str | None, str]] = {
    "own": ("ws_demo", ""),
    "other": ("ws_other", "tenant_forbidden"),
    "unknown": ("ws_nowhere", "tenant_forbidden"),
    "case": ("WS_DEMO", "tenant_forbidden"),
    "missing": (None, "invalid_request"),
    "empty": ("", "invalid_request"),
    "malformed": ("ws demo", "invalid_request"),
    "key separator": ("ws_demo#x", "invalid_request"),
    "repeated": ("ws_demo,ws_other", "invalid_request"),
}
PRINCIPALS = [*ROLES, "removed_member", "other_owner", None]
ALLOWED = {
    "POST /v1/payments": ANY_MEMBER,
    "POST /v1/payments/{payment_id}/retry": ANY_MEMBER,
    "GET /v1/payments/{payment_id}": ANY_MEMBER,
    "GET /v1/payments": ANY_MEMBER,
    "GET /v1/payments/{payment_id}/events": TIMELINE_READERS,
    "POST /v1/payments/{payment_id}/refunds": MONEY_MOVERS,
    "GET /v1/payments/{payment_id}/refunds": MONEY_MOVERS,
    "GET /v1/refunds/{refund_id}": MONEY_MOVERS,
    "POST /v1/reconciliations": MONEY_MOVERS,
    "GET /v1/reconciliations": MONEY_MOVERS,
    "GET /v1/reconciliations/{reconciliation_id}": MONEY_MOVERS,
    "GET /v1/cases": MONEY_MOVERS,
    "POST /v1/cases/{case_id}/close": MONEY_MOVERS,
}


def knock(edge: Edge, route: Route, sub: str | None, tenant: str | None) -> Said:
    """A request that is wrong in its body or key, so that whoever gets in changes nothing."""
    path = re.sub(r"\{(\w+)\}", lambda found: IDS[found[1]], route.path)
    body = {"nonsense": 1} if route.body else None
    return edge.call(route.method, path, body, sub=sub, tenant=tenant, key="key-1")


def expected(route: Route, sub: str | None, tenant: str) -> str:
    if sub is None:
        return "unauthorized"
    _, code = TENANTS[tenant]
    if sub == "other_owner" and tenant in ("own", "other"):
        code = "" if tenant == "other" else "tenant_forbidden"
    if code:
        return code
    if sub == "removed_member":
        return "tenant_forbidden"
    role = "owner" if sub == "other_owner" else sub
    return "" if role in ALLOWED[route.name] else "forbidden_role"


@pytest.mark.parametrize("tenant", TENANTS)
@pytest.mark.parametrize("route", MEMBER_ROUTES, ids=lambda route: route.name)
def test_who_may_do_what_where(calm_edge: Edge, route: Route, tenant: str) -> None:
    for sub in PRINCIPALS:
        said = knock(calm_edge, route, sub, TENANTS[tenant][0])
        code = expected(route, sub, tenant)
        if code:
            assert said.code == code, sub
        else:
            assert said.status in (200, 400, 404), sub


def test_the_table_names_every_route_that_asks_for_a_member() -> None:
    assert {route.name: route.roles for route in MEMBER_ROUTES} == ALLOWED


def test_every_other_route_says_what_it_asks_for_instead() -> None:
    assert all(route.capability for route in ROUTES if not route.roles)


@pytest.mark.parametrize("route", [route for route in MEMBER_ROUTES if "{" in route.path], ids=lambda route: route.name)
def test_not_yours_and_not_there_are_the_same_bytes(calm_edge: Edge, route: Route) -> None:
    payment_id = calm_edge.pay().json["payment_id"]
    said = set()
    for given in (payment_id, IDS["payment_id"], "pay_x", "x", "att_00000000000000000000000000", "..%2f"):
        path = re.sub(r"\{\w+\}", given, route.path)
        body: dict[str, str] | None = {} if route.body else None
        answer = calm_edge.call(route.method, path, body, sub="other_owner", tenant="ws_other", key="key-1")
        said.add((answer.status, answer.text))
    assert len(said) == 1
    assert {status for status, _ in said} == {404}
