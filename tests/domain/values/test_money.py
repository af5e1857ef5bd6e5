"""How many minor units a major unit has."""

from __future__ import annotations

import pytest

from payments.domain.values.money import minor_units


@pytest.mark.parametrize(
    ("currency", "minor"),
    [("INR", 100), ("USD", 100), ("EUR", 100), ("JPY", 1), ("KRW", 1), ("ISK", 1), ("KWD", 1000), ("TND", 1000)],
)
def test_a_major_unit_has_the_minor_units_of_iso_4217(currency: str, minor: int) -> None:
    assert minor_units(currency) == minor
