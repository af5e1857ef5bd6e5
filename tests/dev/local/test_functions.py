import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from dev.local.blueprint import FunctionSpec
from dev.local.clock import Clock
from dev.local.functions import Functions, NoSuchFunctionError
from dev.local.invocation import Outcome
from dev.local.pool import ThrottledError

SPEC = FunctionSpec(
    "F", "pavati-dev-f", "h.h", Path(), (), {}, timeout_seconds=1, memory_mb=128, retries=2, aliases=("live",)
)
OK, FAILED = Outcome(b"{}"), Outcome.failed("OurError", "why")


@dataclass
class FakePool:
    outcomes: list[Outcome | None]  # None: throttled.
    function: FunctionSpec = SPEC
    calls: int = 0

    def invoke(self, payload: bytes, wait_seconds: float | None = None) -> Outcome | None:
        self.calls += 1
        outcome = self.outcomes.pop(0)
        if outcome is None:
            raise ThrottledError(self.function.name)
        return outcome


@dataclass
class FakeConsole:
    failed: list[str] = field(default_factory=list)
    dropped: list[bytes] = field(default_factory=list)

    def function_failed(self, function: str, outcome: Outcome) -> None:
        self.failed.append(outcome.error)

    def event_dropped(self, function: str, payload: bytes) -> None:
        self.dropped.append(payload)


class Waits(threading.Event):
    """Records how long it should have waited, and does not wait."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.seconds.append(timeout)
        return False


def send(*outcomes: Outcome | None) -> tuple[FakePool, FakeConsole, Waits]:
    pool, console, waits, done = FakePool(list(outcomes)), FakeConsole(), Waits(), threading.Event()
    pools: Any = [pool]
    Functions(pools, Clock(0, 0, 20), console, waits).send("F", b"event", done.set)
    assert done.wait(5)
    return pool, console, waits


def test_an_event_that_succeeds_is_sent_once() -> None:
    pool, console, _ = send(OK)
    assert (pool.calls, console.dropped) == (1, [])


@pytest.mark.parametrize("first", [FAILED, None], ids=["failed", "throttled"])
def test_an_event_is_tried_again_after_a_scaled_minute(first: Outcome | None) -> None:
    pool, console, waits = send(first, OK)
    assert (pool.calls, waits.seconds, console.dropped) == (2, [3], [])


def test_an_event_that_never_succeeds_is_given_up_after_two_retries() -> None:
    pool, console, waits = send(FAILED, FAILED, FAILED)
    assert (pool.calls, waits.seconds, console.dropped) == (3, [3, 6], [b"event"])
    assert console.failed == ["OurError"] * 3


@pytest.mark.parametrize(
    "name", ["F", "pavati-dev-f", "pavati-dev-f:live", SPEC.arn, f"{SPEC.arn}:$LATEST", f"{SPEC.arn}:live"]
)
def test_a_function_is_found_by_each_of_its_names(name: str) -> None:
    pools: Any = [FakePool([])]
    assert Functions(pools, Clock(0, 0, 1), FakeConsole(), Waits()).pool(name) is pools[0]


@pytest.mark.parametrize(
    "name", ["G", "pavati-dev-f:lives", f"{SPEC.arn}:1", SPEC.arn.replace("ap-south-1", "us-east-1")]
)
def test_a_function_or_alias_that_is_not_there_is_reported(name: str) -> None:
    pools: Any = [FakePool([])]
    with pytest.raises(NoSuchFunctionError):
        Functions(pools, Clock(0, 0, 1), FakeConsole(), Waits()).pool(name)
