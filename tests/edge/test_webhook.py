from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

from payments.store.contract import StoreUnavailable
from tests.edge.driver import Context, Edge, Said, an_event

PROOF = hashlib.sha256(b"sim_user:simPass123").hexdigest()
PATH = "/v1/webhooks/phonepe"


def news(attempt_id: str) -> bytes:
    payload = {"merchantOrderId": attempt_id, "state": "COMPLETED", "orderId": "OMO1", "amount": 49900}
    return json.dumps({"event": "checkout.order.completed", "payload": payload}).encode()


def send(edge: Edge, raw: bytes, proof: str | None = PROOF, path: str = PATH) -> Said:
    return edge.call("POST", path, raw=raw, sub=None, tenant=None, headers={"Authorization": proof} if proof else None)


def test_news_with_proof_is_received_and_the_gateway_asked(edge: Edge) -> None:
    payment = edge.pay().json
    edge.world.fault("no_webhook", "*", -1)
    edge.world.payer("pay", payment["attempts"][0]["attempt_id"])
    said = send(edge, news(payment["attempts"][0]["attempt_id"]))
    assert (said.status, said.text) == (200, '{"received":true}')
    assert edge.call("GET", f"/v1/payments/{payment['payment_id']}").json["status"] == "completed"


def test_a_store_that_does_not_answer_makes_the_gateway_send_again(edge: Edge) -> None:
    class Silent:
        def __getattr__(self, name: str) -> Any:
            raise StoreUnavailable("throttled")

    edge.use(replace(edge.parts, store=Silent()))
    said = send(edge, news("att_1"))
    assert (said.status, said.code) == (503, "store_unavailable")


def test_a_gateway_is_answered_in_time(edge: Edge) -> None:
    api = edge.apis[-1]
    api(an_event("POST", PATH, raw=b"{}"), Context(10.0))
    assert 2.3 < edge.wired.clock.left() <= 2.5
    api(an_event("POST", PATH, raw=b"{}"), Context(4.0))
    assert 0.8 < edge.wired.clock.left() <= 1.0


def test_text_bodies_and_any_header_case_are_read(edge: Edge) -> None:
    payment = edge.pay().json
    event = an_event("POST", PATH, headers={"AUTHORIZATION": PROOF}, sub=None, tenant=None)
    event |= {"body": news(payment["attempts"][0]["attempt_id"]).decode(), "isBase64Encoded": False}
    assert edge.apis[-1](event, Context())["statusCode"] == 200
