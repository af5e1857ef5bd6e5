"""A gateway's access token as it is kept and shared."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Token:
    """`value` is the whole Authorization header value."""

    value: str
    issued_at: datetime
    expires_at: datetime
