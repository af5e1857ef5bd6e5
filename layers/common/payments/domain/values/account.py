"""An account at a gateway, `phonepe:main`: one merchant there, with keys of its own."""

from __future__ import annotations

import re
from typing import NamedTuple

MAIN = "main"  # The account that is meant where none is named.
FORM = re.compile(r"[a-z][a-z0-9_]*(?::[a-z][a-z0-9-]{0,30})?")


class Account(NamedTuple):
    gateway: str
    name: str = MAIN

    def __str__(self) -> str:
        return f"{self.gateway}:{self.name}"

    @staticmethod
    def of(text: str) -> Account:
        """`phonepe` is `phonepe:main`."""
        gateway, _, name = text.partition(":")
        return Account(gateway, name or MAIN)
