import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dev.local.blueprint import FunctionSpec
from dev.local.invocation import Outcome
from dev.local.pool import Pool, ThrottledError
from dev.local.worker import Surroundings

HANDLER = """
import json, os, sys, time
if os.environ.get("BROKEN") == "import":
    import no_such_module
if os.environ.get("BROKEN") == "exit":
    sys.exit(7)

class OurError(Exception):
    pass

def handler(event, context):
    if "sleep" in event: time.sleep(event["sleep"])
    if "fail" in event: raise OurError(event["fail"])
    if "exit" in event: os._exit(event["exit"])
    if "large" in event: return "x" * event["large"]
    return {"pid": os.getpid(), "left_ms": context.get_remaining_time_in_millis(), "id": context.aws_request_id}
"""
Make = Callable[..., Pool]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    (tmp_path / "handler.py").write_text(HANDLER)
    pools: list[Pool] = []

    def made(workers: int = 2, **changes: Any) -> Pool:
        function = FunctionSpec("F", "f", "handler.handler", tmp_path, (), {}, timeout_seconds=5, memory_mb=128)
        pools.append(Pool(replace(function, **changes), Surroundings(tmp_path, {}), workers))
        return pools[-1]

    yield made
    for pool in pools:
        pool.close()


def ask(pool: Pool, **event: Any) -> Outcome:
    outcome = pool.invoke(json.dumps(event).encode(), wait_seconds=30)
    assert outcome
    return outcome


def pid(pool: Pool, **event: Any) -> int:
    return int(json.loads(ask(pool, **event).payload)["pid"])


def is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until(is_so: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < give_up_at
        threading.Event().wait(0.01)


def test_a_warm_worker_is_used_again_and_knows_its_deadline(make: Make) -> None:
    pool = make()
    first, second = (json.loads(ask(pool).payload) for _ in range(2))
    assert first["pid"] == second["pid"] != os.getpid()
    assert first["id"] != second["id"]
    assert 3000 < first["left_ms"] <= 5000


def test_an_exception_comes_back_by_its_name_and_the_worker_lives_on(make: Make) -> None:
    pool = make()
    before = pid(pool)
    failed = ask(pool, fail="why")
    assert (failed.error, failed.message) == ("OurError", "why")
    assert pid(pool) == before


def test_a_worker_that_overruns_its_timeout_is_killed_and_replaced(make: Make) -> None:
    pool = make(timeout_seconds=1)
    slow = pid(pool)
    began = time.monotonic()
    outcome = ask(pool, sleep=60)
    assert outcome.error == "Sandbox.Timedout"
    assert "timed out after 1.00 seconds" in outcome.message
    assert time.monotonic() - began < 3
    wait_until(lambda: not is_alive(slow))
    assert pid(pool) != slow


def test_a_crashed_worker_is_an_error_and_is_replaced(make: Make) -> None:
    pool = make()
    crashed = pid(pool)
    assert ask(pool, exit=3).error == "Runtime.ExitError"
    assert pid(pool) != crashed


@pytest.mark.parametrize(("broken", "error"), [("import", "Runtime.ImportModuleError"), ("exit", "Runtime.ExitError")])
def test_a_function_that_cannot_start_fails_each_call_once(make: Make, broken: str, error: str) -> None:
    pool = make(environment={"BROKEN": broken})
    with ThreadPoolExecutor(4) as callers:
        outcomes = list(callers.map(lambda _: ask(pool), range(4)))
    assert [outcome.error for outcome in outcomes] == [error] * 4


def test_a_killed_idle_worker_is_not_given_work(make: Make) -> None:
    pool = make(workers=1)
    idle = pid(pool)
    wait_until(lambda: pool.status().idle == 1)
    assert pool.kill_one() == idle
    assert pid(pool) != idle


def test_a_worker_that_somebody_else_killed_is_given_nothing_more(make: Make) -> None:
    pool = make(workers=1, timeout_seconds=2)
    for _ in range(3):
        idle = pid(pool)
        wait_until(lambda: pool.status().idle == 1)
        os.kill(idle, signal.SIGKILL)
        wait_until(lambda: pool.status().workers == 0)
        assert pid(pool) != idle


@pytest.mark.parametrize("victim", [0, 1])
def test_a_dead_worker_does_not_hear_the_call_meant_for_a_living_one(make: Make, victim: int) -> None:
    pool = make(workers=2)
    with ThreadPoolExecutor(2) as callers:
        pids = list(callers.map(lambda _: pid(pool, sleep=0.3), range(2)))
    wait_until(lambda: pool.status().idle == 2)
    os.kill(pids[victim], signal.SIGKILL)
    wait_until(lambda: pool.status().workers == 1)
    began = time.monotonic()
    assert pid(pool) == pids[1 - victim]
    assert time.monotonic() - began < 5


def test_a_killed_busy_worker_fails_its_call_and_no_other(make: Make) -> None:
    pool = make(workers=1)
    busy = pid(pool)
    with ThreadPoolExecutor(2) as callers:
        first = callers.submit(ask, pool, sleep=30)
        wait_until(lambda: pool.status().busy == 1)
        second = callers.submit(ask, pool)
        assert pool.kill_one() == busy
        assert first.result().error == "Runtime.ExitError"
        assert second.result().error == ""


def test_excess_calls_queue_and_workers_stay_few(make: Make) -> None:
    pool = make(workers=2)
    with ThreadPoolExecutor(100) as callers:
        outcomes = list(callers.map(lambda _: ask(pool), range(100)))
    assert {outcome.error for outcome in outcomes} == {""}
    assert len({json.loads(outcome.payload)["pid"] for outcome in outcomes}) <= 2
    assert pool.status().queued == 0


def test_reserved_concurrency_throttles_what_is_beyond_it(make: Make) -> None:
    pool = make(reserved_concurrency=1)
    with ThreadPoolExecutor(1) as callers:
        running = callers.submit(ask, pool, sleep=0.5)
        wait_until(lambda: pool.status().busy == 1)
        with pytest.raises(ThrottledError):
            pool.submit(b"{}")
        assert running.result().error == ""
    assert ask(pool).error == ""


def test_the_queue_is_bounded(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dev.local.pool.QUEUE_MAX", 2)
    pool = make(workers=1)
    pool.submit(b"{}")
    pool.submit(b"{}")
    with pytest.raises(ThrottledError):
        pool.submit(b"{}")


def test_a_response_larger_than_lambda_allows_is_an_error(make: Make) -> None:
    assert ask(make(), large=6 * 1024 * 1024 + 1).error == "Function.ResponseSizeTooLarge"


def test_a_caller_may_stop_waiting_and_the_function_runs_on(make: Make) -> None:
    pool = make(workers=1)
    first = pid(pool)
    assert pool.invoke(b'{"sleep": 0.3}', wait_seconds=0.05) is None
    assert pid(pool) == first
