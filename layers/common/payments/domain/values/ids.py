"""Ids: a prefix for the kind of record, and a ULID. Every gateway takes their 30 characters of [A-Za-z0-9_]."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable
from datetime import datetime

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")

PAYMENT, ATTEMPT, REFUND, RECONCILIATION = "pay_", "att_", "rfd_", "rec_"
DISPUTE, APPROVAL = "dsp_", "apr_"


class Ids:
    """Makes ids. `random_bits` is a parameter so that a simulation can seed it."""

    def __init__(self, random_bits: Callable[[int], int] = secrets.randbits) -> None:
        self._random_bits = random_bits

    def new(self, prefix: str, at: datetime) -> str:
        """A new id such as `pay_01JD…`, ordered by time within its prefix."""
        return _written(prefix, at, self._random_bits(80))

    def token(self, prefix: str) -> str:
        """An unguessable token of 256 bits."""
        return f"{prefix}{self._random_bits(256):064x}"

    def fraction(self) -> float:
        """A random number from 0 to below 1, for jitter."""
        return self._random_bits(16) / 65536


def named(prefix: str, at: datetime, name: str) -> str:
    """An id made from name and time: the same in every process."""
    return _written(prefix, at, int.from_bytes(hashlib.sha256(name.encode()).digest()[:10]))


def _written(prefix: str, at: datetime, rest: int) -> str:
    number = int(at.timestamp() * 1000) << 80 | rest
    return prefix + "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def is_id(prefix: str, text: str) -> bool:
    """Whether `text` has the form of an id with this prefix."""
    return text.startswith(prefix) and _ULID.fullmatch(text[len(prefix) :]) is not None
