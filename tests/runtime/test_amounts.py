from __future__ import annotations

import pytest

from payments.runtime.forms import from_body
from payments.runtime.schemas import PaymentRequest, RefundRequest
from tests.runtime.asking import GOOD, refusal, request

GOOD_AMOUNTS = {"1": 1, "100": 100, "49900": 49900, "99999999": 99_999_999}
BAD_AMOUNTS = [
    "0",
    "-0",
    "-1",
    "-100",
    "-99999999",
    "100000000",
    "999999999999",
    "9007199254740993",
    "-9007199254740993",
    "18446744073709551616",
    "9223372036854775807",
    "9223372036854775808",
    "0.0",
    "-0.0",
    "1.0",
    "100.0",
    "99.99",
    "99.999",
    "0.01",
    "1e0",
    "1e2",
    "1E2",
    "1e-2",
    "1.5e3",
    "1e309",
    "-1e309",
    "1e400",
    "1e-400",
    "NaN",
    "Infinity",
    "-Infinity",
    "null",
    "true",
    "false",
    "[]",
    "{}",
    "[100]",
    "[[100]]",
    '{"amount":100}',
    '{"value":100,"currency":"INR"}',
    '"100"',
    '""',
    '" 100"',
    '"100 "',
    '"1e2"',
    '"100.00"',
    '"1,000"',
    '"0x64"',
    '"NaN"',
    '"Infinity"',
    '"null"',
    '"true"',
    '"१००"',
    '"\uff11\uff10\uff10"',
    '"٣٤"',
    '"Rs 100"',
    '"₹100"',
    '"100INR"',
    '"-100"',
    '"+100"',
    '"--1"',
    '"100\\u0000"',
    '"100\\n"',
    "1" + "0" * 5000,
    "-" + "9" * 4400,
    "0.1" + "0" * 400 + "1",
    "1" + "0" * 400 + ".0",
]


@pytest.mark.parametrize(("text", "amount"), GOOD_AMOUNTS.items())
def test_an_integer_of_minor_units_is_an_amount(text: str, amount: int) -> None:
    assert from_body(PaymentRequest, request(f'{{{GOOD}, "amount": {text}}}')).amount == amount
    assert from_body(RefundRequest, request(f'{{"amount": {text}}}')).amount == amount


@pytest.mark.parametrize("text", BAD_AMOUNTS)
def test_anything_else_is_answered_with_the_right_form(text: str) -> None:
    error = refusal(f'{{{GOOD}, "amount": {text}}}')
    assert error.code == "invalid_amount"
    assert '"amount": 49900 means Rs 499.00' in error.message
    assert error.details == {}


def test_the_table_is_long_enough() -> None:
    assert len(BAD_AMOUNTS) >= 60


@pytest.mark.parametrize("text", BAD_AMOUNTS)
def test_a_refund_takes_no_other_amount_either(text: str) -> None:
    assert refusal(f'{{"amount": {text}}}', RefundRequest).code == "invalid_amount"


def test_a_missing_amount_is_asked_for() -> None:
    assert refusal(f"{{{GOOD}}}").code == "invalid_amount"
