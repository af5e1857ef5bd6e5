"""A gateway's access token as it is kept and shared."""

from __future__ import annotations

from datetime import datetime

from payments.record import record


@record
class Token:
    """`value` is the whole Authorization header value."""

    value: str
    issued_at: datetime
    expires_at: datetime
