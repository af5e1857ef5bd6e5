"""Validates bodies and queries. An error says which field is wrong and what to send."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import islice
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from payments.api.body import BODY_MAX, json_object, refuse_other_media
from payments.api.errors import CODES, Refusal
from payments.api.fields import AMOUNT_FORM
from payments.api.form import Form
from payments.api.guards.cards import refuse_cards
from payments.api.request import Request

M = TypeVar("M", bound=BaseModel)
F = TypeVar("F", bound=Form)
_KEY = re.compile(r"[!-+\--~]{1,255}")  # No comma: API Gateway joins repeated headers by one.
_NAME = re.compile(r"[A-Za-z0-9_]{1,40}")
_NAMED_MAX = 20  # Limits the size of an error answer.


def from_body(model: type[F], request: Request) -> F:
    """Return the body as `model`. A missing body is read as {}, unless the model needs one. Raises Refusal."""
    body = request.body(BODY_MAX)
    if not body and model.needs_body:
        raise Refusal("invalid_request", f"Send a JSON object with {_names(model)}.")
    if body:
        refuse_other_media(request.headers)
    value = json_object(body or b"{}")
    refuse_cards(value)
    return _validate(model, value)


def from_query(model: type[M], request: Request) -> M:
    pairs = request.query_pairs()
    if len(dict(pairs)) != len(pairs):
        raise Refusal("invalid_request", "Send each query parameter once.")
    return _validate(model, dict(pairs))


def key_text(headers: Mapping[str, str]) -> str:
    key = headers.get("idempotency-key", "")
    if not _KEY.fullmatch(key):
        raise Refusal(
            "invalid_request",
            "Send one Idempotency-Key header of 1 to 255 visible ASCII characters, no comma, new for each new request.",
        )
    return key


def canonical(path: str, body: BaseModel | None = None) -> bytes:
    """Return the bytes that equal requests share under an Idempotency-Key: path, and body with its defaults."""
    fields = body.model_dump(mode="json") if body else {}
    return f"{path}\n{json.dumps(fields, sort_keys=True, separators=(',', ':'))}".encode()


def _validate(model: type[M], value: dict[str, Any]) -> M:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        problems = error.errors(include_input=False, include_url=False, include_context=False)
        wrong = dict(_problem(model, each["loc"], each["type"]) for each in problems)
    if "amount" in wrong and "amount" in model.model_fields:
        else_ = wrong["amount"].partition(AMOUNT_FORM)[2]  # The field's own addition, such as "; leave it out to …".
        raise Refusal("invalid_amount", CODES["invalid_amount"].message.removesuffix(".") + f"{else_}.")
    name, form = next(iter(wrong.items()))
    raise Refusal("invalid_request", f"{name}: {form}", fields=dict(islice(wrong.items(), _NAMED_MAX)))


def _names(model: type[BaseModel]) -> str:
    needed = [name for name, field in model.model_fields.items() if field.is_required()]
    return ", ".join(needed) if needed else "any of its optional fields: {} will do"


def _problem(model: type[BaseModel], place: tuple[int | str, ...], kind: str) -> tuple[str, str]:
    """Return the field's name and the form to send. Only the name of an unknown field is quoted."""
    names: list[str] = []
    form, fields = "send the documented form", model.model_fields
    for step in place:
        if step not in fields:
            break
        names.append(str(step))
        form = fields[str(step)].description or form
        inner = _model_in(fields[str(step)].annotation)
        fields = inner.model_fields if inner else {}
    if kind == "extra_forbidden":
        names.append(str(place[-1]) if _NAME.fullmatch(str(place[-1])) else "(unnamed)")
        form = f"there is no such field; there are {', '.join(fields)}" if fields else "send no fields"
    return ".".join(names) or "body", form


def _model_in(annotation: Any) -> type[BaseModel] | None:
    kinds = (annotation, *getattr(annotation, "__args__", ()))
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
