"""`@record` makes a class of immutable fields, like `@dataclass(frozen=True, slots=True)`, and is faster to import.

`dataclass` compiles six methods for each class, which delays the cold start of sixty classes noticeably. Records share
these methods, and a record's `__init__` is compiled when its first instance is made.

`dataclasses.fields`, `replace` and `is_dataclass`, `match`, `copy` and `pickle` work on records. A record cannot have
`__post_init__`, `init=False`, `kw_only`, `InitVar`, `ClassVar`, base classes or subclasses.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from typing import Any, Generic, Protocol, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[T]) -> type[T]:
    """Make `cls` a record.

    Raises:
        TypeError: `cls` has what a record cannot have, or a field without a default after one with a default.
    """
    cls.__doc__ = cls.__doc__ or cls.__name__  # Otherwise `dataclass` computes one, which is slow.
    declared = fields(dataclass(init=False, repr=False, eq=False)(cls))  # type: ignore[arg-type]
    _check(cls, declared)
    slots = tuple(each.name for each in declared)
    own = {name: value for name, value in vars(cls).items() if name not in (*slots, "__dict__", "__weakref__")}
    added = {"__qualname__": cls.__qualname__, "__slots__": slots, "_compared": _comparer(declared)}
    metaclass: Any = type(cls)
    made: type[T] = metaclass(cls.__name__, cls.__bases__, {**_SHARED, **own, **added})
    return made


def _check(cls: Any, declared: tuple[Field[Any], ...]) -> None:
    if {*cls.__bases__} - {object, Generic, Protocol}:
        raise TypeError(f"{cls.__name__}: a record has no class above it")
    if hasattr(cls, "__post_init__"):
        raise TypeError(f"{cls.__name__}: a record has no __post_init__")
    if len(cls.__dataclass_fields__) > len(declared) or any(each.kw_only or not each.init for each in declared):
        raise TypeError(f"{cls.__name__}: each field of a record is a parameter, by its place or by its name")
    has_default = [_has_default(each) for each in declared]
    if has_default != sorted(has_default):
        raise TypeError(f"{cls.__name__}: a field without a default is behind one with a default")


def _has_default(each: Field[Any]) -> bool:
    return each.default is not MISSING or each.default_factory is not MISSING


def _comparer(declared: tuple[Field[Any], ...]) -> Any:
    """A function from an instance to the value that is compared and hashed."""
    names = [each.name for each in declared if each.compare]
    return attrgetter(*names) if names else staticmethod(lambda self: ())


def _init(__self: Any, *args: Any, **kwargs: Any) -> None:
    cls = type(__self)
    cls.__init__ = _compiled_init(cls)
    cls.__init__(__self, *args, **kwargs)


def _compiled_init(cls: Any) -> Any:
    """An `__init__` that sets each field through its slot, because `__setattr__` raises."""
    names: dict[str, Any] = {"__MISSING": MISSING}
    parameters, lines = [], ["pass"]
    for each in fields(cls):
        name, value = each.name, each.name
        names[f"__set_{name}"] = getattr(cls, name).__set__
        if each.default_factory is not MISSING:
            names[f"__new_{name}"] = each.default_factory
            value = f"__new_{name}() if {name} is __MISSING else {name}"
        parameters.append(_parameter(each, names))
        lines.append(f"__set_{name}(__self, {value})")
    text = f"def __init__(__self, {', '.join(parameters)}):\n " + "\n ".join(lines)
    exec(text, names)  # noqa: S102  As in `dataclass`: the text has only names of fields.
    return names["__init__"]


def _parameter(each: Field[Any], names: dict[str, Any]) -> str:
    if each.default_factory is not MISSING:
        return f"{each.name}=__MISSING"
    if each.default is MISSING:
        return each.name
    names[f"__default_{each.name}"] = each.default
    return f"{each.name}=__default_{each.name}"


def _refuse_subclass(cls: Any, /, **more: object) -> None:
    raise TypeError(f"{cls.__name__}: a record has no class below it")


def _repr(self: Any) -> str:
    shown = (f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _eq(self: Any, other: Any) -> Any:
    return self._compared(self) == self._compared(other) if type(other) is type(self) else NotImplemented


def _hash(self: Any) -> int:
    return hash(self._compared(self))


def _setattr(self: Any, name: str, value: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _delattr(self: Any, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _getstate(self: Any) -> list[Any]:
    return [getattr(self, each.name) for each in fields(self)]


def _setstate(self: Any, state: list[Any]) -> None:
    for each, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, each.name, value)


_SHARED = {
    "__init__": _init,
    "__init_subclass__": classmethod(_refuse_subclass),
    "__repr__": _repr,
    "__eq__": _eq,
    "__hash__": _hash,
    "__setattr__": _setattr,
    "__delattr__": _delattr,
    "__getstate__": _getstate,
    "__setstate__": _setstate,
}
