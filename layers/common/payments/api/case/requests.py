"""Request bodies of decisions and approvals."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from payments.api.fields import WHY_FORM, Printable, Written
from payments.api.form import Form

# All outcomes; each kind of case allows some of them.
CaseOutcome = Literal["accept", "refund", "refunded_outside", "write_off", "ours", "not_ours", "attribute", "noted"]


class DecisionRequest(Form):
    needs_body = True

    outcome: CaseOutcome = Field(description=f"one of {', '.join(CaseOutcome.__args__)}")  # type: ignore[attr-defined]
    note: Written = Field(min_length=1, max_length=250, description=WHY_FORM)
    reference: Written = Field(
        "",
        max_length=100,
        description="of refunded_outside: how the money went back; up to 100 printable characters, not only spaces",
    )
    attempt_id: Printable = Field("", max_length=36, description="of attribute: the attempt that the money belongs to")
    payment_id: Printable = Field("", max_length=36, description="of ours: the payment that the order belongs to")


class AnswerRequest(Form):
    note: Printable = Field("", max_length=250, description="up to 250 printable characters")
