"""An account's two JSON secrets, one for calls and one for webhooks, read again every five minutes.

Texts are stripped, and what does not fit is named.
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

_AROUND = "\ufeff\u200b\u200c\u200d\u2060"  # Copied with a text, and not to be seen.
# How a text that does not fit was probably made; the first that is found is named.
_FAULTS = (
    (re.compile(r"[\r\n\v\f\x85\u2028\u2029]"), "has a line break inside; paste the key again"),
    (re.compile(r"\A[\"'`\u2018-\u201f]|[\"'`\u2018-\u201f]\Z"), "has quotes around it; paste the key without them"),
    (re.compile(r"\s"), "has a space inside; paste the key again"),
    (re.compile(r"[^!-~]"), "has a character that no key has; paste the key again"),
)


@record
class Secret:
    """What an account's secrets hold. Each is read when one of its fields is first needed.

    `where` is how their names begin. A text that does not fit its field is as good as none.
    """

    where: str
    read: Callable[[str], Mapping[str, Any]] = field(repr=False)
    fields: tuple[Field, ...] = field(repr=False)
    _read: dict[str, Mapping[str, Any]] = field(default_factory=dict, compare=False, repr=False)

    def text(self, name: str) -> str:
        """ "" where it is missing or does not fit."""
        return next(iter(self.texts(name)), "")

    def texts(self, name: str) -> tuple[str, ...]:
        """Those of a list that fit: several are a rotation's overlap. One text is a list of one."""
        field_ = self._field(name)
        fitting = (text for text in _strip(self._value_of(field_)) if text is not None and field_.fits(text))
        return tuple(dict.fromkeys(fitting))

    def check(self, part: str) -> None:
        """Raises Misconfigured: as `require` for what a secret needs, then as `refuse_misfits` for the rest."""
        mine = [each for each in self.fields if each.part == part]
        self.require(*(each.name for each in mine if each.is_needed))
        self.refuse_misfits(*(each.name for each in mine if not each.is_needed))

    def require(self, *names: str) -> None:
        """Raises Misconfigured: names the first of these fields that is empty, or of which a text does not fit."""
        for name in names:
            found = [*self._faults(name)]
            if found or not self.texts(name):
                where = f"{self.where}/{self._field(name).part}"
                raise Misconfigured(f"{where}: field {name} {found[0] if found else 'is empty; fill it'}")

    def refuse_misfits(self, *names: str) -> None:
        """As `require`, for fields that may be empty."""
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
        """Raises Misconfigured, Unavailable: the secret cannot be understood, or not be read now."""
        if field_.part not in self._read:
            self._read[field_.part] = self.read(f"{self.where}/{field_.part}")
        return self._read[field_.part].get(field_.name)

    def _field(self, name: str) -> Field:
        return next(each for each in self.fields if each.name == name)


def _strip(given: object) -> list[str | None]:
    """Without empty texts; None stands for what is no text."""
    each = given if isinstance(given, list) else [given] if given is not None else []
    texts = [text.strip().strip(_AROUND).strip() if isinstance(text, str) else None for text in each]
    return [text for text in texts if text != ""]


def secret_of(name: str, parts: GatewayParts, fields: tuple[Field, ...]) -> Callable[[], Secret]:
    """What gives the account's secrets anew each time it is called."""
    where = f"{parts.settings.gateway_secret_prefix}/{name}/{parts.account}"
    return lambda: Secret(where, parts.read_secret, fields)
