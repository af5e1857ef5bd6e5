from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

import httpx
import pytest

from payments.domain.values.account import Account
from payments.gateways.contract.webhooks import WebhookRequest
from payments.store.contract.errors import StoreUnavailable
from payments.usecases.webhook.receive import receive_webhook
from tests.api.driver import Context, Edge, Reply, an_event
from tests.runtime.written import written_to
from tests.simulated import ByPort
from tests.world import PREFIX, make_world

PROOF = hashlib.sha256(b"sim_user:simPass123").hexdigest()
PATH = "/v1/webhooks/phonepe"


def webhook_body(attempt_id: str) -> bytes:
    payload = {"merchantOrderId": attempt_id, "state": "COMPLETED", "orderId": "OMO1", "amount": 49900}
    return json.dumps({"event": "checkout.order.completed", "payload": payload}).encode()


def send(edge: Edge, raw: bytes, proof: str | None = PROOF, path: str = PATH) -> Reply:
    return edge.call("POST", path, raw=raw, sub=None, tenant=None, headers={"Authorization": proof} if proof else None)


def test_a_webhook_with_proof_is_received_and_the_gateway_called(edge: Edge) -> None:
    payment = edge.pay().json
    edge.world.fault("no_webhook", "*", -1)
    edge.world.payer("pay", payment["attempts"][0]["attempt_id"])
    response = send(edge, webhook_body(payment["attempts"][0]["attempt_id"]))
    assert (response.status, response.text) == (200, '{"received":true}')
    assert edge.call("GET", f"/v1/payments/{payment['payment_id']}").json["status"] == "completed"
    event = edge.call("GET", f"/v1/payments/{payment['payment_id']}/events").json["data"][-1]
    assert (event["kind"], event["cause"]) == ("attempt.completed", "webhook")
    assert event["gateway_event"] == "checkout.order.completed"


def test_a_store_that_does_not_answer_makes_the_gateway_send_again(edge: Edge) -> None:
    class Silent:
        def __getattr__(self, name: str) -> Any:
            raise StoreUnavailable("throttled")

    edge.use(replace(edge.ports, store=Silent()))
    response = send(edge, webhook_body("att_1"))
    assert (response.status, response.code) == (503, "store_unavailable")


def test_a_gateway_is_answered_in_time(edge: Edge) -> None:
    api = edge.apis[-1]
    api(an_event("POST", PATH, raw=b"{}"), Context(10.0))
    assert 2.3 < edge.wired.clock.left() <= 2.5
    api(an_event("POST", PATH, raw=b"{}"), Context(4.0))
    assert 0.8 < edge.wired.clock.left() <= 1.0


def test_text_bodies_and_any_header_case_are_read(edge: Edge) -> None:
    payment = edge.pay().json
    event = an_event("POST", PATH, headers={"AUTHORIZATION": PROOF}, sub=None, tenant=None)
    event |= {"body": webhook_body(payment["attempts"][0]["attempt_id"]).decode(), "isBase64Encoded": False}
    assert edge.apis[-1](event, Context())["statusCode"] == 200


def reported(edge: Edge, kind: str) -> list[dict[str, Any]]:
    return [line for line in edge.written.lines() if str(line.get("message")).startswith(kind)]


def test_a_webhooks_line_names_its_gateway_and_its_delivery(edge: Edge) -> None:
    payment = edge.pay().json
    attempt_id = payment["attempts"][0]["attempt_id"]
    edge.written.text()
    send(edge, webhook_body(attempt_id))
    (line,) = reported(edge, "request")
    ids = {"gateway": "phonepe", "delivery_id": hashlib.sha256(webhook_body(attempt_id)).hexdigest()}
    assert (line["level"], line["event_type"]) == ("INFO", "checkout.order.completed")
    assert (line["events"], line["route"]) == ("delivery.received", "POST /v1/webhooks/{gateway}")
    assert {name: line[name] for name in ids} == ids


def test_the_line_of_an_applied_webhook_names_its_delivery_and_its_payment(edge: Edge) -> None:
    payment = edge.pay().json
    attempt_id = payment["attempts"][0]["attempt_id"]
    send(edge, webhook_body(attempt_id))
    (line,) = reported(edge, "delivery.applied")
    ids = {"gateway": "phonepe", "delivery_id": hashlib.sha256(webhook_body(attempt_id)).hexdigest()}
    ids |= {"payment_id": payment["payment_id"], "workspace_id": "ws_demo", "subject_id": attempt_id}
    assert {name: line[name] for name in ids} == ids


