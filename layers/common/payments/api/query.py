"""The query fields that lists share."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field

from payments.api.errors import Refusal
from payments.api.fields import (
    INSTANT_FORM,
    Instant,
    read_whole,
)
from payments.api.form import Form


class PageQuery(Form):
    limit: Annotated[int, BeforeValidator(read_whole)] = Field(50, ge=1, le=200, description="a whole number, 1 to 200")
    cursor: str | None = Field(None, pattern="^[A-Za-z0-9_-]{1,400}$", description="next_cursor of the page before")


class Window(Form):
    """A time window. The end defaults to now, the start to `span` before the end."""

    created_from: Instant | None = Field(None, description=INSTANT_FORM)
    created_to: Instant | None = Field(None, description=INSTANT_FORM)

    def between(self, now: datetime, span: timedelta) -> tuple[datetime, datetime]:
        """Return start and end (UTC). Raises Refusal unless the start is before the end."""
        end = self.created_to or now
        start = self.created_from or end - span
        if start >= end:
            raise Refusal("invalid_request", "Send a created_from that is before created_to.")
        return start, end
