"""Everything that a function writes: log lines and metrics."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from payments.runtime import log


class Written:
    def __init__(self, stream: io.StringIO, capfd: pytest.CaptureFixture[str] | None) -> None:
        self._stream, self._capfd = stream, capfd

    def text(self) -> str:
        """Everything written since the last call; without `capfd` the log lines only."""
        logged = self._stream.getvalue()
        self._stream.seek(0)
        self._stream.truncate()
        if self._capfd is None:
            return logged
        printed = self._capfd.readouterr()
        return logged + printed.out + printed.err

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text().splitlines()]


@contextmanager
def written_to(capfd: pytest.CaptureFixture[str] | None) -> Iterator[Written]:
    stream, handler = io.StringIO(), log.logger.registered_handler
    assert hasattr(handler, "setStream")
    before = handler.setStream(stream)
    written = Written(stream, capfd)
    log.flush()  # Metrics of an earlier test.
    written.text()
    try:
        yield written
    finally:
        handler.setStream(before)
