"""Records do what the standard library's frozen dataclasses do."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, InitVar, dataclass, field, fields
from typing import Any, ClassVar, Generic, TypeVar

import pytest

from payments.record import record

T = TypeVar("T")


class Declared:
    """Both classes are made from this."""

    number: int
    text: str = "none"
    values: Mapping[str, str] = field(default_factory=dict)
    secret: str = field(default="", repr=False)
    read: list[int] = field(default_factory=list, compare=False)

    def twice(self) -> Any:
        return 2 * self.number


def _declared() -> type:
    return type("Declared", (), dict(vars(Declared)))


Record: Any = record(_declared())
Frozen: Any = dataclass(frozen=True, slots=True)(_declared())
WAYS = [(1,), (1, "two"), (1, "two", {"a": "b"}, "hidden", [3])]


@pytest.mark.parametrize("given", WAYS)
def test_a_record_holds_shows_and_compares_what_a_frozen_dataclass_does(given: tuple[Any, ...]) -> None:
    one, other = Record(*given), Frozen(*given)
    assert dataclasses.asdict(one) == dataclasses.asdict(other)
    assert repr(one) == repr(other)
    assert one.twice() == other.twice()
    assert one == Record(*given)
    assert one != other
    assert one != Record(2)
    assert [each.name for each in fields(one)] == [each.name for each in fields(other)]
    assert Record.__match_args__ == Frozen.__match_args__


def test_what_is_not_compared_makes_no_difference() -> None:
    assert Record(1, read=[2]) == Record(1, read=[3])


def test_each_instance_has_its_own_new_default() -> None:
    Record(1).read.append(7)
    assert Record(1).read == []


def test_equal_ones_are_one_key() -> None:
    @record
    class Key:
        name: str
        number: int = 0

    assert {Key("a"): 1}[Key("a", 0)] == 1
    assert len({Key("a"), Key("a"), Key("b")}) == 2


@pytest.mark.parametrize("made", [Record, Frozen])
def test_nothing_is_assigned_deleted_or_added(made: Any) -> None:
    one = made(1)
    with pytest.raises(FrozenInstanceError):
        one.number = 2
    with pytest.raises(FrozenInstanceError):
        del one.number
    with pytest.raises((FrozenInstanceError, TypeError)):
        one.new = 2
    assert one.number == 1
    assert not hasattr(one, "__dict__")


@pytest.mark.parametrize("made", [Record, Frozen])
@pytest.mark.parametrize(("given", "named"), [((), {}), ((1,), {"number": 1}), ((1,), {"unknown": 1}), ((1,) * 6, {})])
def test_what_it_has_no_field_for_or_misses_is_refused(
    made: Any, given: tuple[int, ...], named: dict[str, int]
) -> None:
    with pytest.raises(TypeError, match=r"number|unknown|positional"):
        made(*given, **named)


def test_it_is_replaced_copied_matched_and_pickled() -> None:
    one = Record(1, "two")
    assert dataclasses.replace(one, number=3) == Record(3, "two")
    assert copy.deepcopy(one) == one
    match one:
        case Record(number, text):
            assert (number, text) == (1, "two")
    from payments.domain.values.money import Money

    assert pickle.loads(pickle.dumps(Money(5, "INR"))) == Money(5, "INR")  # noqa: S301


def test_methods_of_its_own_are_stored() -> None:
    @record
    class Described:
        name: str

        def __repr__(self) -> str:
            return f"<{self.name}>"

        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 7

    assert (repr(Described("a")), Described("a") == 3, hash(Described("a"))) == ("<a>", True, 7)


def test_a_record_may_be_of_any_type_and_of_nothing() -> None:
    @record
    class Page(Generic[T]):
        rows: tuple[T, ...]

    @record
    class Nothing:
        pass

    assert Page[int]((1, 2)) == Page((1, 2))
    assert (Nothing() == Nothing(), repr(Nothing()).endswith("Nothing()")) == (True, True)


def _with_post_init(cls: Any) -> Any:
    cls.__post_init__ = lambda self: None
    return cls


def _made(**declared: Any) -> Any:
    """A class of these fields: each a type, or a type and a default."""
    given = {name: value for name, value in declared.items() if not isinstance(value, tuple)}
    given |= {name: value[0] for name, value in declared.items() if isinstance(value, tuple)}
    defaults = {name: value[1] for name, value in declared.items() if isinstance(value, tuple)}
    return type("Made", (), {"__annotations__": {name: given[name] for name in declared}, **defaults})


@pytest.mark.parametrize(
    ("cls", "why"),
    [
        (_with_post_init(_made(a=int)), "no __post_init__"),
        (_made(a=int, b=(int, field(init=False, default=1))), "is a parameter"),
        (_made(a=(int, field(kw_only=True))), "is a parameter"),
        (_made(a=int, b=InitVar[int]), "is a parameter"),
        (_made(a=int, b=ClassVar[int]), "is a parameter"),
        (_made(a=(int, 1), b=int), "behind one with a default"),
        (_made(a=(int, field(default_factory=int)), b=int), "behind one with a default"),
        (type("Below", (_declared(),), {"__annotations__": {"a": int}}), "no class above it"),
    ],
)
def test_what_a_record_cannot_have_is_refused_where_it_is_declared(cls: Any, why: str) -> None:
    with pytest.raises(TypeError, match=why):
        record(cls)


def test_nothing_is_derived_from_a_record() -> None:
    with pytest.raises(TypeError, match="no class below it"):
        type("Below", (Record,), {})


def test_a_field_may_have_any_name() -> None:
    odd = record(_made(self=int, MISSING=(int, 2), made=(list, field(default_factory=list))))
    assert repr(odd(1)).endswith("(self=1, MISSING=2, made=[])")
    assert odd(self=3).self == 3
