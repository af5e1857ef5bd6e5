"""The request body for accepting a dispute."""

from __future__ import annotations

from pydantic import Field

from payments.api.fields import WHY_FORM, Written
from payments.api.form import Form


class AcceptRequest(Form):
    needs_body = True

    reason: Written = Field(min_length=1, max_length=250, description=WHY_FORM)
