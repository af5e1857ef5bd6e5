"""What the queries of lists share."""

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
    """A stretch of time; without a start it goes back by `span` from its end, without an end it ends now."""

    created_from: Instant | None = Field(None, description=INSTANT_FORM)
    created_to: Instant | None = Field(None, description=INSTANT_FORM)

    def between(self, now: datetime, span: timedelta) -> tuple[datetime, datetime]:
        end = self.created_to or now
        start = self.created_from or end - span
        if start >= end:
            raise Refusal("invalid_request", "Send a created_from that is before created_to.")
        return start, end
