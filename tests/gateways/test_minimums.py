"""The minimum of each gateway: dated data, refused before anything is stored, and by the simulators as well."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from gateway_simulators.stripe.intents import MINIMUM as OF_STRIPES_SIMULATOR
from payments.domain.records.payment import Attempt
from payments.domain.values.account import Account
from payments.domain.values.money import Money
from payments.gateways.contract.errors import Rejected
from payments.gateways.contract.payments import CheckoutDetails
from payments.gateways.facts import Minimums, facts_of
from payments.gateways.registry import GATEWAYS, all_rows
from tests.api.driver import Edge
from tests.api.test_views import PAYMENT
from tests.runtime.written import written_to
from tests.world import World, make_world

EACH_GATEWAY = pytest.mark.parametrize("gateway", GATEWAYS)


def minimums_of(gateway: str) -> Minimums:
    its: Minimums = facts_of(gateway).MINIMUMS
    return its


def _bounded() -> Iterator[tuple[str, str, str, int]]:
    """Gateway, merchant's country, currency and minimum, where it is more than 1."""
    for row in all_rows():
        for currency, minimum in minimums_of(row.gateway).payment.items():
            if currency in row.currencies and minimum > 1:
                yield row.gateway, min(row.countries), currency, minimum


BOUNDED = sorted(set(_bounded()))


@EACH_GATEWAY
def test_each_gateways_minimums_are_dated_and_name_their_source(gateway: str) -> None:
    its = minimums_of(gateway)
    assert date(2026, 1, 1) <= its.checked_on < date(2030, 1, 1)
    assert its.source
    for table in (its.payment, its.refund):
        assert all(len(currency) == 3 and currency.isupper() and minor >= 1 for currency, minor in table.items())


@pytest.fixture
def edge(gateway: str, country: str, capfd: pytest.CaptureFixture[str]) -> Iterator[Edge]:
    world = make_world(1, False, (gateway,))
    world.workspace(country=country, gateways=(gateway,))
    with written_to(capfd) as written:
        yield Edge(world, written)


@pytest.mark.parametrize(("gateway", "country", "currency", "minimum"), BOUNDED)
def test_too_little_is_refused_before_anything_is_stored_and_leaves_the_order_id_free(
    gateway: str, country: str, currency: str, minimum: int, edge: Edge
) -> None:
    before = edge.world.tables()
    for named in ({"gateway": gateway}, {}):
        refused = edge.pay(amount=minimum - 1, currency=currency, key="little", **named)
        assert (refused.status, refused.code) == (400, "invalid_amount")
        assert refused.json["error"]["details"]["minimum"] == minimum
        assert f"at least {minimum} in {currency}" in refused.message
    assert edge.world.tables() == before
    assert edge.pay(amount=minimum, currency=currency, key="enough").status == 201


def test_each_gateway_with_a_minimum_was_tried() -> None:
    assert {gateway for gateway, *_ in BOUNDED} == {
        gateway for gateway in GATEWAYS if max(minimums_of(gateway).payment.values(), default=1) > 1
    }
    assert len(BOUNDED) >= 20


def an_attempt(world: World, money: Money, gateway: str) -> Attempt:
    from payments.usecases.payment.attempts import new_attempt

    payment = replace(PAYMENT, amount=money, expires_in_s=1200)
    return new_attempt(1, payment, Account(gateway), world.order().terms, world.ports)


@pytest.mark.parametrize(("gateway", "country", "currency", "minimum"), BOUNDED)
def test_what_is_below_it_is_refused_at_the_gateway_too(
    gateway: str, country: str, currency: str, minimum: int
) -> None:
    world = make_world(1, False, (gateway,))
    order = CheckoutDetails("https://shop.example/", "pay_1", "ORD-1", 1200)
    adapter = world.ports.gateway(Account(gateway))
    with pytest.raises(Rejected):
        adapter.create_checkout(an_attempt(world, Money(minimum - 1, currency), gateway), order)
    assert adapter.create_checkout(an_attempt(world, Money(minimum, currency), gateway), order).ref


def test_stripes_simulator_has_stripes_table() -> None:
    assert {currency.upper(): least for currency, least in OF_STRIPES_SIMULATOR.items()} == minimums_of(
        "stripe"
    ).payment


# By the source in each module; Stripe's are also the simulator's.
LEAST = {
    "phonepe": {"INR": 100},
    "razorpay": {"INR": 100},
    "paypal": {"HUF": 100, "JPY": 1, "TWD": 100},
    "square": dict.fromkeys(("AUD", "CAD", "EUR", "GBP", "JPY", "USD"), 1),
}


@pytest.mark.parametrize("gateway", LEAST)
def test_a_gateways_minimum_is_what_its_document_says(gateway: str) -> None:
    assert LEAST[gateway] == minimums_of(gateway).payment


@pytest.mark.parametrize(
    ("currency", "minimum"), [("USD", 50), ("EUR", 50), ("GBP", 30), ("JPY", 50), ("INR", 50), ("AED", 200)]
)
def test_stripes_minimum_is_what_its_document_says(currency: str, minimum: int) -> None:
    assert minimums_of("stripe").payment[currency] == minimum
