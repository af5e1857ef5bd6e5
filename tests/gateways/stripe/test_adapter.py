"""Requests to Stripe, and the errors that its refusals become."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from payments.domain.values.terms import CaptureMode
from payments.gateways.contract.errors import OutcomeUnknown, Rejected, Unavailable
from payments.gateways.contract.gateway import Gateway, abilities
from payments.gateways.contract.payments import CanCancel, CanCapture, CanCharge
from payments.gateways.stripe import VERSION
from tests.gateways.fakes import NOW, FakeDeployment, an_order
from tests.gateways.stripe.calls import (
    API,
    ATTEMPT,
    CALLS,
    DIRECT,
    LIVE_SECRET,
    PAGE,
    PRODUCTION,
    REFUND,
    SANDBOX,
    SECRET,
    SIMULATOR,
    WRITES,
    a_gateway,
    answers,
    changed,
    refusal,
    sent_fields,
)

PATHS = {
    "create_checkout": ("POST", "/v1/checkout/sessions"),
    "charge_token": ("POST", "/v1/payment_intents"),
    "fetch_payment": ("GET", "/v1/checkout/sessions/cs_test_1"),
    "capture_payment": ("POST", "/v1/payment_intents/pi_1/capture"),
    "cancel_payment": ("GET", "/v1/checkout/sessions/cs_test_1"),
    "create_refund": ("POST", "/v1/refunds"),
    "fetch_refund": ("GET", "/v1/refunds"),
}
KEYS = {
    "create_checkout": ATTEMPT.id,
    "charge_token": ATTEMPT.id,
    "capture_payment": f"{ATTEMPT.id}-c49900",
    "create_refund": REFUND.id,
}
DEPLOYMENTS = {
    "sandbox": (SANDBOX, SECRET, API),
    "production": (PRODUCTION, LIVE_SECRET, API),
    "simulator": (FakeDeployment(), SECRET, SIMULATOR),
}


@pytest.mark.parametrize("mode", DEPLOYMENTS)
@pytest.mark.parametrize("call", CALLS)
def test_every_call_goes_to_its_documented_address_under_the_pinned_version(call: str, mode: str) -> None:
    deployment, secret, api = DEPLOYMENTS[mode]
    wire = answers(403, error={"type": "invalid_request_error", "code": "x"})
    with pytest.raises(Rejected):
        CALLS[call](a_gateway(wire, deployment, secret))
    method, path = PATHS[call]
    (sent,) = wire.sent
    assert (sent.method, str(sent.url).partition("?")[0]) == (method, api + path)
    assert sent.headers["authorization"] == f"Bearer {secret['secret_key']}"
    assert sent.headers["stripe-version"] == VERSION
    assert sent.headers.get("idempotency-key") == KEYS.get(call)


def test_it_can_all_that_the_contract_knows_of_cards() -> None:
    gateway: Gateway = a_gateway(answers())
    assert isinstance(gateway, CanCapture)
    assert isinstance(gateway, CanCancel)
    assert isinstance(gateway, CanCharge)
    assert abilities(gateway) == {
        "capture": True,
        "cancel": True,
        "charge": True,
        "verify": False,
        "partial_capture": True,
    }


def test_a_session_is_requested_as_a_form() -> None:
    wire = answers(id="cs_test_1", url=PAGE)
    a_gateway(wire).create_checkout(changed(ATTEMPT, capture=CaptureMode.MANUAL), an_order())
    assert wire.sent[0].headers["content-type"] == "application/x-www-form-urlencoded"
    fields = sent_fields(wire.sent[0])
    assert fields["line_items[0][price_data][unit_amount]"] == "49900"
    assert fields["line_items[0][price_data][currency]"] == "usd"
    assert fields["client_reference_id"] == fields["metadata[attempt_id]"] == ATTEMPT.id
    assert fields["payment_intent_data[metadata][attempt_id]"] == ATTEMPT.id
    assert fields["payment_intent_data[capture_method]"] == "manual"
    assert fields["success_url"] == fields["cancel_url"] == an_order().return_url
    assert int(fields["expires_at"]) == int(NOW.timestamp()) + 23 * 3600


@pytest.mark.parametrize("call", ["create_checkout", "charge_token"])
def test_an_attempt_sent_again_is_sent_byte_for_byte(call: str) -> None:
    """Its new times are not in the request: Stripe compares the parameters of a key."""
    wire = answers(id="cs_test_1", url=PAGE, status="processing")
    gateway, later = a_gateway(wire), timedelta(minutes=20)
    for attempt in (DIRECT, replace(DIRECT, sent_at=NOW + later, expires_at=NOW + 2 * later)):
        (gateway.charge_token if call == "charge_token" else gateway.create_checkout)(attempt, an_order())
    first, second = wire.sent
    assert first.content == second.content
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]


@pytest.mark.parametrize(
    "url",
    [
        "http://checkout.stripe.com/c/pay/cs_1",
        "https://checkout.stripe.com.evil.example/c/pay/cs_1",
        "https://evil-stripe.com/c/pay",
        "https://checkout.stripe.com@evil.example/",
        "https://checkout.stripe.com:8443/c",
        "javascript:alert(1)//.stripe.com/",
        f"{SIMULATOR}/c/pay/cs_1",
        "",
        None,
        5,
    ],
)
def test_a_payer_is_sent_nowhere_else(url: object) -> None:
    with pytest.raises(OutcomeUnknown, match="url"):
        a_gateway(answers(id="cs_test_1", url=url)).create_checkout(ATTEMPT, an_order())
    action = {"type": "redirect_to_url", "redirect_to_url": {"url": url}}
    with pytest.raises(OutcomeUnknown, match="url"):
        a_gateway(answers(id="pi_1", status="requires_action", next_action=action)).charge_token(DIRECT, an_order())


@pytest.mark.parametrize("url", [f"{SIMULATOR}.evil.example/x", f"{SIMULATOR}1/x", "http://127.0.0.1:8101/x", PAGE])
def test_a_simulators_payer_stays_at_the_simulator(url: str) -> None:
    with pytest.raises(OutcomeUnknown):
        a_gateway(answers(id="cs_1", url=url), FakeDeployment()).create_checkout(ATTEMPT, an_order())
    own = a_gateway(answers(id="cs_1", url=f"{SIMULATOR}/c/pay/cs_1"), FakeDeployment())
    assert own.create_checkout(ATTEMPT, an_order()).next_action.url == f"{SIMULATOR}/c/pay/cs_1"


UNCLEAR = [
    refusal(409, "idempotency_key_in_use"),
    refusal(400, "", "idempotency_error"),
    refusal(424, "external"),
    (500, {"error": {"type": "api_error"}}),
]


@pytest.mark.parametrize(("http_status", "body"), UNCLEAR, ids=lambda each: str(each)[:40])
@pytest.mark.parametrize("call", WRITES)
def test_a_write_that_is_still_at_it_or_was_another_one_is_unknown(call: str, http_status: int, body: Any) -> None:
    with pytest.raises(OutcomeUnknown) as raised:
        CALLS[call](a_gateway(answers(http_status, **body)))
    assert raised.value.http_status == http_status


@pytest.mark.parametrize("http_status", [401, 429])
@pytest.mark.parametrize("call", CALLS)
def test_a_wrong_key_or_too_many_calls_have_done_nothing(call: str, http_status: int) -> None:
    with pytest.raises(Unavailable):
        CALLS[call](a_gateway(answers(http_status, error={"code": "lock_timeout"})))


@pytest.mark.parametrize("call", CALLS)
def test_a_refusal_has_its_code_and_its_words_and_keeps_the_rest_out_of_the_text(call: str) -> None:
    words = "No such customer: asha@mail.example, 4242 4242 4242 4242"
    error = {"code": "livemode_mismatch", "message": words, "param": "Asha R"}
    body = {"error": {"type": "invalid_request_error", **error}}
    with pytest.raises(Rejected, match="a test key for a live object") as raised:
        CALLS[call](a_gateway(answers(403, **body)))
    assert (raised.value.code, raised.value.http_status) == ("livemode_mismatch", 403)
    assert raised.value.words == "No such customer: (withheld), (number)"
    assert "Asha" not in str(raised.value)
    assert raised.value.answer == body
