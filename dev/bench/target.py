"""A local stack as its callers use it: each call on a connection of its own, with its time and its cost."""

from __future__ import annotations

import http.client
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any

from dev.bench import stacks
from dev.bench.events import MEMBER, WORKSPACE, a_key, an_order
from dev.bench.table import say
from dev.local.testing import RunningStack

INITIATION, HELLO = "initiation", "hello"
_GOOD = {INITIATION: 201, HELLO: 200}
_ANSWER_S_MAX = 60.0


@dataclass(frozen=True, slots=True)
class _Answer:
    http_status: int  # 0: no answer.
    body: Any
    took_ms: float


@dataclass(slots=True)
class Series:
    """All calls of one kind to one stack. Those of the warm-up count only if they fail."""

    errors: int = 0
    took_ms: list[float] = field(default_factory=list)
    seconds: float = 0.0
    cpu_ms: dict[str, float] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return len(self.took_ms)

    @property
    def percentiles_ms(self) -> list[float]:
        return quantiles(self.took_ms, n=100, method="inclusive")

    @property
    def a_second(self) -> float:
        return self.count / self.seconds

    def cpu_ms_each(self, part: str) -> float:
        return self.cpu_ms[part] / self.count


class Target:
    """A running stack, called by one member."""

    def __init__(self, stack: RunningStack, name: str) -> None:
        self.name, self._stack = name, stack
        token = _call(stack.port, "POST", "/_local/token", {"sub": MEMBER}, {}).body["access_token"]
        self._headers = {"Authorization": f"Bearer {token}", "X-Tenant-ID": WORKSPACE}
        self.order_ids: set[str] = set()
        self.series = {kind: Series() for kind in _GOOD}
        self._ask_by_kind: dict[str, Callable[[], _Answer]] = {INITIATION: self._initiate, HELLO: self._hello}

    def warm_up(self, at_once: int) -> None:
        for kind, series in self.series.items():
            series.errors += _errors(kind, self._at_once(kind, at_once, at_once))

    def take_turn(self, kind: str, size: int, at_once: int) -> None:
        series, before, began = self.series[kind], stacks.cpu_ms(self._stack), time.perf_counter()
        answers = self._at_once(kind, size, at_once)
        series.seconds += time.perf_counter() - began
        stacks.settle(self._stack)
        for part, used in stacks.cpu_ms(self._stack).items():
            series.cpu_ms[part] = series.cpu_ms.get(part, 0.0) + used - before[part]
        series.errors += _errors(kind, answers)
        series.took_ms += [answer.took_ms for answer in answers]

    @property
    def errors(self) -> int:
        return sum(series.errors for series in self.series.values())

    def wrong_rows(self) -> int:
        """Orders that do not have exactly one payment, and payments without an order."""
        rows = Counter(row["merchant_order_id"] for row in self._payments())
        return sum(rows[order_id] != 1 for order_id in self.order_ids) + len(rows.keys() - self.order_ids)

    def _at_once(self, kind: str, size: int, at_once: int) -> list[_Answer]:
        with ThreadPoolExecutor(min(at_once, size)) as callers:
            return list(callers.map(lambda _: self._ask_by_kind[kind](), range(size)))

    def _initiate(self) -> _Answer:
        order = an_order(f"http://127.0.0.1:{self._stack.port}")
        self.order_ids.add(order["merchant_order_id"])
        headers = self._headers | {"Idempotency-Key": a_key()}
        return _call(self._stack.port, "POST", "/v1/payments", order, headers)

    def _hello(self) -> _Answer:
        return _call(self._stack.port, "POST", stacks.HELLO, {"say": "hello"}, self._headers)

    def _payments(self) -> Iterator[Mapping[str, Any]]:
        cursor: str | None = ""
        while cursor is not None:
            path = "/v1/payments?limit=50" + (f"&cursor={cursor}" if cursor else "")
            page = _call(self._stack.port, "GET", path, None, self._headers).body
            yield from page["data"]
            cursor = page["next_cursor"]


def _errors(kind: str, answers: Sequence[_Answer]) -> int:
    wrong = [answer for answer in answers if answer.http_status != _GOOD[kind]]
    if wrong:
        say(f"a wrong answer to {kind}: {wrong[0].http_status or 'none'} {json.dumps(wrong[0].body)[:300]}")
    return len(wrong)


def _call(port: int, method: str, path: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]) -> _Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_ANSWER_S_MAX)
    began = time.perf_counter()
    try:
        content = {"Content-Type": "application/json"} if body else {}
        connection.request(method, path, json.dumps(body) if body else None, {**headers, **content})
        response = connection.getresponse()
        text = response.read()
    except (OSError, http.client.HTTPException) as fault:
        return _Answer(0, type(fault).__name__, (time.perf_counter() - began) * 1000)
    finally:
        connection.close()
    return _Answer(response.status, _read(text), (time.perf_counter() - began) * 1000)


def _read(text: bytes) -> Any:
    try:
        return json.loads(text or b"null")
    except ValueError:
        return text.decode("utf-8", "replace")
