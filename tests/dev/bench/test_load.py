"""What a run under load counts as wrong, on a stand-in for the stack. The short round runs on a real stack."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dev.bench import load, stacks
from dev.bench.load import Plan
from dev.local.options import Options
from dev.local.template import read_template
from dev.local.testing import RunningStack
from gateway_simulators.kit.messages import Request, Response, json_response
from gateway_simulators.kit.serving import Server

SMALL = {"N": "8", "C": "4"}


class StandIn:
    """Answers like the stack, except where a test wants a wrong answer."""

    def __init__(self) -> None:
        self.orders: list[str] = []
        self.answer: Callable[[int], int] = lambda number: 201
        self.rows: Callable[[list[str]], list[str]] = list
        self.hello = Response(200, b"hello")

    def __call__(self, request: Request) -> Response:
        routes = {
            ("POST", "/_local/token"): lambda: json_response(200, {"access_token": "x.y.z"}),
            ("POST", stacks.HELLO): lambda: self.hello,
            ("POST", "/v1/payments"): lambda: self._initiated(request.json()["merchant_order_id"]),
            ("GET", "/v1/payments"): self._page,
        }
        return routes[request.method, request.path]()

    def _initiated(self, order_id: str) -> Response:
        self.orders.append(order_id)
        return json_response(self.answer(len(self.orders)), {})

    def _page(self) -> Response:
        rows = [{"merchant_order_id": order_id} for order_id in self.rows(self.orders)]
        return json_response(200, {"data": rows, "next_cursor": None})


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    app = StandIn()
    server = Server(0, app)
    server.start()
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)

    @contextmanager
    def running(_: stacks.Checkout) -> Iterator[RunningStack]:
        yield RunningStack(process, server.port, 0, Path(), Path())

    monkeypatch.setattr(stacks, "running", running)
    yield app
    server.shutdown()
    server.server_close()
    process.communicate()


def zeros(plan: Plan) -> dict[str, str]:
    return {line.what.rpartition(": ")[2]: line.ours for line in load.lines(plan) if line.goal == "0"}


def test_all_is_well_where_every_order_is_answered_and_has_its_row(
    stand_in: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    assert load.main(SMALL) == 0
    assert len(stand_in.orders) == 8 + 4  # And those of the warm-up.
    shown, progress = capsys.readouterr()
    assert all(f"initiation beside hello: {what}" in shown for what in ("p50", "p99", "a second", "cpu each, all"))
    assert "turn 2 of 2, ours: 4 of hello, 0 errors so far" in progress


@pytest.mark.parametrize("number", [1, 12], ids=["in the warm-up", "at the end"])
def test_one_wrong_answer_fails_the_run(stand_in: StandIn, number: int, capsys: pytest.CaptureFixture[str]) -> None:
    stand_in.answer = lambda count: 500 if count == number else 201
    assert load.main(SMALL) == 1
    assert "8 initiations, 4 at once: errors" in capsys.readouterr().out


def test_a_hello_that_is_refused_is_an_error_too(stand_in: StandIn) -> None:
    stand_in.hello = Response(401)
    assert zeros(Plan(2, 2, 1))["errors"] == "4"


@pytest.mark.parametrize(
    "rows",
    [lambda orders: orders[1:], lambda orders: [*orders, orders[0]], lambda orders: [*orders, "another"]],
    ids=["none", "two", "of no order"],
)
def test_an_order_without_exactly_one_row_fails_the_run(
    stand_in: StandIn, rows: Callable[[list[str]], list[str]]
) -> None:
    stand_in.rows = rows
    assert zeros(Plan(2, 2, 1)) == {"errors": "0", "not done in time": "0", "orders without exactly one row": "1"}
    assert load.main(SMALL) == 1


def test_a_run_that_would_last_too_long_ends_and_fails(stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "_LASTS_S_MAX", -1.0)
    assert load.main(SMALL) == 1
    assert len(stand_in.orders) == 4
    assert zeros(Plan(8, 4, 4))["not done in time"] == "8"


def test_another_commit_is_measured_by_turns_with_ours(stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stacks, "checkout_of", lambda commit: stacks.Checkout(commit, Path()))
    reported = [line.what for line in load.lines(Plan(2, 2, 1, "abc"))]
    assert f"initiation against abc: cpu each, {stacks.CPU_PARTS[0]}" in reported
    assert "initiation against abc: cpu each, all" in reported


@pytest.mark.parametrize(
    ("environment", "reported"),
    [
        ({"N": "1"}, "N must be a whole number from 2 to 10000, not '1'"),
        ({"N": "many"}, "N must be"),
        ({"N": "10001"}, "N must be"),
        ({"N": "5", "C": "6"}, "C must be a whole number from 1 to 5, not '6'"),
        ({"C": "501"}, "C must be a whole number from 1 to 500"),
        ({"AGAINST": "no-such-commit"}, "no commit 'no-such-commit' here"),
        ({"AGAINST": "--output=x"}, "no commit '--output=x' here"),
    ],
)
def test_a_choice_that_cannot_be_is_reported_before_anything_starts(
    environment: dict[str, str], reported: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert load.main(environment) == 2
    assert reported in capsys.readouterr().err


def test_the_turns_are_all_of_what_was_requested() -> None:
    assert Plan(10, 2, 4).sizes() == [3, 3, 2, 2]
    assert load.read_plan({}) == Plan(1000, 100, 4)


@pytest.mark.parametrize(("n", "c", "turns"), [("1000", "500", 2), ("100", "100", 1), ("999", "500", 1), ("2", "1", 2)])
def test_a_turn_has_as_many_calls_as_there_are_at_once(n: str, c: str, turns: int) -> None:
    assert load.read_plan({"N": n, "C": c}).turns == turns


def test_hello_stands_behind_the_same_api_and_authorizer() -> None:
    template = stacks._template_with_hello(stacks.OURS)
    routes = {route.path: route for route in read_template(template, Options().parameters).routes}
    assert routes[stacks.HELLO].authorizer == routes["/v1/payments"].authorizer != ""
