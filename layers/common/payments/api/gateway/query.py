"""The query of the list of gateways: for which payment they should be eligible."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from payments.api.fields import (
    CURRENCY_FORM,
    Currency,
    read_minor,
)
from payments.api.form import Form


class GatewaysQuery(Form):
    currency: Currency = Field("INR", description=CURRENCY_FORM)
    country: str | None = Field(
        None, pattern="^[A-Z]{2}$", description='2 upper-case letters: "IN"; leave it out for the workspace\'s own'
    )
    amount: Annotated[int | None, BeforeValidator(read_minor)] = Field(
        None, description="a whole number of minor units"
    )
