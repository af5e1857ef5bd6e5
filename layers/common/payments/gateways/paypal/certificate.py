"""Just enough of X.509 and RSA to prove a webhook: one certificate read, one PKCS#1 v1.5 SHA-256 signature checked.

No library for it ships. The certificate's own signature is not followed to a root: it comes over TLS from PayPal's
host. Everything is strict, and whatever is not understood is a ValueError.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64decode
from dataclasses import dataclass
from datetime import UTC, datetime

BITS_MIN, BITS_MAX = 2048, 8192
EXPONENT_MAX = 2**32  # A larger one only costs time.

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+?)-----END CERTIFICATE-----")
_SEQUENCE, _SET, _INTEGER, _BITS, _OID, _VERSION = 0x30, 0x31, 0x02, 0x03, 0x06, 0xA0
_UTC_TIME, _LONG_TIME = 0x17, 0x18
_TEXT_TAGS = (0x0C, 0x13, 0x16)  # UTF8String, PrintableString, IA5String.
_RSA = bytes.fromhex("2a864886f70d010101")
_COMMON_NAME = bytes.fromhex("550403")
_SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")  # DigestInfo, up to the digest itself.


@dataclass(frozen=True, slots=True)
class Certificate:
    common_name: str
    not_before: datetime
    not_after: datetime
    modulus: int
    exponent: int

    def is_valid(self, at: datetime) -> bool:
        return self.not_before <= at <= self.not_after

    def has_signed(self, message: bytes, signature: bytes) -> bool:
        """The whole padded block is built and compared: nothing in it is parsed, so nothing in it can be slipped in."""
        size = (self.modulus.bit_length() + 7) // 8
        number = int.from_bytes(signature, "big")
        if len(signature) != size or number >= self.modulus:
            return False
        tail = b"\x00" + _SHA256_PREFIX + hashlib.sha256(message).digest()
        expected = b"\x00\x01" + b"\xff" * (size - 2 - len(tail)) + tail
        return hmac.compare_digest(pow(number, self.exponent, self.modulus).to_bytes(size, "big"), expected)


def read_certificate(pem: str) -> Certificate:
    """The first one of a chain. Raises ValueError."""
    found = _PEM.search(pem)
    if not found:
        raise ValueError("no certificate")
    der = b64decode("".join(found[1].split()), validate=True)
    (whole,) = _children(der, _SEQUENCE)
    body, *_ = _children(whole, _SEQUENCE, None, None)
    fields = _parts(body)
    if fields and fields[0][0] == _VERSION:
        fields = fields[1:]
    if len(fields) < 6 or [tag for tag, _ in fields[:6]] != [_INTEGER, *[_SEQUENCE] * 5]:
        raise ValueError("fields of the certificate")
    validity, subject, key = (content for _, content in fields[3:6])
    not_before, not_after = (_time(*part) for part in _parts(validity))
    return Certificate(_common_name(subject), not_before, not_after, *_public_key(key))


def _public_key(key: bytes) -> tuple[int, int]:
    algorithm, bits = _children(key, _SEQUENCE, _BITS)
    if _parts(algorithm)[0] != (_OID, _RSA) or bits[:1] != b"\x00":
        raise ValueError("no RSA key")
    (numbers,) = _children(bits[1:], _SEQUENCE)
    modulus, exponent = (_natural(content) for content in _children(numbers, _INTEGER, _INTEGER))
    if not BITS_MIN <= modulus.bit_length() <= BITS_MAX or modulus % 2 == 0:
        raise ValueError(f"a key of {modulus.bit_length()} bits")
    if not 3 <= exponent <= EXPONENT_MAX or exponent % 2 == 0:
        raise ValueError("exponent of the key")
    return modulus, exponent


def _common_name(subject: bytes) -> str:
    """Of the subject, which must have exactly one."""
    names = []
    for tag, group in _parts(subject):
        for (kind, oid), (text_tag, text) in (_parts(pair) for pair in _only(_SEQUENCE, _parts(group))):
            if tag == _SET and (kind, oid) == (_OID, _COMMON_NAME) and text_tag in _TEXT_TAGS:
                names.append(text.decode())
    if len(names) != 1:
        raise ValueError("common name of the subject")
    return names[0]


def _time(tag: int, content: bytes) -> datetime:
    text = content.decode("ascii")
    if tag == _UTC_TIME:
        text = ("19" if text[:2] >= "50" else "20") + text
    elif tag != _LONG_TIME:
        raise ValueError("a time of the certificate")
    if not re.fullmatch(r"\d{14}Z", text):
        raise ValueError("a time of the certificate")
    return datetime.strptime(text[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)


def _natural(content: bytes) -> int:
    if not content or content[0] >= 0x80:
        raise ValueError("a number of the certificate")
    return int.from_bytes(content, "big")


def _children(content: bytes, *tags: int | None) -> list[bytes]:
    """The contents of exactly these parts; None is a part of any tag."""
    parts = _parts(content)
    if len(parts) != len(tags) or any(want not in (None, tag) for want, (tag, _) in zip(tags, parts, strict=True)):
        raise ValueError("shape of the certificate")
    return [part for _, part in parts]


def _only(wanted: int, parts: list[tuple[int, bytes]]) -> list[bytes]:
    if any(tag != wanted for tag, _ in parts):
        raise ValueError("shape of the certificate")
    return [content for _, content in parts]


def _parts(content: bytes) -> list[tuple[int, bytes]]:
    """Tag and content of each DER value in a row, to the last byte."""
    parts, at = [], 0
    while at < len(content):
        tag, start, end = _header(content, at)
        if tag & 0x1F == 0x1F or end > len(content):
            raise ValueError("length in the certificate")
        parts.append((tag, content[start:end]))
        at = end
    return parts


def _header(content: bytes, at: int) -> tuple[int, int, int]:
    if at + 2 > len(content):
        raise ValueError("length in the certificate")
    tag, length = content[at], content[at + 1]
    if length < 0x80:
        return tag, at + 2, at + 2 + length
    size = length & 0x7F
    digits = content[at + 2 : at + 2 + size]
    length = int.from_bytes(digits, "big")
    if not 1 <= size <= 3 or len(digits) != size or length < 0x80 or digits[0] == 0:
        raise ValueError("length in the certificate")
    return tag, at + 2 + size, at + 2 + size + length
