"""Gateway accounts, such as `phonepe:main`: one merchant account at a gateway, with its own keys."""

from __future__ import annotations

import re
from typing import NamedTuple

MAIN = "main"  # The default account.
FORM = re.compile(r"[a-z][a-z0-9_]*(?::[a-z][a-z0-9-]{0,30})?")


class Account(NamedTuple):
    gateway: str
    name: str = MAIN

    def __str__(self) -> str:
        return f"{self.gateway}:{self.name}"

    @staticmethod
    def of(text: str) -> Account:
        """The account that `text` names; `phonepe` is `phonepe:main`."""
        gateway, _, name = text.partition(":")
        return Account(gateway, name or MAIN)