def test_a_webhook_that_cannot_be_applied_says_why(edge: Edge) -> None:
    payment = edge.pay().json
    edge.world.fault("error_before", "status")
    edge.written.text()
    send(edge, webhook_body(payment["attempts"][0]["attempt_id"]))
    lines = edge.written.lines()
    (failed,) = (line for line in lines if line.get("message") == "gateway.failed")
    (deferred,) = (line for line in lines if line.get("message") == "delivery.deferred")
    assert deferred["why"] == failed["why"]
    assert "PhonePe answered 500 INTERNAL_SERVER_ERROR: There was an error" in deferred["why"]
    assert (deferred["level"], deferred["payment_id"]) == ("WARNING", payment["payment_id"])
    assert deferred["gateway"] == "phonepe"
    assert deferred["delivery_id"]
    assert failed["attempt_id"] == payment["attempts"][0]["attempt_id"]


def test_a_webhook_about_no_known_payment_is_parked_and_dead_after_a_day(edge: Edge) -> None:
    send(edge, webhook_body("att_00000000000000000000000000"))
    assert [line["subject_id"] for line in reported(edge, "delivery.parked")] == ["att_00000000000000000000000000"]
    for _ in range(2):
        edge.world.advance(90_000)
        edge.sweep({"job": "sweep"}, Context())
    (dead,) = (line for line in reported(edge, "delivery.dead"))
    assert (dead["level"], dead["gateway"]) == ("ERROR", "phonepe")
    assert dead["subject_id"] == "att_00000000000000000000000000"


def test_a_webhook_of_no_interest_is_reported_as_ignored(edge: Edge) -> None:
    send(edge, b'{"event": "subscription.paused", "payload": {}}')
    (line,) = reported(edge, "delivery.ignored")
    assert (line["message"], line["gateway"], line["event_type"]) == (
        "delivery.ignored",
        "phonepe",
        "subscription.paused",
    )


def test_a_forged_webhook_is_reported_with_its_gateway(edge: Edge) -> None:
    assert send(edge, webhook_body("att_1"), proof="0" * 64).status == 401
    (line,) = reported(edge, "delivery.")
    assert (line["message"], line["level"], line["gateway"]) == ("delivery.refused", "WARNING", "phonepe")


NO_CERTIFICATE: dict[str, httpx.Response | Exception] = {
    "not reached": httpx.ConnectError("no"),
    "busy": httpx.Response(503, text="<html>busy</html>"),
    "a page in its place": httpx.Response(200, text="<html>moved</html>"),
}


@pytest.mark.parametrize("instead", NO_CERTIFICATE.values(), ids=NO_CERTIFICATE)
def test_a_webhook_whose_certificate_cannot_be_had_is_stored_when_it_is_sent_again(
    instead: httpx.Response | Exception, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, replies, handle = make_world(1, True, ("paypal",)), list[Reply](), ByPort.handle_request

    def without_certificate(transport: ByPort, request: httpx.Request) -> httpx.Response:
        if not request.url.path.startswith("/v1/notifications/"):
            return handle(transport, request)
        if isinstance(instead, Exception):
            raise instead
        return httpx.Response(instead.status_code, content=instead.content)

    def received(body: bytes, headers: dict[str, str], _: str) -> int:
        replies.append(edge.call("POST", "/v1/webhooks/paypal", raw=body, sub=None, tenant=None, headers=headers))
        return replies[-1].status

    world.workspace(country="US", gateways=["paypal"])
    monkeypatch.setattr(world, "webhook", received)
    with written_to(capfd) as written:
        edge = Edge(world, written)
        payment = edge.pay(currency="USD").json
        monkeypatch.setattr(ByPort, "handle_request", without_certificate)
        world.payer("pay", payment["attempts"][0]["attempt_id"], at="paypal")
        world.advance(1)
        assert [(reply.status, reply.code) for reply in replies] == [(503, "gateway_unavailable")]
        assert world.dynamo.scan(TableName=f"{PREFIX}payment_webhook_logs")["Items"] == []
        (failed,) = reported(edge, "gateway.failed")
        assert (failed["gateway"], failed["operation"], failed["level"]) == ("paypal", "read_webhook", "WARNING")
        assert failed["why"].startswith("no good certificate: ")
        monkeypatch.setattr(ByPort, "handle_request", handle)
        world.advance(5)
    assert replies[1].text == '{"received":true}'
    assert edge.call("GET", f"/v1/payments/{payment['payment_id']}").json["status"] == "completed"


def test_every_record_of_a_batch_is_applied_and_has_its_state(edge: Edge) -> None:
    payment = edge.pay().json
    edge.world.fault("no_webhook", "*", -1)
    for body in (webhook_body(payment["attempts"][0]["attempt_id"]), webhook_body("att_00000000000000000000000000")):
        receive_webhook(Account("phonepe"), WebhookRequest(body, {"authorization": PROOF}), edge.ports)
    records = [{"eventName": "INSERT", "dynamodb": {"Keys": key}} for key in edge.world.added()]
    assert edge.apply({"Records": records}, Context()) == {"states": ["applied", "parked"]}
