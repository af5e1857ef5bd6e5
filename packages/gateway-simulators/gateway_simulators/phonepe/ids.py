"""The form of PhonePe's ids: a prefix, the Indian time to the second, ten digits, and since late 2025 sometimes
letters.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

INDIA = timezone(timedelta(hours=5, minutes=30))


class Ids:
    def __init__(self, clock: Callable[[], float], rng: random.Random, suffixes: tuple[str, ...]) -> None:
        self._clock = clock
        self._rng = rng
        self._suffixes = suffixes
        self._made = 0

    def start_again(self) -> None:
        self._made = 0

    def order(self) -> str:
        return self._shaped("OMO")

    def attempt(self) -> str:
        return self._shaped("OM")

    def refund(self) -> str:
        return self._shaped("OMR")

    def dispute(self) -> str:
        return f"D{self.digits(10)}"

    def secret(self, length: int = 40) -> str:
        return f"{self._rng.getrandbits(length * 4):0{length}x}"

    def digits(self, length: int) -> str:
        return f"{self._rng.randrange(10**length):0{length}d}"

    def _shaped(self, prefix: str) -> str:
        self._made += 1
        at = datetime.fromtimestamp(self._clock(), UTC).astimezone(INDIA)
        suffix = self._suffixes[self._made % len(self._suffixes)]
        return f"{prefix}{at:%y%m%d%H%M%S}{self.digits(4)}{self._made % 10**6:06d}{suffix}"
