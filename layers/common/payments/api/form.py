"""The base of all request models. A field's description appears in errors, so it says what to send."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Form(BaseModel):
    """Unknown fields are refused. Values are not converted."""

    needs_body: ClassVar[bool] = False  # True: a missing body is refused instead of read as {}.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True, defer_build=True)


class NoFields(Form):
    """A request without fields: no body, or {}."""
