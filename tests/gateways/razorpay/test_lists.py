"""Lists are read to their end, and invalid entries are ignored."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest

from payments.domain.values.money import Money
from payments.domain.values.status import Status
from payments.gateways.contract.errors import Unavailable
from tests.gateways.razorpay.calls import (
    OPENED,
    PAY_REF,
    Wire,
    a_failed_payment,
    a_gateway,
    a_payment,
    a_refund_entity,
    listed,
)


def test_every_page_of_payments_is_read() -> None:
    first = [a_payment("failed", id=f"pay_{n}") for n in range(100)]
    wire = Wire(listed(*first), listed(a_payment()))
    assert a_gateway(wire).fetch_payment(OPENED).ref == PAY_REF
    assert [dict(sent.url.params) for sent in wire.sent] == [
        {"count": "100", "skip": "0"},
        {"count": "100", "skip": "100"},
    ]


def test_a_list_that_does_not_know_of_pages_is_read_once() -> None:
    wire = Wire(listed(*(a_payment("failed", id=f"pay_{n}") for n in range(100))))
    assert a_gateway(wire).fetch_payment(OPENED).status is Status.FAILED
    assert len(wire.sent) == 2


def test_a_list_without_end_is_no_answer() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        skip = int(request.url.params["skip"])
        return httpx.Response(200, json=listed(*(a_payment("failed", id=f"pay_{skip + n}") for n in range(100))))

    with pytest.raises(Unavailable, match="more than 1000 of them"):
        a_gateway(answer).fetch_payment(OPENED)


GARBAGE: list[dict[str, Any]] = [
    {}, {"items": None}, {"items": {}}, {"items": ["x"]}, listed({}),
    listed(a_payment("authorized", created_at=253_402_300_799)),
    *(listed(a_payment() | {name: value}) for name, value in (
        ("status", None), ("status", 3), ("amount", None), ("amount", "49900"), ("amount", True), ("amount", -1),
        ("currency", None), ("currency", 356), ("created_at", None), ("id", None), ("id", "a/b"),
    )),
]  # fmt: skip


@pytest.mark.parametrize("answer", GARBAGE)
def test_a_list_without_what_we_rely_on_is_no_answer(answer: dict[str, Any]) -> None:
    with pytest.raises(Unavailable, match="unusable"):
        a_gateway(Wire(answer)).fetch_payment(OPENED)


def test_of_tries_that_all_failed_the_newest_says_why() -> None:
    first, last = (
        a_failed_payment(reason, id=f"pay_{at}", created_at=1795170600 + at)
        for at, reason in enumerate(("card_declined", "insufficient_funds"))
    )
    for order in ((first, last), (last, first)):
        failure = a_gateway(Wire(listed(*order))).fetch_payment(OPENED).failure
        assert failure
        assert failure.gateway_code == "insufficient_funds"


def test_what_a_search_did_not_find_is_not_searched_for_again() -> None:
    wire = Wire(listed())
    assert a_gateway(wire).fetch_payment(replace(OPENED, checkout_ref="", is_absent=True)).status is Status.CREATED
    assert wire.sent == []


def test_a_payment_with_a_refund_in_an_unknown_code_has_no_total() -> None:
    wire = Wire(listed(a_payment(amount_refunded=1)), listed(a_refund_entity("a_new_word")))
    assert a_gateway(wire).fetch_payment(OPENED).returned is None


def test_an_order_that_was_known_before_is_not_called_found() -> None:
    assert a_gateway(Wire(listed(a_payment()))).fetch_payment(OPENED).found_ref == ""


def test_a_refund_that_a_moving_list_shows_twice_counts_once() -> None:
    refunds = [a_refund_entity(id=f"rfnd_{n}", amount=100) for n in range(102)]
    wire = Wire(listed(a_payment(amount_refunded=10_200)), listed(*refunds[:100]), listed(*refunds[98:]))
    assert a_gateway(wire).fetch_payment(OPENED).returned == Money(10_200, "INR")


def test_of_an_item_that_is_shown_twice_the_later_status_counts() -> None:
    full = [a_payment("failed", id=f"pay_{n}") for n in range(99)]
    wire = Wire(listed(*full, a_payment("created")), listed(a_payment()))
    assert a_gateway(wire).fetch_payment(OPENED).status is Status.COMPLETED
