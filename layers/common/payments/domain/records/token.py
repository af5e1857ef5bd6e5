"""A gateway's access token, as it is stored and shared by all functions."""

from __future__ import annotations

from datetime import datetime

from payments.record import record


@record
class Token:
    """`value` is the whole value of the Authorization header."""

    value: str
    issued_at: datetime
    expires_at: datetime
