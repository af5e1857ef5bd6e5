"""No function of a history makes a call that its role does not allow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest

from dev.histories.aws import Client
from dev.histories.cloud import Cloud, Job
from dev.histories.history import draw_case, run
from dev.histories.scheduler import Ended
from tests.granted import calls_of, denied

SEEDS = range(700, 780)
_METHODS = ("get_item", "batch_get_item", "put_item", "update_item", "query", "transact_write_items")
_OF_SEVERAL = ("read", "ask wrongly", "forced refund")  # Acts in which several functions work in one invocation.


class Seen:
    """By function: its calls, and those that its role does not allow."""

    def __init__(self) -> None:
        self.calls: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
        self.denied: set[str] = set()
        self._functions: dict[str, str] = {}

    def note_begin(self, function: str, name: str) -> None:
        self._functions[name] = "" if name.startswith(_OF_SEVERAL) else function

    def note_call(self, task: str, method: str, request: dict[str, Any]) -> None:
        if function := self._functions[task.partition("#")[0]]:
            self.calls[function] |= calls_of(method, request)
            self.denied |= denied(function, method, request)


@pytest.fixture(scope="module")
def seen() -> Seen:
    found = Seen()
    with pytest.MonkeyPatch.context() as patch:
        _watch(patch, found)
        for seed in SEEDS:
            run(draw_case(seed))
    return found


def _watch(patch: pytest.MonkeyPatch, found: Seen) -> None:
    begin = Cloud.invoke

    def invoke(cloud: Cloud, function: str, name: str, job: Job, on_end: Callable[[Ended], None]) -> None:
        found.note_begin(function, name)
        begin(cloud, function, name, job, on_end)

    patch.setattr(Cloud, "invoke", invoke)
    for method in _METHODS:
        patch.setattr(Client, method, _noting(method, getattr(Client, method), found))


def _noting(method: str, call: Callable[..., Any], found: Seen) -> Callable[..., Any]:
    def noted(client: Client, **request: Any) -> Any:
        task = client._network.scheduler.current
        if task is not None:
            found.note_call(task.name, method, request)
        return call(client, **request)

    return noted


def test_no_function_calls_more_than_its_role_allows(seen: Seen) -> None:
    assert seen.denied == set()


def test_the_histories_go_through_every_function_and_deep_into_some(seen: Seen) -> None:
    answers = {"initiate", "checkout", "capture", "refund", "disputes", "webhook", "reconcile", "cases"}
    assert seen.calls.keys() >= answers | {"apply", "poll", "sweep"}
    assert ("PaymentRefundsTable", "Query") in seen.calls["apply"]
    assert ("ReconciliationTable", "GetItem") in seen.calls["sweep"]
