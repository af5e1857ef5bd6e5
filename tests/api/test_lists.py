"""The lists of the API, page by page."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.driver import Edge
from tests.api.test_cases import decide, under_review
from tests.api.test_disputes import disputed

LISTS = ("payments", "cases", "approvals", "reconciliations", "disputes")


@pytest.fixture
def full(edge: Edge) -> Edge:
    """Three of everything that has a list, except disputes."""
    for number in range(3):
        case = under_review(edge, 6_000_000, key=f"key-{number}")
        decide(edge, case, "write_off")
        edge.call("POST", "/v1/reconciliations", {"dry_run": False})
        edge.world.clock.sleep(1)
    return edge


def pages(edge: Edge, path: str, limit: int) -> list[list[dict[str, Any]]]:
    found, cursor = list[list[dict[str, Any]]](), ""
    for _ in range(9):
        response = edge.call("GET", f"{path}?limit={limit}{cursor}")
        assert response.status == 200, response.text
        found.append(response.json["data"])
        if response.json["next_cursor"] is None:
            break
        cursor = f"&cursor={response.json['next_cursor']}"
    return found


@pytest.mark.parametrize("name", LISTS[:4])
def test_pages_of_one_and_of_two_make_the_whole_list(full: Edge, name: str) -> None:
    whole = full.call("GET", f"/v1/{name}").json
    assert (len(whole["data"]), whole["next_cursor"]) == (3, None)
    for limit in (1, 2, 3):
        found = pages(full, f"/v1/{name}", limit)
        assert [one for page in found for one in page] == whole["data"]
        assert {len(page) for page in found[:-1]} <= {limit}


def test_a_cursor_is_refused_by_every_other_list(full: Edge) -> None:
    cursors = {name: full.call("GET", f"/v1/{name}?limit=1").json["next_cursor"] for name in LISTS[:4]}
    for name, cursor in cursors.items():
        for other in {*LISTS} - {name}:
            response = full.call("GET", f"/v1/{other}?cursor={cursor}")
            assert (response.status, response.code) == (400, "invalid_request")
            assert response.message == "cursor: send next_cursor of the page before, with the same filters"


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "cursor=", "cursor=x!", "cursor=abc"])
def test_a_page_that_cannot_be_is_refused(edge: Edge, name: str, query: str) -> None:
    response = edge.call("GET", f"/v1/{name}?{query}")
    assert (response.status, response.code) == (400, "invalid_request")


def test_disputes_are_listed_page_by_page_within_their_filter(edge: Edge) -> None:
    _, dispute = disputed(edge)
    ids = [dispute["dispute_id"]]
    assert [one["dispute_id"] for page in pages(edge, "/v1/disputes", 1) for one in page] == ids
    assert edge.call("GET", "/v1/disputes?status=open&limit=1").json["next_cursor"] is None
    assert edge.call("GET", "/v1/disputes?status=won").json == {"data": [], "next_cursor": None}
