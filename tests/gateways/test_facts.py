"""The facts of each gateway that decide what we do there, against `documented.py` of its tests."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product
from typing import Any

import httpx
import pytest

from payments.domain.values.account import Account
from payments.domain.values.terms import MethodType
from payments.gateways.eligibility import methods, step_minor
from payments.gateways.kit.search import PAGE_SIZE, PAGES_MAX
from payments.gateways.registry import GATEWAYS, all_rows, build_gateway
from payments.gateways.transport.http import ANSWER_BYTES_MAX, CONNECT_S, LEAST_S, READ_S, TOKEN_S, WRITE_S
from payments.gateways.transport.oauth_token import LEASE_S, WAIT_S, WAIT_STEP_S
from tests.gateways.documented import Facts, documented_of
from tests.gateways.fakes import parts

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize("name", GATEWAYS)
def test_a_gateway_refunds_and_authorizes_as_its_document_says(name: str) -> None:
    gateway: Any = build_gateway(Account(name), parts(lambda request: httpx.Response(500)))
    found = Facts(
        gateway.refund_window.days,
        gateway.refund_may_return.days,
        gateway.has_one_refund_at_a_time,
        gateway.has_refund_in_dispute,
        getattr(gateway, "has_partial_capture", None),
        getattr(gateway, "has_checkout_authorization", None),
        gateway.refund_minimum_minor,
    )
    assert found == documented_of(name).FACTS
    assert [each % timedelta(days=1) for each in (gateway.refund_window, gateway.refund_may_return)] == [
        timedelta()
    ] * 2


@pytest.mark.parametrize(
    ("name", "currency", "step"),
    [
        ("paypal", "HUF", 100),
        ("paypal", "TWD", 100),
        ("paypal", "JPY", 1),
        ("paypal", "USD", 1),
        ("stripe", "TWD", 1),
        ("stripe", "HUF", 1),
    ],
)
def test_amounts_are_whole_units_where_the_gateway_takes_no_decimals(name: str, currency: str, step: int) -> None:
    assert step_minor(name, currency) == step


COUNTRIES = sorted({country for row in all_rows() for country in row.countries} | {"BR", "CH"})
CURRENCIES = sorted({currency for row in all_rows() for currency in row.currencies} | {"BRL", "KWD"})


@pytest.mark.parametrize("name", GATEWAYS)
def test_a_gateway_accepts_exactly_what_its_document_says(name: str) -> None:
    expected: dict[tuple[str, str], set[MethodType]] = {}
    for countries, currencies, ways in documented_of(name).TAKES:
        for place in product(countries.split(), currencies.split()):
            expected[place] = expected.get(place, set()) | ways
    captured = {place: set(methods(name, *place, TODAY)) for place in product(COUNTRIES, CURRENCIES)}
    assert {place: ways for place, ways in captured.items() if ways} == expected


@pytest.mark.parametrize(
    ("name", "country", "currency", "since"),
    [
        ("phonepe", "IN", "INR", date(2025, 1, 1)),
        ("razorpay", "IN", "INR", date(2025, 1, 1)),
        ("razorpay", "IN", "USD", date(2025, 1, 1)),
        ("paypal", "US", "USD", date(2021, 4, 1)),
        ("stripe", "US", "USD", date(2025, 1, 1)),
        ("stripe", "IN", "INR", date(2025, 1, 1)),
        ("square", "US", "USD", date(2025, 1, 1)),
        ("square", "JP", "JPY", date(2025, 1, 1)),
    ],
)
def test_a_gateway_accepts_it_from_the_first_day_of_its_row_on(
    name: str, country: str, currency: str, since: date
) -> None:
    days = [since - timedelta(days=1), since, date(2040, 1, 1)]
    assert [bool(methods(name, country, currency, day)) for day in days] == [False, True, True]


def test_a_call_has_these_limits_and_a_lease_outlasts_the_fetch_of_a_token() -> None:
    assert (CONNECT_S, READ_S, TOKEN_S, WRITE_S, LEAST_S) == (2.0, 5.0, 4.0, 8.0, 0.3)
    assert (ANSWER_BYTES_MAX, LEASE_S, WAIT_S, WAIT_STEP_S) == (1_000_000, 15.0, 5.0, 0.1)
    assert 2 * (CONNECT_S + TOKEN_S) < LEASE_S < 30


def test_a_check_reads_no_more_pages_than_fit_into_an_invocation() -> None:
    assert (PAGES_MAX, PAGE_SIZE) == (5, 100)
