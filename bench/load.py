"""100 initiations at once through the local stack: HTTP, authorizer, workers, store and simulator, nothing left out."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import quantiles
from typing import Any

from bench.events import MEMBER, WORKSPACE, a_key, an_order
from bench.table import Line, say
from local.testing import running_stack

AT_ONCE = 100
WORKERS = 4
_ANSWER_S_MAX = 60.0


@dataclass(frozen=True, slots=True)
class _Answer:
    http_status: int
    body: Any
    took_ms: float


def lines(at_once: int = AT_ONCE) -> list[Line]:
    with _stack() as port:
        order_ids, answers = _initiate_at_once(port, at_once)
        rows = Counter(row["merchant_order_id"] for row in _rows(port))
    errors = sum(answer.http_status != 201 for answer in answers)
    wrong_rows = sum(rows[order_id] != 1 for order_id in order_ids) + len(rows.keys() - order_ids)
    cuts = quantiles([answer.took_ms for answer in answers], n=100, method="inclusive")
    timing = f"p50 {cuts[49]:.0f} ms, p99 {cuts[98]:.0f} ms"
    what = f"{at_once} initiations at once, local stack"
    return [
        Line(f"{what}: errors", str(errors), timing, "", "0", errors == 0),
        Line(f"{what}: orders without exactly one row", str(wrong_rows), goal="0", is_met=wrong_rows == 0),
    ]


def _initiate_at_once(port: int, at_once: int) -> tuple[set[str], list[_Answer]]:
    token = _call(port, "POST", "/_local/token", {"sub": MEMBER}, {}).body["access_token"]
    headers = {"Authorization": f"Bearer {token}", "X-Tenant-ID": WORKSPACE}
    orders = [an_order(f"http://127.0.0.1:{port}") for _ in range(at_once)]
    together = threading.Barrier(at_once)

    def initiate(order: Mapping[str, Any]) -> _Answer:
        together.wait()
        return _call(port, "POST", "/v1/payments", order, headers | {"Idempotency-Key": a_key()})

    with ThreadPoolExecutor(at_once) as pool:
        return {order["merchant_order_id"] for order in orders}, list(pool.map(initiate, orders))


def _rows(port: int) -> Iterator[Mapping[str, Any]]:
    """Every payment there is, page by page."""
    token = _call(port, "POST", "/_local/token", {"sub": MEMBER}, {}).body["access_token"]
    headers = {"Authorization": f"Bearer {token}", "X-Tenant-ID": WORKSPACE}
    cursor: str | None = ""
    while cursor is not None:
        page = _call(port, "GET", "/v1/payments?limit=50" + (f"&cursor={cursor}" if cursor else ""), None, headers).body
        yield from page["data"]
        cursor = page["next_cursor"]


def _call(port: int, method: str, path: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]) -> _Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_ANSWER_S_MAX)
    began = time.perf_counter()
    try:
        content = {"Content-Type": "application/json"} if body else {}
        connection.request(method, path, json.dumps(body) if body else None, {**headers, **content})
        response = connection.getresponse()
        text = response.read()
    except (OSError, http.client.HTTPException):
        return _Answer(0, None, (time.perf_counter() - began) * 1000)
    finally:
        connection.close()
    return _Answer(response.status, json.loads(text or b"null"), (time.perf_counter() - began) * 1000)


@contextmanager
def _stack() -> Iterator[int]:
    """The port of a stack with an empty state of its own."""
    say("starting the local stack ...")
    with running_stack(workers=WORKERS) as stack:
        yield stack.port
