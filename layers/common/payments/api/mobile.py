"""Mobile numbers as people type them, in E.164 where that is certain."""

from __future__ import annotations


def read_mobile(typed: str, country: str) -> tuple[str, bool]:
    """The number in E.164 and True; or as it was typed and False, where it is no valid number.

    `country` (ISO 3166-1 alpha-2) counts where no country code was typed.
    """
    if not typed:
        return "", False
    import phonenumbers  # Half the size of pydantic's core: only a request with a number pays for it.

    try:
        number = phonenumbers.parse(typed, country)
    except phonenumbers.NumberParseException:
        return typed, False
    if not phonenumbers.is_valid_number(number):
        return typed, False
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), True
