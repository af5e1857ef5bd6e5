"""Requests that are refused for every caller, on one world that none of them changes."""

from __future__ import annotations

import pytest

from payments.api.errors import CODES
from tests.api.driver import GOOD_ORDER, Edge
from tests.api.test_reading import bearer, return_address, unknown
from tests.api.test_webhook import send


@pytest.mark.parametrize(
    ("changes", "status", "code", "is_shown"),
    [
        ({"gateway": "adyen"}, 400, "unknown_gateway", "phonepe"),
        ({"currency": "USD"}, 422, "gateway_not_eligible", "no gateway"),
        ({"amount": 99}, 400, "invalid_amount", "at least 100"),
        ({"return_url": "https://evil.example/"}, 403, "redirect_not_allowed", "https://shop.example"),
    ],
)
def test_a_refusal_names_what_would_be_accepted(
    calm_edge: Edge, changes: dict[str, object], status: int, code: str, is_shown: str
) -> None:
    response = calm_edge.pay(**changes)
    assert (response.status, response.code) == (status, code)
    assert is_shown in response.message


def test_a_payment_needs_a_key(calm_edge: Edge) -> None:
    response = calm_edge.call("POST", "/v1/payments", GOOD_ORDER)
    assert (response.status, response.code) == (400, "invalid_request")
    assert "Idempotency-Key" in response.message


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "ct_",
        f"ct_{'0' * 64}",
        f"ct_{'0' * 64}.ws_demo",
        f"ct_{'0' * 64}.ws_other",
        f"ct_{'0' * 64}.",
        f"ct_{'0' * 64}.ws#demo",
        f"rt_{'0' * 64}.ws_demo",
        "ct_" + "0" * 10_000,
        "é",
    ],
)
def test_a_wrong_token_and_an_unknown_payment_are_the_same_bytes(calm_edge: Edge, token: str) -> None:
    payment_id = calm_edge.pay().json["payment_id"]
    response = calm_edge.call("GET", f"/v1/checkouts/{payment_id}", sub=None, tenant=None, headers=bearer(token))
    assert (response.status, response.text) == (404, unknown(calm_edge).text)


@pytest.mark.parametrize("more", ["", "?rt=", "?rt=x", "?token={token}", "?rt={token}x", "?rt={token}&rt={token}"])
def test_a_wrong_return_token_leads_nowhere(calm_edge: Edge, more: str) -> None:
    payment_id = calm_edge.pay().json["payment_id"]
    _, token = return_address(calm_edge)
    response = calm_edge.call("GET", f"/v1/checkouts/{payment_id}/return{more.format(token=token)}", sub=None)
    assert (response.status, response.text) == (404, unknown(calm_edge).text)


@pytest.mark.parametrize("workspace", ["ws#demo", "w" * 3000, "ws demo", "é"])
def test_a_token_of_no_possible_form_never_reaches_the_store(calm_edge: Edge, workspace: str) -> None:
    payment_id = calm_edge.pay().json["payment_id"]
    before = calm_edge.world.client.calls.total()
    token = f"ct_{'0' * 64}.{workspace}"
    assert calm_edge.call("GET", f"/v1/checkouts/{payment_id}", headers=bearer(token)).status == 404
    assert calm_edge.world.client.calls.total() == before


def test_a_checkout_token_is_no_return_token(calm_edge: Edge) -> None:
    payment = calm_edge.pay().json
    response = calm_edge.call("GET", f"/v1/checkouts/{payment['payment_id']}/return?rt={payment['checkout_token']}")
    assert response.status == 404


@pytest.mark.parametrize("gateway", ["adyen", "PHONEPE", "phonepe2", "..", "é"])
def test_a_gateway_that_is_not_here_is_not_found(calm_edge: Edge, gateway: str) -> None:
    response = send(calm_edge, b"{}", path=f"/v1/webhooks/{gateway}")
    assert (response.status, response.message) == (404, CODES["not_found"].message)


def test_a_body_that_is_too_large_is_refused_before_its_proof_is_checked(calm_edge: Edge) -> None:
    response = send(calm_edge, b"x" * (256 * 1024 + 1), "0" * 64)
    assert (response.status, response.code) == (413, "request_too_large")
    assert "256 KB" in response.message
    assert send(calm_edge, b"x" * (256 * 1024), "0" * 64).status == 401
