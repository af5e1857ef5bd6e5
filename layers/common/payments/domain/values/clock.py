"""The clock that all code uses. Times are aware, in UTC, and have milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime: ...

    def sleep(self, seconds: float) -> None:
        """Sleep for real seconds, however fast this clock runs."""

    def lasting(self, seconds: float) -> timedelta:
        """How far this clock moves in so many real seconds: the length of a lease."""


def from_epoch_ms(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds // 1000, UTC).replace(microsecond=milliseconds % 1000 * 1000)


def to_text(at: datetime) -> str:
    """ISO 8601 in UTC with milliseconds, which sorts as text."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def from_text(text: str) -> datetime:
    return datetime.fromisoformat(text)
