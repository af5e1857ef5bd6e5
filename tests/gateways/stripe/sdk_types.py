"""Whether a JSON object fits a type of the official SDK, field by field, with closed sets of values."""

from __future__ import annotations

import builtins
import sys
import typing
from collections.abc import Iterator, Mapping
from types import NoneType, UnionType
from typing import Any, ForwardRef, Literal, NotRequired, Required, Union, get_args, get_origin
from typing import Literal as LaterLiteral
from typing import NotRequired as LaterNotRequired

import stripe

_MARKS = (Required, NotRequired, LaterNotRequired)
_BASE_FIELDS = frozenset({"headers", "idempotency_key", "max_network_retries", "stripe_account", "stripe_context"})


class _Names(dict[str, Any]):
    """Resolves names in the SDK's annotations; what it imports for type checkers only may be anything."""

    def __init__(self, owner: type) -> None:
        module = vars(sys.modules[owner.__module__])
        super().__init__({**vars(typing), **vars(stripe), **module, **vars(owner)})

    def __missing__(self, name: str) -> Any:
        if hasattr(builtins, name):
            raise KeyError(name)
        return Any


def misfits(value: Mapping[str, Any], owner: type, where: str = "", *, is_request: bool = False) -> Iterator[str]:
    """What does not fit. For a request also required fields that are missing."""
    hints = _hints(owner)
    for name, each in value.items():
        if name not in hints or (is_request and name in _BASE_FIELDS):
            yield f"{where}{name}: unknown"
        else:
            yield from _misfit(each, hints[name], owner, f"{where}{name}", is_request=is_request)
    for name, hint in hints.items():
        if _is_needed(name, hint, owner, is_request=is_request) and name not in value:
            yield f"{where}{name}: missing"


def _hints(owner: type) -> dict[str, Any]:
    bases = [base for base in reversed(owner.__mro__) if base.__module__.startswith("stripe.")]
    return {name: hint for base in bases for name, hint in vars(base).get("__annotations__", {}).items()}


def _is_needed(name: str, hint: Any, owner: type, *, is_request: bool) -> bool:
    if name.startswith("_") or name.isupper() or name == "deleted":
        return False
    if is_request:
        return name in getattr(owner, "__required_keys__", ())
    hint = _resolved(hint, owner)
    return get_origin(hint) in (None, Literal, LaterLiteral) and hint is not Any


def _resolved(hint: Any, owner: type) -> Any:
    while isinstance(hint, str | ForwardRef) or get_origin(hint) in _MARKS:
        if get_origin(hint) in _MARKS:
            (hint,) = get_args(hint)
        else:
            text = hint if isinstance(hint, str) else hint.__forward_arg__
            hint = eval(text, {}, _Names(owner))  # noqa: S307 - Text of the installed SDK.
    return hint


def _misfit(value: Any, hint: Any, owner: type, where: str, *, is_request: bool) -> Iterator[str]:
    hint = _resolved(hint, owner)
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        yield from _misfit_of_all(value, get_args(hint), owner, where, is_request=is_request)
    elif origin in (Literal, LaterLiteral):
        yield from [] if value in get_args(hint) else [f"{where}: {value!r} is no word of {get_args(hint)}"]
    elif origin is list:
        for at, each in enumerate(value if isinstance(value, list) else [object()]):
            yield from _misfit(each, get_args(hint)[0], owner, f"{where}[{at}]", is_request=is_request)
    elif isinstance(value, dict) and origin is None and isinstance(hint, type) and _hints(hint):
        yield from misfits(value, hint, f"{where}.", is_request=is_request)
    elif hint in (int, str, bool, NoneType) and type(value) is not (hint or NoneType):
        yield f"{where}: {value!r} is not {hint}"


def _misfit_of_all(value: Any, hints: tuple[Any, ...], owner: type, where: str, *, is_request: bool) -> Iterator[str]:
    """To the SDK `Literal[…] | str` is an open set; here it is a closed one."""
    resolved = [_resolved(hint, owner) for hint in hints]
    literals = [hint for hint in resolved if get_origin(hint) in (Literal, LaterLiteral) and get_args(hint) != ("",)]
    tried = literals if literals and isinstance(value, str) else resolved
    found = [list(_misfit(value, hint, owner, where, is_request=is_request)) for hint in tried]
    if all(found):
        yield from min(found, key=len)
