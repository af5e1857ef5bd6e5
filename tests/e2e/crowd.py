"""Many callers at once, each with one connection that it keeps."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from types import TracebackType
from typing import Any, TypeVar

from dev.local.testing import Answer, RunningStack

S = TypeVar("S")
T = TypeVar("T")
PROOF = {"authorization": hashlib.sha256(b"sim_user:simPass123").hexdigest()}
NOT_NOW = (429, 503)
CUT_OFF = 0  # No answer: the connection broke.
_ANSWER_SECONDS_MAX = 60
_REPEATED_FOR_S = 60.0
_REPEATED_AFTER_S = 0.05


@dataclass
class Crowd:
    """`with Crowd(stack, 8) as crowd: crowd.each(act, subjects)`, where `act` calls the crowd's methods."""

    stack: RunningStack
    callers: int
    refusals: Counter[int] = field(default_factory=Counter)
    _mine: threading.local = field(default_factory=threading.local)
    _opened: list[HTTPConnection] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Crowd:
        self._pool = ThreadPoolExecutor(self.callers)
        self._headers = {"authorization": f"Bearer {self.stack.token()}", "x-tenant-id": "ws_demo"}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._pool.shutdown(cancel_futures=True)
        for connection in self._opened:
            connection.close()

    def each(self, act: Callable[[S], T], subjects: Iterable[S]) -> list[T]:
        return list(self._pool.map(act, subjects))

    def api(
        self, method: str, path: str, body: Any = None, *, key: str = "", again: Collection[int] = NOT_NOW
    ) -> Answer:
        """As the workspace's owner; a temporary refusal is repeated."""
        headers = self._headers | ({"idempotency-key": key} if key else {})
        return self.until_captured(method, path, None if body is None else json.dumps(body).encode(), headers, again)

    def webhook(self, body: bytes, again: Collection[int] = NOT_NOW) -> Answer:
        """As the gateway: sent again until it is accepted."""
        return self.until_captured("POST", "/v1/webhooks/phonepe", body, PROOF, again)

    def until_captured(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str], again: Collection[int] = NOT_NOW
    ) -> Answer:
        gives_up_at = time.monotonic() + _REPEATED_FOR_S
        while True:
            answer = self.once(method, path, body, headers)
            if answer.http_status not in again or time.monotonic() > gives_up_at:
                return answer
            with self._lock:
                self.refusals[answer.http_status] += 1
            time.sleep(_REPEATED_AFTER_S)  # The other side works in real time.

    def once(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        connection = self._connection()
        try:
            connection.request(method, path, body, {"content-type": "application/json"} | headers)
            answer = connection.getresponse()
            lowered = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, lowered, answer.read())
        except (OSError, HTTPException):
            connection.close()  # The next request opens it again.
            return Answer(CUT_OFF, {}, b"")

    def _connection(self) -> HTTPConnection:
        if not hasattr(self._mine, "connection"):
            self._mine.connection = HTTPConnection("127.0.0.1", self.stack.port, timeout=_ANSWER_SECONDS_MAX)
            self._opened.append(self._mine.connection)
        connection: HTTPConnection = self._mine.connection
        return connection
