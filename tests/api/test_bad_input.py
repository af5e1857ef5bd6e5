"""Bad input is answered with a 4xx that says what would be valid; it changes nothing and is stored nowhere."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from payments.api.routes import Route
from tests.api.driver import GOOD_ORDER, ROUTES, Context, Edge, Reply, an_event

CANARY = "CANARY-s3cr3t"
PAN = "4111 1111 1111 1111"


def post(edge: Edge, raw: bytes, **more: Any) -> Reply:
    return edge.call("POST", "/v1/payments", raw=raw, key="key-1", **more)


@pytest.fixture
def nothing_changes(calm_edge: Edge) -> Any:
    before = calm_edge.world.tables()
    yield calm_edge
    assert calm_edge.world.tables() == before


def order(**changes: Any) -> bytes:
    return json.dumps(GOOD_ORDER | changes).encode()


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"merchant_order_id": CANARY + "\n"}, 400),
        ({"amount": CANARY}, 400),
        ({"currency": CANARY}, 400),
        ({"return_url": f"https://{CANARY}.example/"}, 403),
        ({"customer": {"name": CANARY + "\n"}}, 400),
        ({"customer": {"email": CANARY}}, 400),
        ({"customer": {"mobile": CANARY + "\n"}}, 400),
        ({"metadata": {"a b": CANARY}}, 400),
        ({"metadata": {CANARY + " ": "x"}}, 400),
        ({"gateway": CANARY}, 400),
        ({"expires_in_s": CANARY}, 400),
        ({"note": CANARY}, 400),
        ({"cvv": CANARY}, 422),
        ({"metadata": {"note": f"{CANARY} {PAN}"}}, 422),
        ({PAN: CANARY}, 422),
        ({"customer": {"name": CANARY, "id": PAN.replace(" ", "")}}, 422),
    ],
)
def test_a_bad_value_is_neither_echoed_nor_logged(nothing_changes: Edge, changes: dict[str, Any], status: int) -> None:
    response = post(nothing_changes, order(**changes))
    assert response.status == status
    written = nothing_changes.written.text()
    assert '"message":"request"' in written
    for text in (response.text, written):
        assert not any(value in text for value in (CANARY, PAN, PAN.replace(" ", "")))


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", ""])
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_another_method_or_path_is_reported_in_our_form(calm_edge: Edge, route: Route, method: str) -> None:
    (api,) = [api for api in calm_edge.apis if route in api.routes]
    answer = api(an_event(method, route.path.replace("{", "").replace("}", "")), Context())
    assert json.loads(answer["body"])["error"]["code"] == "method_not_allowed"
    assert answer["statusCode"] == 405
    assert route.method in answer["headers"]["Allow"]


@pytest.mark.parametrize("given", ["x" * 3000, "pay_" + "0" * 3000, "pay_#"])
def test_an_id_of_no_possible_form_never_reaches_the_store(calm_edge: Edge, given: str) -> None:
    calm_edge.call("GET", "/v1/payments")  # From here on the caller's role is cached.
    before = calm_edge.world.client.calls.total()
    assert calm_edge.call("GET", f"/v1/payments/{given}").code == "not_found"
    assert calm_edge.world.client.calls.total() == before


def test_a_path_that_is_not_there_is_reported_in_our_form(calm_edge: Edge) -> None:
    response = calm_edge.call("GET", "/v1/nowhere")
    assert (response.status, response.code) == (404, "not_found")


@pytest.mark.parametrize(
    ("given", "is_stored"),
    [("a-B_9", True), ("x" * 64, True), ("x" * 65, False), ("a b", False), ("a\nb", False), ("", False), (PAN, False),
     ("4111111111111111", False), ("a,b", False)],
)  # fmt: skip
def test_a_request_id_is_echoed_if_it_is_a_plain_text(calm_edge: Edge, given: str, is_stored: bool) -> None:
    response = calm_edge.call("GET", "/v1/payments", tenant=None, headers={"x-request-id": given})
    made = response.headers["X-Request-ID"]
    assert response.json["error"]["request_id"] == made
    assert (made == given) == is_stored
    assert is_stored or made.startswith("req_")


@pytest.mark.parametrize("path", ["/v1/payments", "/v1/nowhere", "/v1/health", "/v1/payments/x"])
def test_every_answer_carries_the_security_headers(calm_edge: Edge, path: str) -> None:
    headers = calm_edge.call("GET", path).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Type"] == "application/json"
    assert "max-age" in headers["Strict-Transport-Security"]


def test_an_unexpected_error_is_answered_and_logged_without_its_text(calm_edge: Edge) -> None:
    class Broken:
        def within(self, workspace_id: str) -> Any:
            raise RuntimeError(CANARY)

    calm_edge.use(replace(calm_edge.ports, store=Broken()))  # type: ignore[arg-type]
    response = calm_edge.call("GET", "/v1/payments")
    written = calm_edge.written.text()
    assert (response.status, response.code) == (500, "internal_error")
    assert '"error":"RuntimeError"' in written
    assert "test_bad_input.py" in written
    assert CANARY not in written + response.text


def test_settings_that_are_not_valid_are_an_internal_error(calm_edge: Edge) -> None:
    class Unset:
        def ports(self) -> Any:
            raise KeyError(CANARY)

        settings = ports

        def deadline(self) -> Any:
            return calm_edge.wired.deadline()

    answer = calm_edge.apis[1].on(Unset())(an_event("GET", "/v1/payments"), Context())
    assert answer["statusCode"] == 500
    assert CANARY not in calm_edge.written.text() + answer["body"]


def test_a_request_is_one_line_with_its_route_and_no_more_than_ids(calm_edge: Edge) -> None:
    payment_id = calm_edge.pay().json["payment_id"]
    calm_edge.written.text()
    calm_edge.call("GET", f"/v1/payments/{payment_id}")
    (line,) = calm_edge.written.lines()
    assert line["route"] == "GET /v1/payments/{payment_id}"
    assert (line["http_status"], line["workspace_id"], line["payment_id"]) == (200, "ws_demo", payment_id)
    assert (line["request_id"], line["code"]) == ("req-1", "")
    assert line["duration_ms"] >= 0
