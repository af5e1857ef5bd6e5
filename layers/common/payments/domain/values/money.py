"""Money: an integer number of minor units and an ISO 4217 code, never a float."""

from __future__ import annotations

from payments.record import record

_NO_DECIMALS = frozenset({
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF",
})  # fmt: skip
_THREE_DECIMALS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})


def minor_units(currency: str) -> int:
    """How many minor units one major unit has, by ISO 4217: 100 of INR, 1 of JPY, 1000 of KWD."""
    return 1 if currency in _NO_DECIMALS else 1000 if currency in _THREE_DECIMALS else 100


@record
class Money:
    """An amount in minor units: 1050 INR is ₹10.50; 1050 JPY is ¥1050."""

    minor: int
    currency: str
