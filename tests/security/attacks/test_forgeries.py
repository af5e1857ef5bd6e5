from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from gateway_simulators.kit.inprocess import InProcessTransport
from payments.domain.records.payment import Payment
from payments.domain.values.account import Account
from payments.gateways.contract.gateway import Gateway
from payments.gateways.registry import GatewayParts, build_gateway
from payments.gateways.transport.deadline import Deadline
from payments.store.dynamodb.tables.tokens import DynamoTokenVault
from tests.api.driver import Reply, an_event
from tests.security.attacks.forgeries import (
    ALTERED,
    BAD_LOGINS,
    BAD_SIGNATURES,
    BODY,
    CLOSED,
    LOGIN,
    MINIMUM,
    PROOF,
    SECRET,
    SIGNATURE,
    WIRE,
    Headers,
    sha256,
    signed,
    webhook_body,
)
from tests.security.attacks.judge import Judge
from tests.security.attacks.lies import GATEWAY_DECIDES, LIES, NO_SENSE
from tests.security.attacks.scene import Scene, Tables, a_payment, outbound, stored
from tests.world import PREFIX, SETTINGS

SECRETS = {
    "client_id": "PAVATISIM",
    "client_secret": "sim-client-secret",
    "webhook_logins": [LOGIN],
    "webhook_secrets": [SECRET],
}
LOGS = f"{PREFIX}payment_webhook_logs"
PATH = "/v1/webhooks/phonepe"


def listen(judge: Judge, mode: str, **secrets: Any) -> None:
    """Deploy the webhook in one of PhonePe's two modes."""
    world = judge.edge.world
    gateway = build_gateway(
        Account("phonepe"),
        GatewayParts(
            settings=SETTINGS,
            read_secret=lambda name: SECRETS | {"webhook_auth": mode} | secrets,
            vault=DynamoTokenVault(world.client, SETTINGS.table_prefix),
            clock=world.clock,
            deadline=Deadline(),
            transport=InProcessTransport(world.sim),
        ),
    )
    others = judge.edge.ports.gateway

    def by_name(account: Account) -> Gateway:
        return gateway if account.gateway == "phonepe" else others(account)

    judge.edge.wired.made = replace(judge.edge.ports, gateway=by_name)


def webhook(body: bytes, headers: Headers, path: str = PATH) -> dict[str, Any]:
    return an_event("POST", path, raw=body, sub=None, tenant=None, headers=dict(headers))


def proof(mode: str, body: bytes) -> Headers:
    return {"Authorization": PROOF} if mode == "sha256" else {SIGNATURE: signed(body)}


def about(scene: Scene, body: bytes) -> bytes:
    ids = {"OPEN": scene.open.attempt_id, "OURS": scene.ours.attempt_id, "THEIRS": scene.theirs.attempt_id}
    for name, found in (ids | {"RFD": scene.ours.refund_id}).items():
        body = body.replace(f'"{name}'.encode(), f'"{found}'.encode())
    return body


def is_forged(judge: Judge, body: bytes, headers: Headers) -> None:
    response = judge(webhook(body, headers), "invalid_signature", *headers.values())
    assert (response.message, response.json["error"]["details"]) == ("The gateway's proof is missing or wrong.", {})


@pytest.mark.parametrize("headers", BAD_LOGINS.values(), ids=BAD_LOGINS)
def test_any_other_login_is_forged(judge: Judge, scene: Scene, headers: Headers) -> None:
    is_forged(judge, about(scene, BODY), headers)


@pytest.mark.parametrize("name", BAD_SIGNATURES)
def test_any_other_signature_is_forged(judge: Judge, scene: Scene, name: str) -> None:
    listen(judge, "hmac")
    body = about(scene, BODY)
    is_forged(judge, body, BAD_SIGNATURES[name](body))


@pytest.mark.parametrize("name", ALTERED)
def test_a_signature_covers_every_byte(judge: Judge, scene: Scene, name: str) -> None:
    listen(judge, "hmac")
    body = about(scene, BODY)
    altered = ALTERED[name](body)
    assert altered != body
    is_forged(judge, altered, {SIGNATURE: signed(body)})


@pytest.mark.parametrize("name", CLOSED)
def test_without_a_secret_the_door_is_closed(judge: Judge, name: str) -> None:
    mode, secrets, headers = CLOSED[name]
    listen(judge, mode, **{"webhook_logins": [], "webhook_secrets": []} | secrets)
    is_forged(judge, BODY, headers)


