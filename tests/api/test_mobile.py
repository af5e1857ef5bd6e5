from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from payments.api.mobile import read_mobile

LAYER = Path(__file__).parents[2] / "layers/common"


@pytest.mark.parametrize(
    ("typed", "country", "number"),
    [
        ("+919876543210", "IN", "+919876543210"),
        ("+91 98765-43210", "US", "+919876543210"),
        ("98765 43210", "IN", "+919876543210"),
        ("098765 43210", "IN", "+919876543210"),
        ("९८७६५४३२१०", "IN", "+919876543210"),
        ("(202) 555-0100", "US", "+12025550100"),
        ("+91 98765 43210", "", "+919876543210"),
    ],
)
def test_a_number_of_a_known_country_is_brought_into_e164(typed: str, country: str, number: str) -> None:
    assert read_mobile(typed, country) == (number, True)


@pytest.mark.parametrize(
    ("typed", "country"),
    [
        ("98765", "IN"),
        ("98765 43210", ""),
        ("9876543210", "US"),
        ("+999999999999", "IN"),
        ("ask Asha", "IN"),
        ("0", "IN"),
    ],
)
def test_what_is_no_valid_number_stays_as_it_was_typed(typed: str, country: str) -> None:
    assert read_mobile(typed, country) == (typed, False)


def test_the_numbers_plans_are_loaded_only_where_a_number_is_sent() -> None:
    code = (
        "import sys; from payments.api.mobile import read_mobile; read_mobile('', 'IN'); "
        "assert 'phonenumbers' not in sys.modules; read_mobile('1', 'IN'); assert 'phonenumbers' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": f"{LAYER}:{':'.join(sys.path[1:])}"})
