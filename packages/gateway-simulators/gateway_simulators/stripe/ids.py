"""Stripe's kinds of ids."""

from __future__ import annotations

import random
import string

_LETTERS = string.ascii_letters + string.digits


class Ids:
    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def new(self, kind: str, length: int = 24) -> str:
        return f"{kind}_{self.random(length)}"

    def random(self, length: int) -> str:
        return "".join(self._rng.choices(_LETTERS, k=length))
