"""Random values and expressions over few keys and attributes, so that they often hit the same item."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from tests.dev.dynamodb_model.tables import Json, key, n, s

_TEXTS = ("", "a", "ab", "b", "é", "~", "zz")
DUE = ("2026-01", "2026-02", "2026-03", "2027")
NUMBERS = ("0", "1", "2", "-3", "10", "9", "1.0", "10.0", "0.50", "-0", "+2")
_PATHS = ("s", "n", "l", "m", "g", "h", "flag", "due_at", "m.x", "m.y.z", "l[0]", "l[2]", "absent", "#p", "m.#p")
_FORMS = ("{} AND {}", "{} OR {}", "NOT ({} OR {})", "({} OR {}) AND {}", "{} AND NOT ({} AND {})")
_SCALARS = ("s", "n", "due_at", "slot", "absent", "#p")
_EXISTING = (*_PATHS, "z")
_TYPES = ("S", "N", "L", "M", "SS", "NS", "BOOL", "NULL")
_WORDS = ("status", "state", "ttl", "token")  # All reserved.
_FLAT = ("s", "n", "l", "m", "g", "h", "flag", "due_at", "slot", "period", "absent", "#p")


class Draw:
    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._values: Json = {}
        self._names: dict[str, str] = {}
        self._only_takes = self._is_alone = False
        self._reserved = self._one(_WORDS)

    # Values

    def _one(self, options: tuple[Any, ...]) -> Any:
        return self._random.choice(options)

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _key(self, table: str = "things") -> Json:
        if table == "locks":
            return {"pk": s(self._one(("a", "b")))}
        return key(self._one(("a", "b")), self._one(("1", "2", "10", "é")))

    def _value(self, name: str = "") -> Json:
        makers: dict[str, Callable[[], Json]] = {
            "s": lambda: s(self._one(_TEXTS)),
            "n": lambda: n(self._one(NUMBERS)),
            "l": lambda: {"L": [self._value(self._one(("s", "n"))) for _ in range(self._random.randint(0, 3))]},
            "m": lambda: {
                "M": {one: self._value(self._one(("s", "n", "m"))) for one in ("x", "y") if self._chance(0.4)}
            },
            "g": lambda: {"SS": self._random.sample(("a", "b", "c"), self._random.randint(1, 3))},
            "h": lambda: {"NS": self._random.sample(("1", "2.0", "30"), self._random.randint(1, 3))},
            "flag": lambda: self._one(({"BOOL": True}, {"BOOL": False})),
            "due_at": lambda: s(self._one(DUE)),
            "slot": lambda: s(self._one(("D0", "D1"))),
            "period": lambda: s(self._one(("M1", "M2"))),
            self._reserved: lambda: self._value("s"),
            "#p": lambda: self._value("s"),
            "absent": lambda: self._value("s"),
        }
        if name == "z":
            return {"NULL": True}
        return makers[name if name in makers else self._one(tuple(makers))]()

    def _item(self, table: str) -> Json:
        names = ("s", "n", "l", "m", "g", "h", "flag", "due_at", "slot", "period", self._reserved, "z")
        return self._key(table) | {name: self._value(name) for name in names if self._chance(0.5)}

    # Expressions

    def _placeholder(self, value: Json) -> str:
        name = f":v{len(self._values)}"
        self._values[name] = value
        return name

    def _path(self, options: tuple[str, ...] = _PATHS) -> str:
        path: str = self._one(options)
        if "#p" in path:
            self._names["#p"] = self._reserved
        return path

    def _like(self, path: str) -> str:
        """Usually a value of the type that is stored there."""
        value = self._value(path if self._chance(0.8) else "s")
        return self._placeholder(self._value("s") if "BOOL" in value and path != "flag" else value)

    def _condition(self, depth: int = 2) -> str:
        if depth and self._chance(0.35):
            form = self._one(_FORMS)
            return str(form).format(*(self._condition(depth - 1) for _ in range(form.count("{}"))))
        if self._chance(0.1):
            return f"not {self._compare()}"
        return str(self._one((self._compare, self._compare, self._exists, self._within, self._function))())

    def _compare(self) -> str:
        if self._chance(0.2):
            path, size = self._one(("s", "l", "m", "g", "h")), self._placeholder(n(self._one(NUMBERS)))
            return f"(attribute_exists({path}) AND size({path}) {self._one(('=', '<', '>='))} {size})"
        code = self._one(("=", "<>", "<", "<=", ">", ">="))
        path = self._path(_PATHS if code in ("=", "<>") else _SCALARS)
        if self._chance(0.1) and path in _SCALARS and path != "n":
            other = self._one(tuple(one for one in ("s", "due_at") if one != path))
            return f"(attribute_exists({other}) AND {path} {code} {other})"
        like = self._value("n" if path == "n" else "s")
        value = self._like(path) if code in ("=", "<>") else self._placeholder(like)
        return f"{path} {code} {value}"

    def _exists(self) -> str:
        path = "pk" if self._chance(0.4) else self._path(_EXISTING)
        if self._chance(0.03):
            path = self._reserved  # Bare, so DynamoDB refuses it.
        return f"{self._one(('attribute_exists', 'attribute_not_exists'))}({path})"

    def _within(self) -> str:
        if self._chance(0.5):
            path = self._path()
            return f"{path} IN ({', '.join(self._like(path) for _ in range(self._random.randint(1, 3)))})"
        low, high = sorted(self._random.sample(_TEXTS, 2)) if self._chance(0.5) else sorted(self._random.sample(DUE, 2))
        path = self._one(("s", "due_at", "slot", "absent"))
        return f"{path} BETWEEN {self._placeholder(s(low))} AND {self._placeholder(s(high))}"

    def _function(self) -> str:
        if self._chance(0.3):
            return f"attribute_type({self._path(_EXISTING)}, {self._placeholder(s(self._one(_TYPES)))})"
        if self._chance(0.5):
            return f"begins_with({self._path()}, {self._placeholder(s(self._one(_TEXTS)))})"
        path, part = self._one(("s", "n", "l", "m", "g", "h", "flag", "absent")), self._value(self._one(("s", "n")))
        return f"contains({path}, {self._placeholder(part)})"

    def _update_expression(self) -> str:
        sections = self._random.sample(("SET", "REMOVE", "ADD", "DELETE"), self._one((1, 1, 1, 2, 3)))
        self._is_alone = len(sections) == 1
        self._only_takes = not {"SET", "ADD"} & {*sections}
        paths = self._random.sample(_FLAT, len(_FLAT))
        return " ".join(self._section(section, paths) for section in sections)

    def _section(self, section: str, paths: list[str]) -> str:
        makers = {"SET": self._set, "REMOVE": self._removed, "ADD": self._add, "DELETE": self._drop}
        count = self._one((1, 1, 2)) if section in ("SET", "REMOVE") else 1
        self._is_alone = self._is_alone and count == 1
        return f"{section} " + ", ".join(makers[section](paths) for _ in range(count))

    def _set(self, paths: list[str]) -> str:
        form = self._random.random()
        if form < 0.1 and {"m", "l"} <= {*paths}:
            paths[:] = [path for path in paths if path not in ("m", "l")]
            path = self._one(("m.x", "l[0]", "l[9]"))
            return f"{path} = {self._placeholder(self._value('s'))}"
        if form < 0.4 and "n" in paths:
            paths.remove("n")
            return self._sum()
        if form < 0.5 and "l" in paths:
            paths.remove("l")
            first = self._one(("l", "s"))
            if self._is_alone:  # moto keeps the list of a refused update.
                first = f"if_not_exists({first}, {self._placeholder({'L': []})})"
            return f"l = list_append({first}, {self._placeholder(self._value('l'))})"
        path = self._path((paths.pop(),))
        if form < 0.55:
            return f"{path} = {self._one(('s', 'due_at'))}"
        if form < 0.65:
            return f"{path} = if_not_exists({path}, {self._like(path)})"
        return f"{path} = {self._like(path)}"

    def _sum(self) -> str:
        operand = self._one(("n", "n", "s", "absent"))
        if self._chance(0.4):
            operand = f"if_not_exists({operand}, {self._placeholder(n(0))})"
        return f"n = {operand} {self._one(('+', '-'))} {self._placeholder(n(self._one(NUMBERS)))}"

    def _removed(self, paths: list[str]) -> str:
        return self._path((paths.pop(),))

    def _add(self, paths: list[str]) -> str:
        path = self._one(tuple(one for one in ("n", "g", "h") if one in paths) or ("fresh",))
        paths[:] = [one for one in paths if one != path]
        return f"{path} {self._placeholder(self._value(path if path in 'ngh' else self._one(('n', 'g', 'h'))))}"

    def _drop(self, paths: list[str]) -> str:
        path = self._one(tuple(one for one in ("g", "h") if one in paths) or ("fresh",))
        paths[:] = [one for one in paths if one != path]
        return f"{path} {self._placeholder(self._value(path if path in 'gh' else self._one(('g', 'h'))))}"