def test_a_secret_is_good_until_its_rotation_ends(judge: Judge) -> None:
    body = b'{"event": "rotation"}'
    logins, keys = ["sim_user:newPass456", LOGIN], ["new-hmac-secret", SECRET]
    for mode, given in (("sha256", {"Authorization": PROOF}), ("hmac", {SIGNATURE: signed(body)})):
        listen(judge, mode, webhook_logins=logins, webhook_secrets=keys)
        assert judge.edge.send(webhook(body, given)).status == 200
        listen(judge, mode, webhook_logins=logins[:1], webhook_secrets=keys[:1])
        is_forged(judge, body, given)


def money(tables: Tables) -> Tables:
    return {name: items for name, items in tables.items() if name != LOGS}


def received(judge: Judge, mode: str, body: bytes) -> tuple[Reply, str]:
    """The answer, and the delivery's state; everything else must be unchanged."""
    before, wanted = stored(judge.edge.world), outbound(judge.edge.world)
    response = judge.edge.send(webhook(body, proof(mode, body)))
    after = stored(judge.edge.world)
    assert money(after) == money(before)
    assert {op for op, _ in outbound(judge.edge.world) - wanted} <= {"status", "refund_status"}
    (new,) = [item for item in after[LOGS] if item not in before[LOGS]]
    return response, new["state"]["S"]


@pytest.mark.parametrize("mode", ["sha256", "hmac"])
@pytest.mark.parametrize("name", LIES)
def test_a_genuine_lie_is_stored_and_changes_nothing(judge: Judge, scene: Scene, name: str, mode: str) -> None:
    listen(judge, mode)
    lie, becomes = LIES[name]
    response, state = received(judge, mode, about(scene, json.dumps(lie | {"sentIn": mode}).encode()))
    assert (response.status, response.text, state) == (200, '{"received":true}', becomes)
    assert judge.edge.world.payment(scene.open.payment_id).status == "pending"


@pytest.mark.parametrize("mode", ["sha256", "hmac"])
@pytest.mark.parametrize("name", NO_SENSE)
def test_a_genuine_body_without_sense_is_stored_as_ignored(judge: Judge, scene: Scene, name: str, mode: str) -> None:
    listen(judge, mode)
    body = about(scene, NO_SENSE[name])
    response, state = received(judge, mode, body if mode == "sha256" else b"\n" + body)
    assert (response.status, state) == (200, "ignored")


def reported_about(judge: Judge, made: dict[str, Any], reported: dict[str, Any]) -> Payment:
    body = json.dumps(reported).replace("OPEN", made["attempts"][0]["attempt_id"]).encode()
    assert judge.edge.send(webhook(body, {"Authorization": PROOF})).status == 200
    return judge.edge.world.payment(made["payment_id"])


@pytest.mark.parametrize("name", GATEWAY_DECIDES)
def test_the_gateways_own_answer_decides(judge: Judge, name: str) -> None:
    reported, act, becomes = GATEWAY_DECIDES[name]
    made = judge.edge.send(a_payment()).json
    judge.edge.world.payer(act, made["attempts"][0]["attempt_id"])
    payment = reported_about(judge, made, reported)
    assert (payment.status, payment.current.captured_minor) == (becomes, 49900 if becomes == "completed" else 0)


def test_another_amount_in_the_gateways_own_answer_completes_nothing(judge: Judge) -> None:
    made = judge.edge.send(a_payment()).json
    judge.edge.world.payer("pay", made["attempts"][0]["attempt_id"])
    judge.edge.world.fault("wrong_amount", "status")
    payment = reported_about(judge, made, webhook_body())
    assert (payment.status, payment.current.captured_minor) == ("pending", 0)
    assert payment.review_kind is not None


@pytest.mark.parametrize("name", WIRE)
def test_what_is_no_webhook_is_refused_even_with_a_right_proof(judge: Judge, name: str) -> None:
    wanted, changes, code = WIRE[name]
    method, path = wanted.get("method", "POST"), wanted.get("path", PATH)
    event = an_event(method, path, raw=wanted.get("raw", BODY), sub=None, headers={"Authorization": PROOF})
    judge(event | changes, code)


def test_there_are_enough_forgeries() -> None:
    assert len(BAD_LOGINS) >= MINIMUM
    assert len(BAD_SIGNATURES) + len(ALTERED) >= MINIMUM
    assert len(LIES) >= MINIMUM
    assert len({sha256(json.dumps(dict(headers))) for headers in BAD_LOGINS.values()}) == len(BAD_LOGINS)
