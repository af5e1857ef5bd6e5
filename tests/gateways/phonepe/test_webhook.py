"""The proof of a webhook, in both of PhonePe's modes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import httpx
import pytest

from payments.domain.values.account import Account
from payments.gateways.contract.errors import WebhookForged
from payments.gateways.contract.gateway import Gateway
from payments.gateways.contract.webhooks import EventKind, WebhookRequest
from payments.gateways.registry import build_gateway
from tests.gateways.fakes import SECRET, Unread, parts

# From the tests of PhonePe's own SDK: username "username", password "password".
GOLDEN = "bc842c31a9e54efe320d30d948be61291f3ceee4766e36ab25fa65243cd76e0e"
LOGIN_PROOF = hashlib.sha256(b"sim_user:simPass123").hexdigest()
BODY = json.dumps({"event": "checkout.order.completed", "payload": {"merchantOrderId": "att_1"}}).encode()
HMAC_PROOF = hmac.new(b"sim-hmac-secret", BODY, "sha256")


def a_gateway(mode: str = "sha256", header: str = "", **secret: Any) -> Gateway:
    given = {**SECRET, "webhook_auth": mode, "signature_header": header, **secret}
    return build_gateway(Account("phonepe"), parts(lambda request: httpx.Response(500), secret=given))


def request(body: bytes = BODY, **headers: str) -> WebhookRequest:
    return WebhookRequest(body, {name.replace("_", "-"): value for name, value in headers.items()})


def test_the_golden_vector_of_the_official_sdk_is_genuine() -> None:
    gateway = a_gateway(webhook_logins=["username:password"])
    assert gateway.read_webhook(request(authorization=GOLDEN)).kind is EventKind.PAYMENT


def test_a_genuine_webhook_names_our_attempt() -> None:
    event = a_gateway().read_webhook(request(authorization=LOGIN_PROOF))
    assert (event.kind, event.subject_id, event.id) == (EventKind.PAYMENT, "att_1", hashlib.sha256(BODY).hexdigest())


FORGED = {
    "missing": "",
    "upper case": LOGIN_PROOF.upper(),
    "with the documented prefix": f"SHA256 {LOGIN_PROOF}",
    "as the documents write it": f"SHA256({LOGIN_PROOF})",
    "with a space": f"{LOGIN_PROOF} ",
    "the login itself": "sim_user:simPass123",
    "basic": "Basic " + base64.b64encode(b"sim_user:simPass123").decode(),
    "a prefix of it": LOGIN_PROOF[:-1],
    "twice": f"{LOGIN_PROOF},{LOGIN_PROOF}",
    "of another login": GOLDEN,
    "of an empty login": hashlib.sha256(b":").hexdigest(),
    "of nothing": hashlib.sha256(b"").hexdigest(),
    "in another alphabet": "ё" * 64,
    "half a character": "\ud800",
    "the body's hmac": HMAC_PROOF.hexdigest(),
}


@pytest.mark.parametrize("header", FORGED.values(), ids=FORGED)
def test_any_other_header_is_forged(header: str) -> None:
    with pytest.raises(WebhookForged):
        a_gateway().read_webhook(request(authorization=header))


def test_without_the_header_it_is_forged() -> None:
    with pytest.raises(WebhookForged):
        a_gateway().read_webhook(request())


@pytest.mark.parametrize("proof", [HMAC_PROOF.hexdigest(), base64.b64encode(HMAC_PROOF.digest()).decode()])
@pytest.mark.parametrize("header", ["x-phonepe-checksum-signature", "phonepe-checksum-signature"])
def test_a_signed_body_is_genuine_in_either_spelling_and_encoding(header: str, proof: str) -> None:
    event = a_gateway("hmac").read_webhook(WebhookRequest(BODY, {header: proof}))
    assert event.subject_id == "att_1"


def test_a_configured_signature_header_is_the_only_one() -> None:
    gateway = a_gateway("hmac", "X-Our-Signature")
    assert gateway.read_webhook(request(x_our_signature=HMAC_PROOF.hexdigest())).subject_id == "att_1"
    with pytest.raises(WebhookForged):
        gateway.read_webhook(request(x_phonepe_checksum_signature=HMAC_PROOF.hexdigest()))


@pytest.mark.parametrize("body", [BODY + b" ", BODY[:-1], BODY.replace(b"att_1", b"att_2"), b""])
def test_a_signature_covers_every_byte(body: bytes) -> None:
    with pytest.raises(WebhookForged):
        a_gateway("hmac").read_webhook(request(body, x_phonepe_checksum_signature=HMAC_PROOF.hexdigest()))


def test_one_modes_proof_is_none_in_the_other() -> None:
    both = {"authorization": LOGIN_PROOF, "x_phonepe_checksum_signature": HMAC_PROOF.hexdigest()}
    with pytest.raises(WebhookForged):
        a_gateway("hmac").read_webhook(request(BODY + b" ", **both))
    with pytest.raises(WebhookForged):
        a_gateway("sha256").read_webhook(request(BODY, **both | {"authorization": HMAC_PROOF.hexdigest()}))


def test_during_a_rotation_old_and_new_are_genuine() -> None:
    logins = a_gateway(webhook_logins=["new_user:newPass456", "sim_user:simPass123"])
    assert logins.read_webhook(request(authorization=LOGIN_PROOF)).subject_id == "att_1"
    secrets = a_gateway("hmac", webhook_secrets=["new-secret", "sim-hmac-secret"])
    assert secrets.read_webhook(request(x_phonepe_checksum_signature=HMAC_PROOF.hexdigest())).subject_id == "att_1"


NO_SECRET: list[object] = [None, [], [""], [":"], ["user:"], [":pass"], ["nocolon"], [5], {}]


@pytest.mark.parametrize("nothing", NO_SECRET)
def test_without_a_configured_secret_everything_is_refused(nothing: object) -> None:
    gateway = a_gateway(webhook_logins=nothing)
    guesses = ["", *(hashlib.sha256(text).hexdigest() for text in (b"", b":", b"user:", b":pass", b"nocolon", b"5"))]
    for proof in [*guesses, LOGIN_PROOF]:
        with pytest.raises(WebhookForged):
            gateway.read_webhook(request(authorization=proof))


@pytest.mark.parametrize("nothing", [None, [], [""], [5]])
def test_without_a_configured_hmac_secret_everything_is_refused(nothing: object) -> None:
    gateway = a_gateway("hmac", webhook_secrets=nothing)
    for proof in ("", HMAC_PROOF.hexdigest(), hmac.new(b"", BODY, "sha256").hexdigest()):
        with pytest.raises(WebhookForged):
            gateway.read_webhook(request(x_phonepe_checksum_signature=proof))


def test_nothing_is_parsed_before_the_proof() -> None:
    with pytest.raises(WebhookForged):
        a_gateway().read_webhook(request(Unread(BODY), authorization="0" * 64))


def test_a_proved_body_that_is_no_json_is_ignored() -> None:
    event = a_gateway().read_webhook(request(b"<xml/>", authorization=LOGIN_PROOF))
    assert (event.kind, event.event_type, event.subject_id) == (EventKind.IGNORED, "", "")
