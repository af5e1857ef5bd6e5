"""A gateway whose secret is missing or wrong: only its own payments and webhooks fail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from dev.histories.assumed import assumed_of
from payments.gateways.contract.errors import Misconfigured
from payments.gateways.registry import GATEWAYS
from tests.api.driver import GOOD_ORDER, Edge, Reply
from tests.gateways.kit.test_secret import NEEDED, WEBHOOK
from tests.runtime.written import written_to
from tests.simulated import simulator_secret
from tests.world import BASE_URL, make_world

# The content of the secret in place of the field, and what the log says about it.
SPOILT = {
    "": "is empty; fill it",
    "a\nb": "has a line break inside; paste the key again",
    '"quoted"': "has quotes around it; paste the key without them",
    "two words": "has a space inside; paste the key again",
}


@pytest.fixture
def edge(capfd: pytest.CaptureFixture[str]) -> Iterator[Edge]:
    world = make_world(1, delivers_webhooks=False, accounts=GATEWAYS)
    with written_to(capfd) as written:
        yield Edge(world, written)


def its_secret(name: str) -> dict[str, Any]:
    return dict(simulator_secret(name, f"{BASE_URL}/v1/webhooks/{name}"))


def pays(edge: Edge, name: str, **more: Any) -> Reply:
    country, currency = ("IN", "INR") if assumed_of(name).country == "IN" else ("US", "USD")
    edge.world.workspace(country=country)
    edge.world.advance(61)  # The workspace is cached for a minute.
    request = GOOD_ORDER | {"merchant_order_id": f"ORDER-{name}", "currency": currency, "gateway": name} | more
    return edge.call("POST", "/v1/payments", request, key=f"key-{request['merchant_order_id']}")


def failures(edge: Edge) -> list[dict[str, Any]]:
    return [line for line in edge.written.lines() if line.get("message") == "gateway.failed"]


@pytest.mark.parametrize("name", NEEDED)
@pytest.mark.parametrize("given", SPOILT)
def test_only_its_own_payments_answer_503_and_the_field_is_in_the_log_alone(edge: Edge, name: str, given: str) -> None:
    field = NEEDED[name][0]
    edge.world.secrets[name] = its_secret(name) | {field: given}
    response = pays(edge, name)
    assert (response.status, response.code) == (503, "gateway_unavailable")
    assert field not in response.text
    assert "secret" not in response.text
    (line,) = failures(edge)
    assert (line["level"], line["gateway"], line["operation"]) == ("ERROR", name, "create_checkout")
    assert line["why"] == f"pavati/dev/{name}/main/api: field {field} {SPOILT[given]}"
    assert line["attempt_id"].startswith("att_")
    for other in GATEWAYS:
        assert other == name or pays(edge, other).status == 201, other


@pytest.mark.parametrize("name", NEEDED)
def test_once_its_secret_is_filled_the_same_request_goes_through(edge: Edge, name: str) -> None:
    edge.world.secrets[name] = {}
    assert pays(edge, name).status == 503
    del edge.world.secrets[name]
    assert pays(edge, name).status == 201


@pytest.mark.parametrize("name", NEEDED)
@pytest.mark.parametrize("around", ["{}\n", "  {}", "{}\r\n", "\ufeff{}"])
def test_every_field_pasted_with_what_stands_around_it_works(edge: Edge, name: str, around: str) -> None:
    pasted = {
        field: [around.format(text) for text in value] if isinstance(value, list) else around.format(value)
        for field, value in its_secret(name).items()
    }
    edge.world.secrets[name] = pasted
    assert pays(edge, name).status == 201
    assert failures(edge) == []


@pytest.mark.parametrize("name", NEEDED)
def test_a_secret_that_is_no_json_object_is_named(edge: Edge, name: str) -> None:
    edge.world.secrets[name] = Misconfigured(f"pavati/dev/{name}/main/api is no JSON object")
    assert pays(edge, name).status == 503
    (line,) = failures(edge)
    assert (line["level"], line["why"]) == ("ERROR", f"pavati/dev/{name}/main/api is no JSON object")


@pytest.mark.parametrize("name", NEEDED)
def test_its_webhooks_are_refused_as_forged_ones_are(edge: Edge, name: str) -> None:
    def post() -> Reply:
        headers = {"authorization": "x", "x-razorpay-signature": "x", "stripe-signature": "t=1,v1=x"}
        return edge.call("POST", f"/v1/webhooks/{name}", raw=b"{}", headers=headers, sub=None, tenant=None)

    forged = post()
    edge.written.text()
    edge.world.secrets[name] = its_secret(name) | {WEBHOOK[name]: ""}
    unfilled = post()
    assert (unfilled.status, unfilled.text) == (forged.status, forged.text) == (401, forged.text)
    lines = edge.written.lines()
    (failed,) = (line for line in lines if line.get("message") == "gateway.failed")
    assert (failed["level"], failed["why"]) == (
        "ERROR",
        f"pavati/dev/{name}/main/webhook: field {WEBHOOK[name]} is empty; fill it",
    )
    (refused,) = (line for line in lines if line.get("message") == "delivery.refused")
    assert (refused["level"], refused["gateway"]) == ("WARNING", name)


def test_where_the_system_chooses_it_goes_on_to_the_next_gateway(edge: Edge) -> None:
    edge.world.secrets["phonepe"] = {}
    edge.world.workspace(gateways=["phonepe", "razorpay"])
    response = edge.call("POST", "/v1/payments", GOOD_ORDER, key="key-1")
    assert (response.status, response.json["gateway"]) == (201, "razorpay")


def test_a_refund_waits_until_the_secret_is_filled(edge: Edge) -> None:
    payment = pays(edge, "razorpay").json
    edge.world.payer("pay", payment["attempts"][0]["attempt_id"], at="razorpay")
    edge.world.advance(5)
    path = f"/v1/payments/{payment['payment_id']}"
    assert edge.call("POST", f"{path}/refresh").json["status"] == "completed"
    edge.world.secrets["razorpay"] = {}
    refund = edge.call("POST", f"{path}/refunds", {"amount": 500}, key="refund").json
    assert refund["status"] == "pending"
    del edge.world.secrets["razorpay"]
    edge.world.advance(120)
    edge.world.sweep()
    edge.world.advance(3600)
    edge.world.sweep()
    assert edge.call("GET", f"/v1/refunds/{refund['refund_id']}").json["status"] == "completed"
