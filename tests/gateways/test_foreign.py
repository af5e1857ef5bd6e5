"""Objects of other systems at the same account: in every list of the gateway, and in no ledger."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import httpx
import pytest

from gateway_simulators.kit.clock import ManualClock
from gateway_simulators.kit.gateway import GatewayApp
from gateway_simulators.kit.inprocess import InProcessTransport
from tests.simulated import make_simulator, simulator_secret

NOW = int(ManualClock().now())


def made(name: str) -> GatewayApp:
    return make_simulator(name, ManualClock().now, 1, lambda url, headers, body: 200, "", lambda seconds: None)


class Caller:
    def __init__(self, app: GatewayApp, authorization: str = "") -> None:
        headers = {"Authorization": authorization} if authorization else {}
        self.http = httpx.Client(transport=InProcessTransport(app), base_url="http://sim.test", headers=headers)

    def foreign(self, **body: object) -> httpx.Response:
        return self.http.post("/_sim/foreign", json=body)

    def get(self, path: str, **params: object) -> Any:
        return (
            self.http.get(path, params={name: str(value) for name, value in params.items()}).raise_for_status().json()
        )


def caller(name: str) -> Caller:
    secret = simulator_secret(name, "")
    keys = {
        "stripe": lambda: f"Bearer {secret['secret_key']}",
        "square": lambda: f"Bearer {secret['access_token']}",
        "razorpay": lambda: "Basic " + b64encode(f"{secret['key_id']}:{secret['key_secret']}".encode()).decode(),
    }
    app = made(name)
    got = Caller(app, keys[name]())
    assert got.foreign(count=250, over_s=500).json() == {"count": 250, "over_s": 500}
    assert got.get("/_sim/ledger")["orders"] == []
    return got


@pytest.mark.parametrize("path", ["/v1/checkout/sessions", "/v1/payment_intents"])
def test_stripe_lists_them_newest_first_by_cursor_and_time(path: str) -> None:
    stripe, seen = caller("stripe"), []
    params: dict[str, object] = {"limit": 100, "created[gte]": NOW - 500, "created[lte]": NOW}
    for expected in (100, 100, 50):
        page = stripe.get(path, **params)
        assert (len(page["data"]), page["has_more"]) == (expected, expected == 100)
        seen += page["data"]
        params["starting_after"] = page["data"][-1]["id"]
    times = [each["created"] for each in seen]
    assert (len({each["id"] for each in seen}), times) == (250, sorted(times, reverse=True))
    assert len(stripe.get(path, **{"limit": 100, "created[gte]": NOW - 100})["data"]) == 50
    assert len(stripe.get(path)["data"]) == 10


def test_square_lists_them_by_cursor_and_time_at_their_location() -> None:
    square, seen, cursor = caller("square"), [], ""
    for expected in (100, 100, 50):
        more = {"cursor": cursor} if cursor else {}
        page = square.get("/v2/payments", location_id="LSIMWEB000001", sort_order="ASC", limit=200, **more)
        assert len(page["payments"]) == expected
        cursor = page.get("cursor", "")
        seen += page["payments"]
    times = [each["created_at"] for each in seen]
    assert (cursor, len({each["id"] for each in seen}), times) == ("", 250, sorted(times))
    assert square.get("/v2/payments") == {}, "of the main location there are none"


@pytest.mark.parametrize("path", ["/v1/orders", "/v1/payments/qr_codes"])
def test_razorpay_lists_them_by_count_and_skip_and_time(path: str) -> None:
    razorpay = caller("razorpay")
    window = {"from": NOW - 500, "to": NOW}
    pages = [razorpay.get(path, count=100, skip=skip, **window)["items"] for skip in (0, 100, 200, 300)]
    assert [len(page) for page in pages] == [100, 100, 50, 0]
    assert len({each["id"] for page in pages for each in page}) == 250
    assert len(razorpay.get(path, count=100, **{"from": NOW - 100})["items"]) == 50
    assert len(razorpay.get(path)["items"]) == 10


@pytest.mark.parametrize("name", ["phonepe", "paypal"])
def test_where_nothing_is_searched_for_there_are_none(name: str) -> None:
    answer = Caller(made(name)).foreign(count=5)
    assert (answer.status_code, answer.json()["error"]) == (409, "nothing is searched for here")


@pytest.mark.parametrize("body", [{}, {"count": 0}, {"count": 10_001}, {"count": "5"}, {"count": 5, "over_s": -1}])
def test_a_wrong_number_is_refused_with_what_may_be_sent(body: dict[str, object]) -> None:
    answer = Caller(made("stripe")).foreign(**body)
    assert answer.status_code == 400
    assert "must be a" in answer.json()["error"]


def test_a_reset_forgets_them() -> None:
    stripe = caller("stripe")
    stripe.http.post("/_sim/reset").raise_for_status()
    assert stripe.get("/v1/payment_intents")["data"] == []
