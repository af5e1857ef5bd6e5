"""The proof of a webhook, signed by the official SDK."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
import stripe

from payments.gateways.contract.errors import WebhookForged
from payments.gateways.contract.webhooks import EventKind, GatewayEvent, WebhookRequest
from payments.gateways.stripe import Settings
from payments.gateways.stripe.webhook import is_genuine
from tests.gateways.fakes import NOW, FakeDeployment, Unread, a_secret
from tests.gateways.stripe.calls import LIVE_SECRET, PRODUCTION, SANDBOX, SECRET, a_gateway, answers

AT = int(NOW.timestamp())


def body_of(kind: str = "payment_intent.succeeded", live: object = False, **subject: Any) -> bytes:
    thing = {"id": "pi_1", "status": "succeeded", "metadata": {"attempt_id": "att_1", "refund_id": "rfd_1"}} | subject
    return json.dumps({"id": "evt_1", "type": kind, "livemode": live, "data": {"object": thing}}).encode()


BODY = body_of()


def signed_by(secret: str, body: bytes = BODY, at: int = AT) -> str:
    sign: Any = stripe.WebhookSignature.generate_signature_header  # Its module types it for text only.
    header: str = sign(body.decode(), secret, at)
    return header


def read(header: str | None, body: bytes = BODY, deployment: FakeDeployment = SANDBOX, **secret: Any) -> GatewayEvent:
    usual = {**LIVE_SECRET, "webhook_secrets": ["whsec_one"]} if deployment is PRODUCTION else SECRET
    headers = {} if header is None else {"stripe-signature": header}
    return a_gateway(answers(), deployment, {**usual, **secret}).read_webhook(WebhookRequest(body, headers))


GOOD = signed_by("whsec_one")
V1 = GOOD.partition(",")[2]


def test_the_sdks_signature_is_genuine() -> None:
    event = read(GOOD)
    named = ("payment_intent.succeeded", "att_1", "succeeded", "pi_1")
    assert event == GatewayEvent("evt_1", EventKind.PAYMENT, *named)


def test_the_known_answer_is_genuine() -> None:
    proof = "ed0cf2647c3a927b917c6c1ce7b1f523c56991726d5bdb3f95cc7d01be468f8d"
    at = datetime.fromtimestamp(1700000000, UTC)
    request = WebhookRequest(b'{"id":"evt_test"}', {"stripe-signature": f"t=1700000000,v1={proof}"})
    assert is_genuine(request, Settings(a_secret("stripe", {"webhook_secrets": ["whsec_kat"]})), at)


GENUINE = {
    "one of several v1": f"t={AT},v1={'0' * 64},{V1}",
    "with other schemes": f"t={AT},v0={'0' * 64},{V1},v2=x",
    "299 s ago": signed_by("whsec_one", at=AT - 299),
    "in 299 s": signed_by("whsec_one", at=AT + 299),
    "the first time counts": f"t={AT},{V1},t=1",
}


@pytest.mark.parametrize("header", GENUINE.values(), ids=GENUINE)
def test_these_are_genuine_here_and_there(header: str) -> None:
    assert read(header).subject_id == "att_1"
    if "t=1" not in header.split(","):
        stripe.WebhookSignature.verify_header(BODY.decode(), header, "whsec_one", tolerance=None)


FORGED = {
    "empty": "",
    "no time": V1,
    "no proof": f"t={AT}",
    "another secret": signed_by("whsec_two"),
    "only v0": f"t={AT},{V1.replace('v1', 'v0')}",
    "upper case": f"t={AT},v1={V1[3:].upper()}",
    "a prefix": GOOD[:-1],
    "more": GOOD + "0",
    "a space": f"t={AT}, {V1}",
    "another time": f"t={AT + 1},{V1}",
    "301 s ago": signed_by("whsec_one", at=AT - 301),
    "in 301 s": signed_by("whsec_one", at=AT + 301),
    "no number": f"t=now,{V1}",
    "negative": f"t=-{AT},{V1}",
    "zeros before": f"t=0{AT},{V1}",
    "other digits": f"t={chr(0x661) * 10},{V1}",
    "beyond all numbers": f"t={'9' * 5000},{V1}",
    "another alphabet": f"t={AT},v1=" + "ё" * 64,
    "half a character": f"t={AT},v1=\ud800",
    "no elements": ",,,=,=",
    "of nothing": f"t={AT},v1={hashlib.sha256(b'').hexdigest()}",
}


@pytest.mark.parametrize("header", FORGED.values(), ids=FORGED)
def test_any_other_header_is_forged(header: str) -> None:
    with pytest.raises(WebhookForged):
        read(header)


@pytest.mark.parametrize("away_s", [-300, 300])
def test_a_signature_of_five_minutes_away_is_genuine(away_s: int) -> None:
    assert read(signed_by("whsec_one", at=AT + away_s)).kind is EventKind.PAYMENT


def test_the_time_of_a_signature_is_found_by_its_name() -> None:
    assert read(f"v0=1,{GOOD}").kind is EventKind.PAYMENT


def test_without_the_header_it_is_forged() -> None:
    with pytest.raises(WebhookForged):
        read(None)


@pytest.mark.parametrize("body", [BODY + b" ", BODY[:-1], BODY.replace(b"att_1", b"att_2"), b"", b"\xff\xfe"])
def test_a_signature_covers_every_byte(body: bytes) -> None:
    with pytest.raises(WebhookForged):
        read(GOOD, body)


def test_during_a_rotation_old_and_new_are_genuine() -> None:
    for secret in ("whsec_old", "whsec_new"):
        assert read(signed_by(secret), webhook_secrets=["whsec_new", "whsec_old"]).subject_id == "att_1"


@pytest.mark.parametrize("nothing", [None, [], [""], ["one"], [5], {}])
def test_without_a_configured_secret_everything_is_refused(nothing: object) -> None:
    for header in (GOOD, signed_by(""), ""):
        with pytest.raises(WebhookForged):
            read(header, webhook_secrets=nothing)


def test_nothing_is_parsed_before_the_proof() -> None:
    with pytest.raises(WebhookForged):
        read("t=1,v1=0", Unread(BODY))


EVENTS = {
    "payment_intent.succeeded": (EventKind.PAYMENT, "att_1"),
    "payment_intent.payment_failed": (EventKind.PAYMENT, "att_1"),
    "payment_intent.amount_capturable_updated": (EventKind.PAYMENT, "att_1"),
    "payment_intent.something_new": (EventKind.PAYMENT, "att_1"),
    "checkout.session.completed": (EventKind.PAYMENT, "att_1"),
    "checkout.session.async_payment_failed": (EventKind.PAYMENT, "att_1"),
    "refund.created": (EventKind.REFUND, "rfd_1"),
    "refund.updated": (EventKind.REFUND, "rfd_1"),
    "refund.failed": (EventKind.REFUND, "rfd_1"),
    "charge.refund.updated": (EventKind.REFUND, "rfd_1"),
    "charge.refunded": (EventKind.PAYMENT, "att_1"),
    "charge.expired": (EventKind.IGNORED, ""),
    "charge.dispute": (EventKind.IGNORED, ""),
    "invoice.paid": (EventKind.IGNORED, ""),
    "xpayment_intent.succeeded": (EventKind.IGNORED, ""),
}


@pytest.mark.parametrize(("code", "snapshot"), EVENTS.items(), ids=EVENTS)
def test_an_event_is_about_what_its_name_says(code: str, snapshot: tuple[EventKind, str]) -> None:
    body = body_of(code)
    event = read(signed_by("whsec_one", body), body)
    assert (event.id, event.event_type, (event.kind, event.subject_id)) == ("evt_1", code, snapshot)


@pytest.mark.parametrize("what", ["created", "updated", "closed", "funds_withdrawn", "funds_reinstated"])
def test_a_webhook_of_a_dispute_names_the_dispute(what: str) -> None:
    body = body_of(f"charge.dispute.{what}", id="du_1", status="needs_response")
    event = read(signed_by("whsec_one", body), body)
    assert event == GatewayEvent(
        "evt_1", EventKind.DISPUTE, f"charge.dispute.{what}", state="needs_response", subject_ref="du_1"
    )


@pytest.mark.parametrize("code", ["refund.created", "refund.updated", "refund.failed", "charge.refunded"])
def test_a_webhook_of_a_foreign_refund_names_its_payment(code: str) -> None:
    body = body_of(code, id="re_1", metadata={}, payment_intent="pi_1")
    event = read(signed_by("whsec_one", body), body)
    assert (event.kind, event.subject_id, event.subject_ref) == (EventKind.PAYMENT, "", "pi_1")


def test_a_session_names_our_attempt_by_its_reference_too() -> None:
    body = body_of("checkout.session.expired", metadata={}, client_reference_id="att_7")
    assert read(signed_by("whsec_one", body), body).subject_id == "att_7"


@pytest.mark.parametrize("metadata", [None, {}, [], {"attempt_id": "a b"}, {"attempt_id": 5}, {"attempt_id": "x" * 64}])
def test_a_webhook_of_what_is_not_ours_is_ignored(metadata: object) -> None:
    for code in ("payment_intent.succeeded", "refund.created"):
        body = body_of(code, metadata=metadata)
        event = read(signed_by("whsec_one", body), body)
        assert (event.kind, event.event_type, event.subject_id) == (EventKind.IGNORED, code, "")


@pytest.mark.parametrize(
    ("live", "deployment", "kind"),
    [
        (False, SANDBOX, EventKind.PAYMENT),
        (True, SANDBOX, EventKind.IGNORED),
        (True, PRODUCTION, EventKind.PAYMENT),
        (False, PRODUCTION, EventKind.IGNORED),
        (None, SANDBOX, EventKind.IGNORED),
        (0, SANDBOX, EventKind.IGNORED),
        ("false", SANDBOX, EventKind.IGNORED),
    ],
)
def test_a_webhook_of_the_other_mode_is_ignored(live: object, deployment: FakeDeployment, kind: EventKind) -> None:
    body = body_of(live=live)
    assert read(signed_by("whsec_one", body), body, deployment).kind is kind


NO_EVENTS = [b"<xml/>", b"[]", b"{}", b'{"id": 5, "type": []}', b'{"data": {"object": 5}}', b"[" * 100_000]


@pytest.mark.parametrize("body", NO_EVENTS, ids=lambda body: body[:30].decode())
def test_a_proved_body_that_is_no_event_is_ignored(body: bytes) -> None:
    event = read(signed_by("whsec_one", body), body)
    assert (event.kind, event.id, event.subject_id) == (EventKind.IGNORED, hashlib.sha256(body).hexdigest(), "")


@pytest.mark.parametrize("ref", ["re_1/../2", "a b", "x" * 256, "", None, 5, {"id": "pi_1/.."}])
def test_an_id_that_is_none_names_nothing(ref: object) -> None:
    body = body_of("charge.refunded", metadata={}, payment_intent=ref)
    assert read(signed_by("whsec_one", body), body).kind is EventKind.IGNORED


def test_a_payment_that_is_shown_whole_is_named_by_its_id() -> None:
    body = body_of("charge.refunded", metadata={}, payment_intent={"id": "pi_9"})
    assert read(signed_by("whsec_one", body), body).subject_ref == "pi_9"


def test_webhooks_of_a_refund_of_ours_name_it_as_stripe_does() -> None:
    body = body_of("refund.updated", id="re_1", payment_intent="pi_1")
    event = read(signed_by("whsec_one", body), body)
    assert (event.subject_id, event.subject_ref) == ("rfd_1", "re_1")


@pytest.mark.parametrize("code", ["xcharge.dispute.created", "charge.dispute.created2x", "charge.dispute.Created"])
def test_an_event_that_is_named_almost_like_a_dispute_is_ignored(code: str) -> None:
    body = body_of(code, id="du_1", metadata={})
    assert read(signed_by("whsec_one", body), body).kind is EventKind.IGNORED


@pytest.mark.parametrize("event_id", ["evt/1", "evt 1", "x" * 256, ""])
def test_an_event_with_an_odd_id_is_called_by_its_body(event_id: str) -> None:
    body = json.dumps({**json.loads(BODY), "id": event_id}).encode()
    assert read(signed_by("whsec_one", body), body).id == hashlib.sha256(body).hexdigest()


def test_what_an_event_says_is_cut() -> None:
    body = body_of("payment_intent." + "a" * 100, status="b" * 40)
    event = read(signed_by("whsec_one", body), body)
    assert (len(event.event_type), event.state) == (100, "b" * 32)
