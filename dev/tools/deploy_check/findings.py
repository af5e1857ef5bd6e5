"""The result of a check: ok, failed with what to do, or left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

OK, FAIL, LEFT_OUT = "ok", "fail", "left out"
_WIDTH = len(LEFT_OUT) + 2


class Finding(NamedTuple):
    mark: str
    text: str
    cure: str = ""

    @property
    def lines(self) -> str:
        """The result's line, and what to do below it."""
        below = "".join(f"\n{'':{_WIDTH}}{line}" for line in self.cure.splitlines())
        return f"{self.mark:{_WIDTH}}{self.text}{below}\n"


class Refusal(Exception):
    """A failed check. The texts say why, and what to do."""

    def __init__(self, text: str, cure: str) -> None:
        super().__init__(text)
        self.text, self.cure = text, cure


def find(step: Callable[[], str]) -> Finding:
    """Run a check; a Refusal becomes a failed finding."""
    try:
        return Finding(OK, step())
    except Refusal as refusal:
        return Finding(FAIL, refusal.text, refusal.cure)


def has_failure(findings: Sequence[Finding]) -> bool:
    return any(finding.mark == FAIL for finding in findings)
