"""The form of Square's ids: random letters and digits."""

from __future__ import annotations

import random
import string

_ALPHABET = string.ascii_letters + string.digits


class Ids:
    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def new(self, length: int = 22) -> str:
        return "".join(self._rng.choice(_ALPHABET) for _ in range(length))

    def upper(self, length: int = 16) -> str:
        return self.new(length).upper()

    def event(self) -> str:
        text = f"{self._rng.getrandbits(128):032x}"
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
