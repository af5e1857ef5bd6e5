"""A merchant's own ids of orders, at every gateway: opened, abandoned, found, tried again, paid, refunded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.api.driver import Edge
from tests.runtime.written import written_to
from tests.simulated import ByPort
from tests.world import make_world

PLACES = {  # The merchant's country and currency, and where the gateway shows the order's id to people.
    "phonepe": ("IN", "INR", {"message", "udf2"}),
    "razorpay": ("IN", "INR", {"merchant_order_id"}),
    "paypal": ("US", "USD", {"description"}),
    "stripe": ("US", "USD", {"name", "merchant_order_id"}),
    "square": ("US", "USD", {"name", "payment_note"}),
}
ORDER_IDS = ["INV/2026/00001", "A#1", "a b.c", "100%25", "\"<&>'\\", "+" * 50]


@pytest.fixture
def edge(gateway: str, capfd: pytest.CaptureFixture[str]) -> Iterator[Edge]:
    world = make_world(1, True, (gateway,))
    world.workspace(country=PLACES[gateway][0], gateways=(gateway,))
    with written_to(capfd) as written:
        yield Edge(world, written)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[httpx.Request]:
    """Every request to a gateway."""
    requests: list[httpx.Request] = []
    handle = ByPort.handle_request

    def recorded(ports: ByPort, request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return handle(ports, request)

    monkeypatch.setattr(ByPort, "handle_request", recorded)
    return requests


def texts_of(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Each text within `value`, with the name of its field."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from texts_of(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from texts_of(each, name)
    else:
        yield name, str(value)


def texts_in(request: httpx.Request) -> Iterator[tuple[str, str]]:
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        pairs = httpx.QueryParams(request.content.decode()).multi_items()
        return iter([(name.rpartition("[")[2].rstrip("]"), value) for name, value in pairs])
    return texts_of(json.loads(request.content)) if request.content else iter(())


def abandon(edge: Edge) -> None:
    """Nobody pays, and the checkout expires."""
    for _ in range(12):
        edge.world.advance(300)
        edge.world.sweep()


@pytest.mark.parametrize("order_id", ORDER_IDS)
@pytest.mark.parametrize("gateway", PLACES)
def test_an_order_id_of_visible_ascii_works_from_end_to_end(gateway: str, order_id: str, edge: Edge) -> None:
    order = {"merchant_order_id": order_id, "currency": PLACES[gateway][1]}
    first = edge.pay(**order)
    assert (first.status, first.json["merchant_order_id"]) == (201, order_id)
    assert edge.pay(**order).text == first.text
    abandon(edge)
    (failed,) = edge.call("GET", f"/v1/payments?merchant_order_id={quote(order_id, safe='')}").json["data"]
    assert (failed["payment_id"], failed["status"]) == (first.json["payment_id"], "expired")
    path = f"/v1/payments/{failed['payment_id']}"
    again = edge.call("POST", f"{path}/retry", {}, key="retry-1")
    assert (again.status, again.json["merchant_order_id"], again.json["status"]) == (201, order_id, "pending")
    assert edge.pay(**order, key="key-2").code == "duplicate_order"
    edge.world.payer("pay", again.json["attempts"][-1]["attempt_id"], at=gateway)
    edge.world.advance(60)
    found = edge.call("POST", f"{path}/refresh").json
    assert (found["merchant_order_id"], found["status"]) == (order_id, "completed")
    token = again.json["checkout_token"]
    seen = edge.call("GET", f"/v1/checkouts/{failed['payment_id']}", headers={"authorization": f"Bearer {token}"})
    assert seen.json["merchant_order_id"] == order_id
    assert edge.call("POST", f"{path}/refunds", {}, key="refund-1").status == 201


@pytest.mark.parametrize("gateway", PLACES)
def test_no_gateway_is_sent_the_order_id_as_an_id(gateway: str, edge: Edge, sent: list[httpx.Request]) -> None:
    made = edge.pay(merchant_order_id="INV/2026/00001", currency=PLACES[gateway][1]).json
    assert made["status"] == "pending"
    shown = {name for request in sent for name, text in texts_in(request) if "2026" in text and "00001" in text}
    assert shown == PLACES[gateway][2]
    assert not [request for request in sent if "00001" in str(request.url) or "00001" in str(request.headers)]


@pytest.mark.parametrize("gateway", ["razorpay"])
def test_a_number_that_no_one_can_read_goes_to_no_gateway(gateway: str, edge: Edge, sent: list[httpx.Request]) -> None:
    made = edge.pay(customer={"mobile": "ring twice 4711"}).json
    assert (made["customer"]["mobile"], made["customer"]["mobile_sent"]) == ("ring twice 4711", False)
    assert not [request for request in sent if b"4711" in request.content]
