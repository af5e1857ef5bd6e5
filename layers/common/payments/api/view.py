"""The base of all answer models. Fields keep their declared order, so equal values give equal bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, dataclass_transform

from payments.domain.values.clock import to_text

_REQUIRED = object()


@dataclass_transform(kw_only_default=True, frozen_default=True)
class JsonView:
    """Base class of an answer. `dev/tools/openapi.py` reads its annotations.

    In JSON a name loses a trailing `_` (`from_` is `from`), and times are in UTC. Values are not validated: they come
    from our own records, and validating models would slow down a cold start.
    """

    fields: ClassVar[Mapping[str, object]] = {}  # Name to default (or `_REQUIRED`), in the answer's order.

    def __init_subclass__(cls) -> None:
        own = {name: vars(cls).get(name, _REQUIRED) for name in vars(cls).get("__annotations__", ())}
        cls.fields = {**cls.fields, **own}

    def __init__(self, **given: Any) -> None:
        """Raises TypeError for a missing or an unknown field."""
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
    """Convert a value that json cannot write. Raises TypeError for an unknown type."""
    if isinstance(value, JsonView):
        return {json_name(name): of_field for name, of_field in vars(value).items()}
    if isinstance(value, datetime):
        return to_text(value)
    raise TypeError(f"{type(value).__name__} has no place in an answer")


def json_name(field: str) -> str:
    """Return the name in JSON: without the trailing `_` that avoids a Python keyword."""
    return field.removesuffix("_")
