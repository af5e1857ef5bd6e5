"""The errors of openapi.json: one schema for each code, with its details."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import Any, Literal

from pydantic import BaseModel, Field, create_model

from payments.api.errors import CODES, DETAILS


class NoDetails(BaseModel):
    """Always empty."""


def error_model() -> type[BaseModel]:
    """The body of every error. `code` decides what its details are."""
    any_of_them: Any = reduce(or_, map(_problem, CODES))
    return create_model("Error", error=(any_of_them, Field(discriminator="code")))


def _problem(code: str) -> Any:
    name = "".join(text.title() for text in code.split("_"))
    details = _details(f"{name}Details", DETAILS[code]) if code in DETAILS else NoDetails
    return create_model(
        f"{name}Problem",
        __doc__=f"{CODES[code].http_status}: {CODES[code].message}",
        code=(Literal[code], ...),
        message=(str, Field(description="What to send or do instead.")),
        details=(details, ...),
        retryable=(bool, Field(description="Whether the same request may succeed later.")),
        request_id=(str, ...),
    )


def _details(name: str, types: Mapping[str, Any]) -> type[BaseModel]:
    fields: dict[str, Any] = {
        field.removesuffix("?"): (kind, None if field.endswith("?") else ...) for field, kind in types.items()
    }
    return create_model(name, **fields)
