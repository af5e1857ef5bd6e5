"""The request body of a refund."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from payments.api.errors import Refusal
from payments.api.fields import (
    AMOUNT_FORM,
    CURRENCY_FORM,
    Amount,
    Currency,
    Printable,
    never_null,
    refuse_null,
)
from payments.api.form import Form

# The reasons that a caller may send; the system uses further ones.
Reason = Literal["customer_request", "duplicate", "damaged", "not_delivered", "fraud", "dispute", "other"]


class RefundRequest(Form):
    """The body of a refund request. A null amount is refused, because it is probably a mistake for a full refund."""

    needs_body = True

    amount: Annotated[Amount | None, BeforeValidator(refuse_null)] = Field(
        None, description=f"{AMOUNT_FORM}; leave it out to refund all that is left", json_schema_extra=never_null
    )
    currency: Currency | None = Field(None, description=f"{CURRENCY_FORM}; leave it out to use the payment's")
    reason_code: Reason = Field("other", description=f"one of {', '.join(Reason.__args__)}")  # type: ignore[attr-defined]
    reason_text: Printable = Field("", max_length=250, description="up to 250 printable characters")
    force: bool = Field(False, description="true to request a refund while a chargeback is open; needs reason_text")

    @property
    def is_forced(self) -> bool:
        """Return whether the caller forces the refund. Raises Refusal if reason_text is missing then."""
        if self.force and not self.reason_text.strip():
            raise Refusal("invalid_request", "Send reason_text with force: a second person must know why.")
        return self.force
