"""Razorpay's credentials: missing fields are named, secrets are not shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest

from payments.domain.values.account import Account
from payments.gateways.contract.errors import Misconfigured, Rejected, Unavailable
from payments.gateways.contract.gateway import abilities
from payments.gateways.contract.payments import CanCancel, CanCapture, CanCharge, CanVerify
from payments.gateways.razorpay import Settings
from payments.gateways.registry import build_gateway
from tests.gateways.fakes import FakeDeployment, a_secret, parts
from tests.gateways.razorpay.calls import (
    CALLS,
    OPENED,
    PRODUCTION,
    SANDBOX,
    TEST_KEYS,
    Wire,
    a_gateway,
    listed,
    refusal,
)


@pytest.mark.parametrize("missing", ["key_id", "key_secret"])
@pytest.mark.parametrize("value", ["", "  ", None, 5])
def test_without_credentials_every_call_says_what_to_set(missing: str, value: object) -> None:
    wire = Wire({})
    for call in CALLS.values():
        with pytest.raises(Misconfigured, match=f"^pavati/dev/razorpay/main/api: field {missing} is "):
            call(a_gateway(wire, secret={**TEST_KEYS, missing: value}))
    assert wire.sent == []


LIVE = {**TEST_KEYS, "key_id": "rzp_live_0123456789abcd"}
WRONG_MODE = [
    (PRODUCTION, TEST_KEYS, "key_id does not fit: it must begin with rzp_live_ in GATEWAY_MODE production"),
    (SANDBOX, LIVE, "key_id does not fit: it must begin with rzp_test_ in GATEWAY_MODE sandbox"),
    (FakeDeployment(), LIVE, "key_id does not fit: it must begin with rzp_test_ in GATEWAY_MODE simulator"),
]


@pytest.mark.parametrize(("deployment", "secret", "response"), WRONG_MODE)
def test_keys_of_the_other_mode_are_never_sent(
    deployment: FakeDeployment, secret: dict[str, Any], response: str
) -> None:
    wire = Wire({})
    for call in CALLS.values():
        with pytest.raises(Misconfigured, match=response):
            call(a_gateway(wire, deployment, secret))
    assert wire.sent == []


def test_a_rotated_secret_is_seen_by_the_next_call() -> None:
    wire, secrets = Wire(listed()), [TEST_KEYS, {**TEST_KEYS, "key_secret": "the-new-one"}]
    built = replace(parts(wire, SANDBOX), read_secret=lambda name: secrets[0])
    gateway = build_gateway(Account("razorpay"), built)
    gateway.fetch_payment(OPENED)
    secrets.pop(0)
    gateway.fetch_payment(OPENED)
    assert wire.sent[0].headers["authorization"] != wire.sent[1].headers["authorization"]


def test_what_was_pasted_with_a_space_is_accepted_without() -> None:
    pasted = {"key_id": " rzp_test_1\n", "key_secret": "s ", "webhook_secrets": [" w "]}
    settings = Settings(a_secret("razorpay", pasted))
    assert (settings.key_id, settings.key_secret, settings.webhook_secrets) == ("rzp_test_1", "s", ("w",))


@pytest.mark.parametrize("value", ["", None])
def test_without_a_flow_or_speed_it_is_the_usual_one(value: object) -> None:
    settings = Settings(a_secret("razorpay", {**TEST_KEYS, "upi_flow": value, "speed": value})).check()
    assert (settings.upi_flow, settings.speed) == ("checkout", "normal")


@pytest.mark.parametrize("value", ["QR", 3, "link"])
@pytest.mark.parametrize(("name", "words"), [("upi_flow", "checkout, intent, qr"), ("speed", "normal, optimum")])
def test_an_unknown_flow_or_speed_is_named(value: object, name: str, words: str) -> None:
    settings = Settings(a_secret("razorpay", {**TEST_KEYS, name: value}))
    with pytest.raises(Misconfigured, match=f"field {name} (does not fit: it must be one of {words}|is not a text)"):
        settings.check()


def test_nothing_secret_is_in_what_is_printed() -> None:
    printed = repr(Settings(a_secret("razorpay", TEST_KEYS)))
    hidden = [TEST_KEYS["key_id"], TEST_KEYS["key_secret"], *TEST_KEYS["webhook_secrets"]]
    assert [text for text in hidden if text in printed.replace("secret=Secret", "")] == []


@pytest.mark.parametrize("call", CALLS)
def test_refused_keys_leave_nothing_done(call: str) -> None:
    with pytest.raises(Unavailable, match="answered 401") as raised:
        CALLS[call](a_gateway(Wire(refusal("Authentication failed", 401))))
    assert "sim-key-secret" not in str(raised.value)


def test_an_id_of_the_other_mode_is_reported_to_be_one() -> None:
    with pytest.raises(Rejected, match="check key_id"):
        a_gateway(Wire(refusal("The id provided does not exist"))).fetch_payment(OPENED)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"error": {"code": "BAD_REQUEST_ERROR", "reason": "invalid_amount"}}, "invalid_amount"),
        ({"error": {"code": "BAD_REQUEST_ERROR", "reason": "NA"}}, "BAD_REQUEST_ERROR"),
        ({"error": {"code": "BAD_REQUEST_ERROR"}}, "BAD_REQUEST_ERROR"),
        ({"error": "no"}, ""),
        ({}, ""),
    ],
)
def test_a_refusal_has_the_most_exact_text_for_its_code(body: dict[str, Any], code: str) -> None:
    with pytest.raises(Rejected) as raised:
        a_gateway(Wire(httpx.Response(400, json=body))).fetch_payment(OPENED)
    assert raised.value.code == code


def test_it_captures_whole_authorizations_and_verifies_proofs_and_cannot_void_or_charge() -> None:
    gateway = a_gateway(Wire({}))
    assert isinstance(gateway, CanCapture)
    assert isinstance(gateway, CanVerify)
    assert not isinstance(gateway, CanCancel)
    assert not isinstance(gateway, CanCharge)
    assert not abilities(gateway)["partial_capture"]
