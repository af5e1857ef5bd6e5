"""Collections are read to their end, and nothing is made of what makes no sense."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from payments.domain.status import Status
from payments.gateways.contract import Unavailable
from tests.gateways.razorpay.calls import (
    OPENED,
    PAY_REF,
    Wire,
    a_gateway,
    a_payment,
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

    with pytest.raises(Unavailable, match="more than 1000"):
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
    with pytest.raises(Unavailable, match="without sense"):
        a_gateway(Wire(answer)).fetch_payment(OPENED)
