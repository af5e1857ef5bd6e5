"""What every request model shares. Descriptions are written to be read in an error: they say what to send."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Form(BaseModel):
    """Unknown fields are refused. Values are not converted."""

    needs_body: ClassVar[bool] = False  # What a caller failed to send must not move money.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True, defer_build=True)


class NoFields(Form):
    """No body, or {}."""
