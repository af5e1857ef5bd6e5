"""Answers to requests whose path, method or slash is not quite right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from payments.api.paths import PATHS
from tests.api.driver import Edge, Reply

ANONYMOUS: dict[str, Any] = {"sub": None, "tenant": None}


def test_a_webhook_may_come_with_a_slash_at_its_end(edge: Edge) -> None:
    sent: list[tuple[bytes, dict[str, str]]] = []

    def keep(url: str, headers: Mapping[str, str], body: bytes) -> int:
        sent.append((body, {name.lower(): value for name, value in headers.items()}))
        return 200

    edge.world.sim.outbox._post = keep
    made = edge.pay().json
    edge.world.payer("pay", made["attempts"][0]["attempt_id"])
    edge.world.advance(1)
    body, headers = sent[-1]
    response = edge.call("POST", "/v1/webhooks/phonepe/", raw=body, headers=headers, **ANONYMOUS)
    assert (response.status, response.json) == (200, {"received": True})
    assert edge.call("GET", f"/v1/payments/{made['payment_id']}").json["status"] == "completed"


def test_a_payer_may_come_back_with_a_slash_at_the_end(edge: Edge) -> None:
    made = edge.pay().json
    address = edge.world.sim.model.known_order(made["attempts"][0]["attempt_id"]).redirect_url
    path, _, query = address[address.index("/v1/") :].partition("?")
    response = edge.call("GET", f"{path}/?{query}", **ANONYMOUS)
    assert (response.status, response.headers["Location"][:28]) == (302, "https://shop.example/thanks?")


def filled(template: str) -> str:
    return "/".join("pay_123secret456" if step.startswith("{") else step for step in template.split("/"))


def named(response: Reply, path: str) -> None:
    assert (response.status, response.code, response.json["error"]["details"]) == (404, "not_found", {"path": path})
    assert f"Send this to {path}." in response.message
    assert "secret" not in response.text


@pytest.mark.parametrize("route", PATHS)
def test_a_path_without_its_version_or_with_a_slash_too_many_is_answered_with_the_right_one(
    calm_edge: Edge, route: str
) -> None:
    method, _, template = route.partition(" ")
    path = filled(template)
    others = [path.removeprefix("/v1"), path.removeprefix("/v1") + "/", path + "//"]
    if not template.startswith("/v1/webhooks/") and template != "/v1/checkouts/{payment_id}/return":
        others.append(path + "/")
    for other in others:
        named(calm_edge.call(method, f"{other}?rt=secret", **ANONYMOUS), template)


def test_another_method_is_answered_with_those_there_are(calm_edge: Edge) -> None:
    response = calm_edge.call("POST", "/v1/health", **ANONYMOUS)
    assert (response.status, response.code, response.headers["Allow"]) == (405, "method_not_allowed", "GET")
    response = calm_edge.call("DELETE", "/v1/payments", **ANONYMOUS)
    assert (response.headers["Allow"], response.message) == ("GET, POST", "Send GET or POST to this path.")


@pytest.mark.parametrize(
    "path", ["/", "/v2/payments", "/v1/nowhere", "/v1/payments/a/b/c/d", "/v1//payments", "/payment"]
)
def test_a_path_that_is_like_none_is_answered_so(calm_edge: Edge, path: str) -> None:
    response = calm_edge.call("GET", path, **ANONYMOUS)
    assert (response.status, response.code, response.json["error"]["details"]) == (404, "not_found", {})
    assert "every path begins with /v1/" in response.message
