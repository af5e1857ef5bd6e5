"""An account's two JSON secrets, one for calls and one for webhooks, read again every five minutes.

Spaces around a text are removed. A malformed field is reported by its name, never by its value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any

from payments.gateways.contract.errors import Misconfigured
from payments.gateways.facts import Field
from payments.record import record

if TYPE_CHECKING:
    from payments.gateways.registry import GatewayParts

_AROUND = "\ufeff\u200b\u200c\u200d\u2060"  # Invisible characters that are copied along with a text.
# The probable mistake in a malformed text; the first match is reported.
_FAULTS = (
    (re.compile(r"[\r\n\v\f\x85\u2028\u2029]"), "has a line break inside; paste the key again"),
    (re.compile(r"\A[\"'`\u2018-\u201f]|[\"'`\u2018-\u201f]\Z"), "has quotes around it; paste the key without them"),
    (re.compile(r"\s"), "has a space inside; paste the key again"),
    (re.compile(r"[^!-~]"), "has a character that no key has; paste the key again"),
)


@record
class Secret:
    """The secrets of one account. Each secret is read when one of its fields is first needed.

    `where` is the prefix of their names. A malformed text counts as missing.
    """

    where: str
    read: Callable[[str], Mapping[str, Any]] = field(repr=False)
    fields: tuple[Field, ...] = field(repr=False)
    _read: dict[str, Mapping[str, Any]] = field(default_factory=dict, compare=False, repr=False)

    def text(self, name: str) -> str:
        """Return the field's first usable text; "" if it is missing or malformed."""
        return next(iter(self.texts(name)), "")

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the field's usable texts. A field may be one text, or a list while a key is rotated."""
        field_ = self._field(name)
        fitting = (text for text in _strip(self._value_of(field_)) if text is not None and field_.fits(text))
        return tuple(dict.fromkeys(fitting))

    def check(self, part: str) -> None:
        """Raises Misconfigured if a needed field of this secret is empty, or any of its fields is malformed."""
        mine = [each for each in self.fields if each.part == part]
        self.require(*(each.name for each in mine if each.is_needed))
        self.refuse_misfits(*(each.name for each in mine if not each.is_needed))

    def require(self, *names: str) -> None:
        """Raises Misconfigured for the first of these fields that is empty or malformed."""
        for name in names:
            found = [*self._faults(name)]
            if found or not self.texts(name):
                where = f"{self.where}/{self._field(name).part}"
                raise Misconfigured(f"{where}: field {name} {found[0] if found else 'is empty; fill it'}")

    def refuse_misfits(self, *names: str) -> None:
        """Raises Misconfigured for the first of these fields that is malformed; it may be empty."""
        self.require(*(name for name in names if any(self._faults(name))))

    def _faults(self, name: str) -> Iterator[str]:
        field_ = self._field(name)
        given = self._value_of(field_)
        if given is not None and not isinstance(given, str | list):
            yield "is not a text; put it into double quotes"
            return
        for text in _strip(given):
            if text is None:
                yield "holds something that is not a text; put it into double quotes"
            elif not field_.fits(text):
                likely = (fault for sign, fault in _FAULTS if sign.search(text))
                yield next(likely, f"does not fit: it must {field_.form}")

    def _value_of(self, field_: Field) -> object:
        """Raises Misconfigured if the secret is no JSON object, Unavailable if it cannot be read now."""
        if field_.part not in self._read:
            self._read[field_.part] = self.read(f"{self.where}/{field_.part}")
        return self._read[field_.part].get(field_.name)

    def _field(self, name: str) -> Field:
        return next(each for each in self.fields if each.name == name)


def _strip(given: object) -> list[str | None]:
    """Return the texts without surrounding spaces and without empty ones; None stands for a value that is no text."""
    each = given if isinstance(given, list) else [given] if given is not None else []
    texts = [text.strip().strip(_AROUND).strip() if isinstance(text, str) else None for text in each]
    return [text for text in texts if text != ""]


def secret_of(name: str, parts: GatewayParts, fields: tuple[Field, ...]) -> Callable[[], Secret]:
    """Return a function that returns a new Secret, and so rereads it, each time it is called."""
    where = f"{parts.settings.gateway_secret_prefix}/{name}/{parts.account}"
    return lambda: Secret(where, parts.read_secret, fields)
