"""The query of the list of payments."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from payments.api.fields import (
    ORDER_ID_FORM,
    OrderId,
)
from payments.api.query import PageQuery, Window

Status = Literal["created", "pending", "authorized", "completed", "failed", "cancelled", "expired"]


class PaymentsQuery(PageQuery, Window):
    merchant_order_id: OrderId | None = Field(None, description=f"{ORDER_ID_FORM}; the list is then that one payment")
    status: Status | None = Field(None, description=f"one of {', '.join(Status.__args__)}")  # type: ignore[attr-defined]
