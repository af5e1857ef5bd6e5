"""Masking: text from outside becomes one printable line without secrets and personal data. Pure."""

from __future__ import annotations

import re
from functools import cache

WITHHELD = "(withheld)"
WORDS_MAX = 300
_READ_MAX = 2_000  # Characters of a text from outside.

_ULID = "[0-7][0-9A-HJKMNP-TV-Z]{25}"
_KEYS_AND_TOKENS = (
    r"[sr]k_(?:test|live)_\w+|pk_(?:test|live)_\w+|whsec_\w+|EAAA[\w-]{8,}"  # Keys of Stripe and Square.
    r"|eyJ[\w-]{8,}\.[\w.-]+"  # A signed token.
    r"|[cr]t_[0-9a-f]{32,}(?:\.[\w-]+)?"  # Our own checkout and return tokens.
    r"|(?i:o-bearer|bearer|basic)\s+[\w.~+/=-]{16,}"
    r"|(?i:password|secret|token|api_?key)[\"']?\s*=\s*\S+"
    r"|(?i:otp|m?pin|cvv2?|cvc2?|csc)\b\W{0,3}(?:is\s+)?\d{3,8}\b"
)
# Stripe's ids by their prefixes, except client secrets; Square's, which have no prefix, by the words before them.
_THEIR_IDS = r"\b(?:cs|pi|ch|py|re|pyr|pm|dp|du|cus|evt)_(?:test_|live_)?(?!\w*secret)\w+|(?<=with id: )[\w-]{4,64}"
_ADDRESS = re.compile(r"[\w.+-]+(?:@|%40)\w[\w.-]*")  # E-mail, or UPI.
_TAX_ID = r"[A-Z]{5}\d{4}[A-Z]\b"  # India's.
_PRIVATE = re.compile(rf"\b(?:{_KEYS_AND_TOKENS}|{_TAX_ID})")
_PLAIN = re.compile(rf"(?:pay|att|rfd|dsp|apr|rec)_{_ULID}|(?![sr]k_|pk_|whsec_|[cr]t_)[a-z][a-z0-9_]{{0,63}}")
_SHOWN_AS = {"link": "(link)", "tag": " ", "private": WITHHELD, "opaque": WITHHELD, "number": "(number)"}


def masked(text: str, length: int) -> str:
    """A log line of ours, which may quote others: secrets and personal addresses are masked. Cut at `length`."""
    if _PLAIN.fullmatch(text):  # Faster: most of what is logged is ids and words.
        return text
    return _PRIVATE.sub(WITHHELD, _without_addresses(one_line(text)))[:length]


def clean_words(text: str) -> str:
    """A gateway's message, masked as by `masked`, and without links, long numbers and possible tokens."""
    return " ".join(_private_in_words().sub(_shown, _without_addresses(one_line(text))).split())[:WORDS_MAX]


def one_line(text: str) -> str:
    """The text with a space for each line end and each character that cannot be printed."""
    if len(text) > _READ_MAX:  # Cut between words: half a secret would not be recognized.
        text = text[:_READ_MAX].rpartition(" ")[0]
    return text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)


def _without_addresses(text: str) -> str:
    return _ADDRESS.sub(WITHHELD, text) if "@" in text or "%40" in text else text


def _shown(found: re.Match[str]) -> str:
    return _SHOWN_AS.get(found.lastgroup or "", found[0])


@cache
def _private_in_words() -> re.Pattern[str]:
    """Compiled on first use, because it takes long."""
    return re.compile(
        rf"(?P<ours>\b(?:pay|att|rfd|dsp|apr|rec)_{_ULID}\b)"
        rf"|(?P<link>\bhttps?://[^\s\"'<>]+)|(?P<tag><[^<>]*>)"
        rf"|(?P<private>\b(?:{_KEYS_AND_TOKENS}|{_TAX_ID}))"
        rf"|(?P<theirs>{_THEIR_IDS})"
        r"|(?P<opaque>\b(?=[A-Za-z_-]*\d)(?=[\d_-]*[A-Za-z])(?=(?:[A-Za-z_-]*\d){4})[\w-]{20,})"  # An id or a token.
        r"|(?P<number>\d(?:[ .,/_:+|-]{0,3}\d){7,})"  # A card's, a phone's, an account's.
    )
