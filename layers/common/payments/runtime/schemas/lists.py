"""Queries of lists."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from payments.runtime.errors import Refusal
from payments.runtime.fields import (
    CURRENCY_FORM,
    INSTANT_FORM,
    ORDER_ID_FORM,
    Currency,
    Instant,
    OrderId,
    read_minor,
    read_whole,
)
from payments.runtime.schemas.form import Form


class GatewaysQuery(Form):
    currency: Currency = Field("INR", description=CURRENCY_FORM)
    country: str | None = Field(
        None, pattern="^[A-Z]{2}$", description='2 upper-case letters: "IN"; leave it out for the workspace\'s own'
    )
    amount: Annotated[int | None, BeforeValidator(read_minor)] = Field(
        None, description="a whole number of minor units"
    )


DisputeStatusName = Literal["open", "under_review", "won", "lost", "closed"]


class PageQuery(Form):
    limit: Annotated[int, BeforeValidator(read_whole)] = Field(50, ge=1, le=200, description="a whole number, 1 to 200")
    cursor: str | None = Field(None, pattern="^[A-Za-z0-9_-]{1,400}$", description="next_cursor of the page before")


class DisputesQuery(PageQuery):
    status: DisputeStatusName | None = Field(
        None,
        description=f"one of {', '.join(DisputeStatusName.__args__)}",  # type: ignore[attr-defined]
    )
    due_before: Instant | None = Field(None, description=f"those that must be answered before {INSTANT_FORM}")


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


Status = Literal["created", "pending", "authorized", "completed", "failed", "cancelled", "expired"]


class PaymentsQuery(PageQuery, Window):
    merchant_order_id: OrderId | None = Field(None, description=f"{ORDER_ID_FORM}; the list is then that one payment")
    status: Status | None = Field(None, description=f"one of {', '.join(Status.__args__)}")  # type: ignore[attr-defined]
