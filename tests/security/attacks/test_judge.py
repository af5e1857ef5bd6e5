"""The judge itself: what it must report."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.api.driver import GOOD_ORDER, Edge, Reply, an_event
from tests.security.attacks.judge import Judge, is_no_crash, is_our_problem, is_reported
from tests.security.attacks.scene import stored, writes
from tests.world import PREFIX, World

HEADERS = {"Content-Type": "application/json"}


def answer(status: int = 404, code: str = "not_found", message: str = "No.", **more: Any) -> Reply:
    error = {"code": code, "message": message, "details": {}, "retryable": False, "request_id": "req-1"} | more
    return Reply(status, HEADERS, json.dumps({"error": error}))


def test_a_problem_in_our_form_passes() -> None:
    is_our_problem(answer(), "not_found")


@pytest.mark.parametrize(
    "response",
    [
        answer(status=400),
        answer(code="invalid_request"),
        answer(status=500, code="internal_error"),
        answer(extra=1),
        answer(retryable=True),
        answer(message="x" * 8192),
        answer(message='File "/var/task/api.py", line 3'),
        answer(message="ValueError: invalid literal"),
        answer(message="payments.api.forms"),
        answer(message="T#ws_demo#PAY#pay_1"),
        answer(message="String should match pattern '^[A-Z]{3}$'"),
        Reply(404, {"Content-Type": "text/html"}, answer().text),
    ],
)
def test_any_other_answer_is_objected_to(response: Reply) -> None:
    with pytest.raises(AssertionError):
        is_our_problem(response, "not_found")


@pytest.mark.parametrize(
    ("hostile", "text"),
    [
        ("CANARY-1234", "you sent CANARY-1234"),
        ("\u202eYRANAC-abc", '{"message": "\\u202eYRANAC-abc"}'),
        ("CANARY 1234", "/CANARY%201234"),
        ("CANARY\n1234", '"CANARY\\n1234"'),
    ],
)
def test_an_echo_is_found_in_any_spelling(hostile: str, text: str) -> None:
    assert is_reported(hostile, text)
    assert not is_reported(hostile, "something else")


@pytest.mark.parametrize("written", ["", '{"message": "other"}', '{"message": "request"}\n{"level": "ERROR"}'])
def test_a_crash_or_a_silent_request_is_objected_to(written: str) -> None:
    with pytest.raises(AssertionError):
        is_no_crash(written)


def test_a_change_and_a_call_are_noticed(edge: Edge) -> None:
    event = an_event("POST", "/v1/payments", GOOD_ORDER, key="key-1")
    with pytest.raises(AssertionError, match="stored"):
        Judge(edge).watched(event)
    payment_id = edge.pay().json["payment_id"]
    with pytest.raises(AssertionError, match="called"):
        Judge(edge).watched(an_event("POST", f"/v1/payments/{payment_id}/refresh"))


def test_the_same_item_written_again_is_noticed(world: World) -> None:
    world.initiate()
    before = stored(world)
    with writes(world) as seen:
        world.tables()
        assert seen == []
        table = PREFIX + "payment_transactions"
        world.dynamo.put_item(TableName=table, Item=world.dynamo.items(table)[0])
    assert stored(world) == before
    assert len(seen) == 1


def test_all_tables_are_searched(world: World) -> None:
    names = set(world.dynamo.tables())
    assert set(stored(world)) == names
    world.initiate()
    filled = [name for name, items in stored(world).items() if items]
    assert len(filled) >= 4
    assert all(len(stored(world)[name]) == world.dynamo.scan(TableName=name)["Count"] for name in names)
