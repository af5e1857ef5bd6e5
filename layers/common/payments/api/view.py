"""What answers are made of. Fields appear in the order they are declared, so equal things are equal bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, dataclass_transform

from payments.domain.values.clock import to_text

_REQUIRED = object()


@dataclass_transform(kw_only_default=True, frozen_default=True)
class JsonView:
    """An answer. `tools/openapi.py` describes it by its annotations.

    In JSON a name loses a `_` at its end (`from_` is `from`), and a datetime is written in UTC. Values are not
    validated, for they come from our own records: a cold start would take longer to build a validating model than to
    write the answer.
    """

    fields: ClassVar[Mapping[str, object]] = {}  # Name to default, `_REQUIRED` without one; in the order of the answer.

    def __init_subclass__(cls) -> None:
        own = {name: vars(cls).get(name, _REQUIRED) for name in vars(cls).get("__annotations__", ())}
        cls.fields = {**cls.fields, **own}

    def __init__(self, **given: Any) -> None:
        """Raises TypeError: a field without a default is not given, or what is given is no field."""
        values = {**self.fields, **given}
        missing = [name for name, value in values.items() if value is _REQUIRED]
        unknown = sorted(given.keys() - self.fields.keys())
        if missing or unknown:
            raise TypeError(f"{type(self).__name__}: missing {missing}, unknown {unknown}")
        vars(self).update(values)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__}.{name}: an answer is not changed")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"

    def to_json(self) -> str:
        return json.dumps(self, default=_plain, ensure_ascii=False, separators=(",", ":"))


def _plain(value: object) -> object:
    """What json cannot write, as what it can. Raises TypeError."""
    if isinstance(value, JsonView):
        return {json_name(name): of_field for name, of_field in vars(value).items()}
    if isinstance(value, datetime):
        return to_text(value)
    raise TypeError(f"{type(value).__name__} has no place in an answer")


def json_name(field: str) -> str:
    """The name in JSON: without the `_` that keeps a field from being a keyword of Python."""
    return field.removesuffix("_")
