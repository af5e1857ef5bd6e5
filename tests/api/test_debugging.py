"""DEBUG lines for one workspace: they begin, contain no secret, and end by themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dev.histories.settings import PREFIX
from payments.domain.values.clock import to_text
from payments.gateways.transport.reporting import AnsweredCall, debug_to
from payments.runtime import log
from tests.api.driver import GOOD_ORDER, ROUTES, Edge
from tests.world import SECRET, World

SECRETS = {
    "customer": {"mobile": "9876501234", "email": "quill.feather@kestrelmail.example", "name": "Zebulon Quillfeather"},
    "metadata": {"note": "otp 738261, pay zebulon@okzanbank", "token": "sk_live_canary4711"},
}
CANARIES = (
    "9876501234", "quill.feather", "kestrelmail", "Zebulon", "Quillfeather", "738261", "okzanbank", "sk_live_canary",
    "4111111111111111", "canary-key-5150", "cart=7",
)  # fmt: skip


def until(world: World, minutes: float, workspace: str = "ws_demo", text: str = "") -> None:
    """Write what the tool writes."""
    value = text or to_text(world.clock.now() + timedelta(minutes=minutes))
    world.dynamo.update_item(
        TableName=f"{PREFIX}workspaces",
        Key={"pk": {"S": f"T#{workspace}#WS"}, "sk": {"S": "WORKSPACE"}},
        UpdateExpression="SET debug_until = :until",
        ExpressionAttributeValues={":until": {"S": value}},
    )


def lines(edge: Edge) -> list[dict[str, Any]]:
    return [line for line in edge.written.lines() if line.get("level") == "DEBUG"]


def kinds(edge: Edge) -> list[str]:
    return [line["message"] for line in lines(edge)]


def test_without_it_nothing_is_written_at_level_debug(edge: Edge) -> None:
    edge.pay()
    edge.pay(amount="x", key="key-2")
    assert kinds(edge) == []


def test_a_debugged_workspace_logs_requests_and_the_gateways_answers(edge: Edge) -> None:
    until(edge.world, 30)
    payment = edge.pay(**SECRETS).json
    request, answered = lines(edge)
    assert (request["message"], request["route"], request["workspace_id"]) == (
        "request.asked",
        "POST /v1/payments",
        "ws_demo",
    )
    assert (request["amount_minor"], request["currency"], request["role"]) == (49900, "INR", "owner")
    assert request["sent"].split() == ["amount", "currency", "customer", "merchant_order_id", "metadata", "return_url"]
    assert (answered["message"], answered["gateway"]) == ("gateway.answered", "phonepe")
    assert (answered["operation"], answered["payment_id"]) == ("create_checkout", payment["payment_id"])
    assert answered["duration_ms"] >= 0
    edge.call("POST", f"/v1/payments/{payment['payment_id']}/refresh")
    (request, answered) = lines(edge)
    assert request["payment_id"] == payment["payment_id"]
    assert (answered["operation"], answered["status"]) == ("fetch_payment", "pending")


def test_a_refusal_is_reported_with_its_reason(edge: Edge) -> None:
    until(edge.world, 30)
    edge.pay(amount=1.5)
    edge.pay(currency="rupees", Zebulon=1, key="key-2")
    edge.pay(gateway="paytm", key="key-3")
    first, second, request, third = lines(edge)
    assert (first["message"], first["code"], first["error"]) == ("request.refused", "invalid_amount", "Refusal")
    assert first["field"] == "amount"
    assert (second["code"], second["field"]) == ("invalid_request", "currency (unknown)")
    assert (request["message"], third["error"]) == ("request.asked", "UnknownGateway")


def test_a_refusal_of_an_address_or_a_card_is_reported_with_the_field_of_the_request(edge: Edge) -> None:
    until(edge.world, 30)
    edge.pay(return_url="https://evil.example/", key="key-1")
    edge.pay(metadata={"note": "4111111111111111"}, key="key-2")
    reported = [(line["code"], line["field"]) for line in lines(edge) if line["message"] == "request.refused"]
    assert reported == [("redirect_not_allowed", "return_url"), ("raw_card_data_rejected", "metadata")]


def everything(edge: Edge) -> str:
    """Requests of all kinds, valid and invalid, full of canaries; returns what was logged meanwhile."""
    payment = edge.pay(**SECRETS, key="canary-key-5150").json
    edge.pay(**SECRETS, merchant_order_id="4111111111111111", key="canary-key-5150")
    edge.pay(**SECRETS, currency="Zebulon", key="canary-key-5150")
    edge.pay(metadata={"Zebulon": "x" * 9_000}, key="k3")
    edge.pay(customer={"Zebulon": "Quillfeather", "email": "quill.feather@kestrelmail"}, key="k4")
    edge.pay(gateway="Zebulon", key="k9")
    edge.call("GET", "/v1/payments?status=Zebulon")
    edge.pay(return_url="https://sk_live_canary4711.example/?otp=738261", key="k5")
    edge.world.payer("pay", payment["attempts"][0]["attempt_id"])
    edge.world.advance(1)
    payment_id = payment["payment_id"]
    edge.call("POST", f"/v1/payments/{payment_id}/refunds", {"reason": "Zebulon Quillfeather, 9876501234"}, key="k6")
    for route in ROUTES:
        path = route.path.replace("{payment_id}", payment_id)
        edge.call(route.method, f"{path}?note=Zebulon", {"note": "Quillfeather 9876501234", "cvv": "738261"}, key="k7")
        edge.call(route.method, path, {"note": "Quillfeather 9876501234", "outcome": "okzanbank"}, key="k8")
    text = edge.written.text()
    assert payment["checkout_token"] not in text
    return text


def test_nothing_secret_or_personal_is_in_the_lines(edge: Edge) -> None:
    until(edge.world, 60)
    text = everything(edge)
    written = [json.loads(line) for line in text.splitlines()]
    debug = [line for line in written if line.get("level") == "DEBUG"]
    assert {line["message"] for line in debug} == {"request.asked", "request.refused", "gateway.answered"}
    assert len(debug) > 20
    canaries = (*CANARIES, *leaves(SECRET))
    assert [canary for canary in canaries if canary in text] == []


def leaves(secret: Any) -> Iterator[str]:
    """The texts of a gateway's secret that are long enough to be secret."""
    for value in secret.values() if isinstance(secret, dict) else secret:
        if isinstance(value, str):
            yield from [value] if len(value) > 7 else []
        elif isinstance(value, dict | list | tuple):
            yield from leaves(value)


