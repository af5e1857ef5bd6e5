"""The table of which gateway accepts which order."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from payments.domain.values.terms import MethodType
from payments.gateways.eligibility import _applies, eligible, is_eligible, methods
from payments.gateways.facts import Row, facts_of
from payments.gateways.registry import GATEWAYS, all_rows

TODAY = date(2026, 11, 20)
FIVE = ("phonepe", "razorpay", "paypal", "stripe", "square")


def test_every_gateway_has_a_row_and_every_row_a_gateway() -> None:
    assert {row.gateway for row in all_rows()} == set(GATEWAYS)
    assert all(row.countries and row.currencies and row.methods and row.source for row in all_rows())


@pytest.mark.parametrize(
    ("country", "currency", "method", "names"),
    [
        ("IN", "INR", None, ["phonepe", "razorpay", "stripe"]),
        ("IN", "INR", MethodType.UPI, ["phonepe", "razorpay"]),
        ("IN", "INR", MethodType.EMI, ["razorpay"]),
        ("IN", "INR", MethodType.PAYPAL, []),
        ("IN", "USD", None, ["razorpay", "paypal", "stripe"]),
        ("IN", "USD", MethodType.NETBANKING, []),
        ("US", "INR", MethodType.PAYPAL, []),
        ("US", "USD", None, ["paypal", "stripe", "square"]),
        ("US", "CAD", MethodType.CARD, ["paypal", "stripe"]),
        ("JP", "JPY", MethodType.WALLET, ["stripe", "square"]),
        ("BR", "USD", None, []),
    ],
)
def test_which_gateway_accepts_which_order(
    country: str, currency: str, method: MethodType | None, names: list[str]
) -> None:
    assert eligible(FIVE, country, currency, method, TODAY) == names


def test_the_order_is_the_callers() -> None:
    assert eligible(["stripe", "phonepe"], "IN", "INR", None, TODAY) == ["stripe", "phonepe"]


def test_the_methods_of_all_rows_in_force_are_reported_in_one_order() -> None:
    assert methods("razorpay", "IN", "USD", TODAY) == [MethodType.CARD]
    assert methods("razorpay", "IN", "INR", TODAY)[0] is MethodType.UPI
    assert methods("square", "IN", "INR", TODAY) == []


def test_a_gateway_may_take_payments_from_the_first_day_of_its_row() -> None:
    first = min(row.since for row in facts_of("phonepe").ROWS)
    days = [first - timedelta(1), first]
    assert [is_eligible("phonepe", "IN", "INR", None, day) for day in days] == [False, True]


def test_a_row_is_valid_from_its_first_day_to_the_day_before_its_last() -> None:
    since, until = date(2026, 3, 1), date(2026, 6, 1)
    row = Row("phonepe", frozenset({"IN"}), frozenset({"INR"}), frozenset({MethodType.UPI}), since, "a rule", until)
    days = [since - timedelta(1), since, until - timedelta(1), until]
    assert [_applies(row, day) for day in days] == [False, True, True, False]
