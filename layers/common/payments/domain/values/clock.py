"""The clock everything is handed. Time points are aware, in UTC, to the millisecond."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime: ...

    def sleep(self, seconds: float) -> None:
        """Work is paced in real seconds, however fast this clock runs."""

    def lasting(self, seconds: float) -> timedelta:
        """How far this clock moves in so many real seconds: for leases over work."""


def from_epoch_ms(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds // 1000, UTC).replace(microsecond=milliseconds % 1000 * 1000)


def to_text(at: datetime) -> str:
    """ISO 8601 in UTC with milliseconds: sorts as text, reads in a console."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def from_text(text: str) -> datetime:
    return datetime.fromisoformat(text)
