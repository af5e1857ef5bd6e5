"""Converts typed mobile numbers to E.164."""

from __future__ import annotations


def read_mobile(typed: str, country: str) -> tuple[str, bool]:
    """Return (number in E.164, True), or (text as typed, False) if it is no valid number.

    `country` (ISO 3166-1 alpha-2) is used if no country code was typed.
    """
    if not typed:
        return "", False
    import phonenumbers  # Large: loaded only for a request with a number.

    try:
        number = phonenumbers.parse(typed, country)
    except phonenumbers.NumberParseException:
        return typed, False
    if not phonenumbers.is_valid_number(number):
        return typed, False
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), True
