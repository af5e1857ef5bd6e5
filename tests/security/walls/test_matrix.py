"""Every route x every person x every value of X-Tenant-ID."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dev.local.testing import blueprint
from tests.api import driver
from tests.api.driver import ROUTES
from tests.security.walls.estate import KEY, READS, Estate, traces
from tests.security.walls.matrix import ANYBODY, PEOPLE, ROWS, WORKSPACES, Row, TenantHeader, expected

ROOT = Path(__file__).parents[3]
CELLS = len(ROWS) * len(PEOPLE) * len(WORKSPACES)


def knock(estate: Estate, row: Row, person: str | None, header: TenantHeader) -> driver.Reply:
    path = row.path.format(**estate.demo.ids, gateway="phonepe", account="main")
    headers = {} if person is None else {"authorization": f"Bearer {person}"}
    if header.again is not None:
        headers["X-TENANT-ID"] = header.again
    return estate.edge.call(row.method, path, row.body, sub=person, tenant=header.header, key=KEY, headers=headers)


def answered(estate: Estate, row: Row, person: str | None, condition: str) -> str:
    """The bytes of the answer, after status, code and the store's calls were checked against the table."""
    wanted, before = expected(row, person, WORKSPACES[condition]), estate.edge.world.client.calls.copy()
    response = knock(estate, row, person, WORKSPACES[condition])
    calls = estate.edge.world.client.calls - before
    code = response.code if response.text.startswith('{"error"') else ""
    assert (response.status, code) == wanted, (person, condition)
    assert code not in ("unauthorized", "invalid_request") or not calls, "the store was asked for nothing"
    assert code not in ("tenant_forbidden", "forbidden_role") or set(calls) <= {"batch_get_item"}
    assert wanted == (row.inside, row.code) or set(calls) <= READS
    return response.text


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_everybody_is_answered_as_the_table_says(estate: Estate, row: Row, person: str | None) -> None:
    calls = not row.asks_gateway
    before = traces(estate.edge.world, calls=calls)
    response = {condition: answered(estate, row, person, condition) for condition in WORKSPACES}
    outcomes = {condition: expected(row, person, WORKSPACES[condition]) for condition in WORKSPACES}
    for outcome in set(outcomes.values()) - {(row.inside, row.code)}:
        assert len({response[condition] for condition in WORKSPACES if outcomes[condition] == outcome}) == 1, outcome
    assert traces(estate.edge.world, calls=calls) == before


def test_who_was_never_in_and_who_was_put_out_read_the_same_bytes(estate: Estate) -> None:
    for row in (row for row in ROWS if row.roles):
        response = {answered(estate, row, person, "own") for person in ("stranger", "removed_member", "other_owner")}
        response |= {answered(estate, row, "owner", "unknown"), answered(estate, row, "owner", "other")}
        assert len(response) == 1, row.name


def test_who_has_no_capability_reads_the_same_bytes(estate: Estate) -> None:
    for row in (row for row in ROWS if not row.roles):
        assert len({answered(estate, row, person, "own") for person in PEOPLE}) == 1, row.name


# With a slash at the end the answer is the same; for the others there is no such path.
ALSO_ROUTED = {f"{route.name}/" for route in ROUTES if route.has_slash_twin} | {"GET /{path+}", "POST /{path+}"}


def test_the_table_has_every_route_and_no_other() -> None:
    named = {row.name for row in ROWS}
    assert len(ROWS) == len(named)
    assert named | ALSO_ROUTED == {route.key for route in blueprint().routes}
    description = json.loads((ROOT / "openapi.json").read_text())
    assert named == {f"{verb.upper()} {path}" for path, verbs in description["paths"].items() for verb in verbs}


def test_the_handlers_require_the_roles_of_the_table() -> None:
    query = {route.name: route.roles for route in ROUTES}
    assert query == {row.name: row.roles for row in ROWS if row.name != "GET /v1/health"}
    assert all(route.capability for route in ROUTES if not route.roles)


def test_the_gateway_requires_a_token_wherever_the_table_requires_a_role() -> None:
    asks = {row.name: bool(row.roles) for row in ROWS} | dict.fromkeys(ALSO_ROUTED, False)
    assert {route.key: bool(route.authorizer) for route in blueprint().routes} == asks


def test_the_matrix_is_whole() -> None:
    assert set(PEOPLE) >= ANYBODY | {"other_owner", "removed_member", "stranger", "operator", None}
    assert CELLS == 31 * 14 * 29 == 12586
