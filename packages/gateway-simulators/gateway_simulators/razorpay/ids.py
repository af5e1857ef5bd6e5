"""The form of Razorpay's ids: a word, an underscore, 14 letters and digits."""

from __future__ import annotations

import random
import re
import string

_ALPHABET = string.digits + string.ascii_letters


class Ids:
    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def new(self, prefix: str) -> str:
        return f"{prefix}_{self.characters(14)}"

    def characters(self, length: int) -> str:
        return "".join(self._rng.choices(_ALPHABET, k=length))

    def digits(self, length: int) -> str:
        return f"{self._rng.randrange(10**length):0{length}d}"


def is_shaped(prefix: str, text: str) -> bool:
    return re.fullmatch(rf"{prefix}_[A-Za-z0-9]{{14}}", text) is not None
