"""What each gateway's page says, written out in `tests/gateways/<name>/documented.py`.

`FACTS` are its periods and rules. `TAKES` are merchants' countries, currencies and ways to pay, in all combinations.
`HINTS` are what an operator reads beside a refusal that has to be fixed, by its code or text.
`refusal` returns an answer with that code or text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class Facts:
    refund_days: int
    return_days: int  # How long a completed refund may still fail.
    one_refund_at_a_time: bool = False
    refund_in_dispute: bool = True
    partial_capture: bool | None = None  # None: it has no authorizations.
    checkout_authorization: bool | None = None
    refund_minimum: Mapping[str, int] = field(default_factory=dict)


def documented_of(name: str) -> Any:
    """Return the module of that gateway."""
    return import_module(f"tests.gateways.{name}.documented")