def test_every_field_of_a_debug_line_is_cleaned_like_any_other(edge: Edge) -> None:
    log.debug(is_on=True)
    log.note("x", level="DEBUG", why="call quill.feather@kestrelmail.example", sent="4111111111111111", body="Zebulon")
    (line,) = lines(edge)
    log.debug(is_on=False)
    assert (line["why"], line["sent"]) == ("call (withheld)", "(withheld)")
    assert "body" not in line


def test_it_ends_by_itself_at_its_time(edge: Edge) -> None:
    world = edge.world
    until(world, 30)
    edge.pay()
    assert "request.asked" in kinds(edge)
    world.clock.sleep(30 * 60 - 1)
    edge.pay(key="key-2", merchant_order_id="ORDER-2")
    assert "request.asked" in kinds(edge)
    world.clock.sleep(1)  # The workspace is still cached; its end of debugging is compared with the clock.
    edge.pay(key="key-3", merchant_order_id="ORDER-3")
    assert kinds(edge) == []


@pytest.mark.parametrize("minutes", [60.1, 600, 60 * 24 * 365])
def test_an_end_further_off_than_an_hour_counts_for_nothing(edge: Edge, minutes: float) -> None:
    until(edge.world, minutes)
    edge.pay()
    assert kinds(edge) == []


@pytest.mark.parametrize("text", ["tomorrow", "2026-13-45T00:00:00Z", "2026-11-20T00:00:00", "9999"])
def test_an_end_that_is_no_time_counts_for_nothing_and_stops_nothing(edge: Edge, text: str) -> None:
    until(edge.world, 0, text=text)
    assert edge.pay().status == 201
    assert kinds(edge) == []


def test_other_workspaces_stay_at_their_level(edge: Edge) -> None:
    until(edge.world, 30)
    edge.pay()
    assert kinds(edge) != []
    edge.pay(key="key-2", merchant_order_id="ORDER-2")
    edge.written.text()
    edge.call("POST", "/v1/payments", GOOD_ORDER, sub="other_owner", tenant="ws_other", key="key-1")
    assert kinds(edge) == []
    edge.call("GET", "/v1/payments", sub=None)
    assert kinds(edge) == []


def test_what_runs_after_a_debugged_request_is_not_debugged(edge: Edge) -> None:
    until(edge.world, 30)
    payment = edge.pay().json
    edge.world.payer("pay", payment["attempts"][0]["attempt_id"])
    edge.written.text()
    edge.world.advance(301)
    edge.sweep({"job": "sweep"}, _Context())
    assert kinds(edge) == []


class _Context:
    def get_remaining_time_in_millis(self) -> int:
        return 60_000


def test_a_request_that_fails_is_the_last_debugged_one_too(edge: Edge) -> None:
    until(edge.world, 30)

    def broken(*_: object) -> None:
        assert log.is_debugging()
        raise ValueError("canary-key-5150")

    edge.world.override_workspace_store(list_payments=broken)
    edge.use(replace(edge.ports, store=edge.world.ports.store))
    assert edge.call("GET", "/v1/payments").code == "internal_error"
    assert not log.is_debugging()


def test_an_answered_call_costs_nothing_while_no_one_debugs() -> None:
    noted: list[str] = []
    call = AnsweredCall("phonepe", "fetch_payment", 0.1, (), None)
    debug_to(lambda what, **_: noted.append(what), lambda: False)(call)
    assert noted == []
    debug_to(lambda what, **_: noted.append(what), lambda: True)(call)
    assert noted == ["gateway.answered"]


def test_it_begins_within_a_minute(edge: Edge) -> None:
    edge.pay()
    until(edge.world, 30)
    edge.world.clock.sleep(61)
    edge.pay(key="key-2", merchant_order_id="ORDER-2")
    assert "request.asked" in kinds(edge)
