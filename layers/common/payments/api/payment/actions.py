"""Request bodies that act on an existing payment."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from payments.api.fields import (
    AMOUNT_FORM,
    Amount,
    MetadataKey,
    Printable,
    ProofValue,
    never_null,
    refuse_null,
)
from payments.api.form import Form


class CaptureRequest(Form):
    """The body of a capture. A null amount is refused, because it is probably a mistake for a full capture."""

    needs_body = True

    amount: Annotated[Amount | None, BeforeValidator(refuse_null)] = Field(
        None, description=f"{AMOUNT_FORM}; leave it out to capture all that is authorized", json_schema_extra=never_null
    )


class CancelRequest(Form):
    reason: Printable = Field("", max_length=250, description="up to 250 printable characters")


class VerifyRequest(Form):
    """The body of a verification. Without a proof the payment is fetched: some gateways give the browser none."""

    proof: dict[MetadataKey, ProofValue] = Field(
        default_factory=dict,
        max_length=10,
        description="what the gateway's script handed to the browser, names and texts; left out for none",
    )
