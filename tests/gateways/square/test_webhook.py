"""Square's webhooks: the proof over address and body, and how a proven body is read."""

from __future__ import annotations

import json
from base64 import b64encode
from hmac import new as hmac_new
from typing import Any

import pytest

from payments.gateways.contract.errors import WebhookForged
from payments.gateways.contract.webhooks import EventKind, GatewayEvent, WebhookRequest
from payments.gateways.square.webhook import from_webhook
from tests.gateways.square.calls import SECRET, a_gateway, answers

HEADER = "x-square-hmacsha256-signature"
URL = str(SECRET["notification_url"])
ATTEMPT_ID, REFUND_ID = "att_01JD3Z8Q5V7W9X1Y2Z3A4B5C6D", "rfd_01JD3ZB1M2N3P4Q5R6S7T8V9W0"

PUBLISHED = [
    (
        "Ibxx_5AKakO-3qeNVR61Dw",
        "https://webhook.site/679a4f3a-dcfa-49ee-bac5-9d0edad886b9",
        b'{"merchant_id":"MLEFBHHSJGVHD","type":"webhooks.test_notification","event_id":'
        b'"ac3ac95b-f97d-458c-a6e6-18981597e05f","created_at":"2022-07-13T20:30:59.037339943Z","data":'
        b'{"type":"webhooks","id":"bc368e64-01aa-407e-b46e-3231809b1129"}}',
        "GF4YkrJgGBDZ9NIYbNXBnMzqb2HoL4RW/S6vkZ9/2N4=",
    ),
    (
        "signature-key",
        "https://webhook.site/webhooks",
        b'{"data":{"type":"webhooks","id":">id<"}}',
        "Cxt7+aTi4rKgcA0bC4g9EHdVtLSDWdqccmL5MvihU4U=",
    ),
]


def read(body: bytes, proof: str, **secret: Any) -> GatewayEvent:
    gateway = a_gateway(answers(), secret={**SECRET, **secret})
    return gateway.read_webhook(WebhookRequest(body, {HEADER: proof}))


def proof_of(key: str, url: str, body: bytes) -> str:
    return b64encode(hmac_new(key.encode(), url.encode() + body, "sha256").digest()).decode()


@pytest.mark.parametrize(("key", "url", "body", "proof"), PUBLISHED)
def test_the_proofs_that_square_published_are_accepted(key: str, url: str, body: bytes, proof: str) -> None:
    assert read(body, proof, webhook_signature_keys=[key], notification_url=url).kind is EventKind.IGNORED


@pytest.mark.parametrize("key", ["new-key", "old-key"])
def test_either_key_of_a_rotation_will_do(key: str) -> None:
    assert read(b"{}", proof_of(key, URL, b"{}")).kind is EventKind.IGNORED


FORGED = [
    proof_of("other-key", URL, b"{}"),
    proof_of("new-key", URL + "/", b"{}"),
    proof_of("new-key", URL.replace("/dev", ""), b"{}"),
    proof_of("new-key", URL.replace("https", "http"), b"{}"),
    proof_of("new-key", "", b"{}"),
    proof_of("new-key", URL, b"{ }"),
    proof_of("new-key", URL, b"{}").rstrip("="),
    proof_of("new-key", URL, b"{}") + " ",
    "",
    "ü",
]


@pytest.mark.parametrize("proof", FORGED)
def test_any_other_proof_is_forged(proof: str) -> None:
    with pytest.raises(WebhookForged):
        read(b"{}", proof)


@pytest.mark.parametrize(
    "missing",
    [{"webhook_signature_keys": []}, {"webhook_signature_keys": None}, {"webhook_signature_keys": [""]}],
)
def test_without_a_key_the_webhook_is_closed(missing: dict[str, Any]) -> None:
    for key in ("", "new-key"):
        with pytest.raises(WebhookForged):
            read(b"{}", proof_of(key, URL, b"{}"), **missing)


def test_without_the_registered_address_the_webhook_is_closed() -> None:
    with pytest.raises(WebhookForged):
        read(b"{}", proof_of("new-key", "", b"{}"), notification_url="")


def an_event(code: str, noun: str, shown: object, **more: Any) -> bytes:
    event = {"merchant_id": "M1", "type": code, "event_id": "7c5e0000-1111", "data": {"type": noun, "id": "X1"}}
    event["data"] = {"type": noun, "id": "X1", "object": {noun: shown}}
    return json.dumps(event | more).encode()


CARRIED = f"customer_request {REFUND_ID}"
EVENTS = [
    ("payment.created", "payment", {"reference_id": ATTEMPT_ID, "order_id": "O1"}, "payment", ATTEMPT_ID, ""),
    ("payment.updated", "payment", {"reference_id": ATTEMPT_ID}, "payment", ATTEMPT_ID, ""),
    ("payment.updated", "payment", {"id": "P1", "reference_id": ATTEMPT_ID}, "payment", ATTEMPT_ID, "P1"),
    ("refund.updated", "refund", {"id": "P1_R1", "reason": CARRIED}, "refund", REFUND_ID, "P1_R1"),
    ("payment.updated", "payment", {"order_id": "O1"}, "payment", "", "O1"),
    ("payment.updated", "payment", {"reference_id": "table 7", "order_id": "O1"}, "payment", "", "O1"),
    ("payment.updated", "payment", {}, "ignored", "", ""),
    ("payment.updated", "payment", {"order_id": "a b"}, "ignored", "", ""),
    ("refund.created", "refund", {"reason": CARRIED, "order_id": "O2"}, "refund", REFUND_ID, ""),
    ("refund.updated", "refund", {"reason": f"{REFUND_ID}."}, "refund", REFUND_ID, ""),
    ("refund.updated", "refund", {"reason": "Returned", "order_id": "O2"}, "ignored", "", ""),
    ("refund.updated", "refund", {"reason": "Returned", "payment_id": "P1"}, "payment", "", "P1"),
    ("refund.updated", "refund", {"payment_id": "P 1"}, "ignored", "", ""),
    ("refund.updated", "refund", {"reason": f"x{REFUND_ID}"}, "ignored", "", ""),
    ("refund.updated", "refund", {"reason": f"{REFUND_ID}9"}, "ignored", "", ""),
    ("order.updated", "order_updated", {"order_id": "O1"}, "ignored", "", ""),
    ("dispute.created", "dispute", {"id": "D1"}, "dispute", "", "D1"),
    ("dispute.state.updated", "dispute", {"dispute_id": "D1"}, "dispute", "", "D1"),
    ("dispute.created", "dispute", {"reference_id": ATTEMPT_ID, "order_id": "O1"}, "ignored", "", ""),
    ("payment.updated", "refund", {"reason": CARRIED}, "ignored", "", ""),
    ("payment.updated", "payment", {"order_id": "O1", "reason": CARRIED}, "payment", "", "O1"),
    ("payment.updated", "payment", {"reference_id": f"x{ATTEMPT_ID}", "order_id": "O1"}, "payment", "", "O1"),
    ("invoice.updated", "invoice", {"reference_id": ATTEMPT_ID, "id": "I1"}, "ignored", "", ""),
    ("invoice.updated", "invoice", {"order_id": "O1"}, "ignored", "", ""),
]


@pytest.mark.parametrize(("code", "noun", "shown", "kind", "subject_id", "subject_ref"), EVENTS)
def test_webhooks_name_our_id_or_their_order(
    code: str, noun: str, shown: dict[str, Any], kind: str, subject_id: str, subject_ref: str
) -> None:
    event = from_webhook(an_event(code, noun, shown | {"status": "COMPLETED"}))
    assert (event.kind, event.subject_id, event.subject_ref) == (EventKind(kind), subject_id, subject_ref)
    assert (event.id, event.event_type) == ("7c5e0000-1111", code)


def test_the_state_is_stored_and_no_personal_text() -> None:
    shown = {"reference_id": ATTEMPT_ID, "status": "APPROVED"}
    assert from_webhook(an_event("payment.updated", "payment", shown)).state == "APPROVED"
    shown["status"] = "call +91 98765 43210"
    assert from_webhook(an_event("payment.updated", "payment", shown)).state == ""


@pytest.mark.parametrize("code", ["payment", "payment.Updated now", "call payment.updated"])
def test_a_name_that_is_none_of_an_event_is_not_stored(code: str) -> None:
    event = from_webhook(an_event(code, "payment", {"order_id": "O1"}))
    assert (event.kind, event.event_type) == (EventKind.IGNORED, "")


def test_of_a_long_name_a_hundred_letters_are_stored() -> None:
    assert (
        from_webhook(an_event("payment." + "x" * 200, "payment", {"order_id": "O1"})).event_type
        == "payment." + "x" * 92
    )


def test_the_state_of_a_dispute_is_stored() -> None:
    shown = {"id": "D1", "state": "EVIDENCE_REQUIRED"}
    assert from_webhook(an_event("dispute.created", "dispute", shown)).state == "EVIDENCE_REQUIRED"


@pytest.mark.parametrize("event_id", ["", None, 5, "a b", "x" * 101, "short"])
def test_without_a_good_event_id_the_body_is_its_own(event_id: object) -> None:
    body = an_event("payment.updated", "payment", {"order_id": "O1"}, event_id=event_id)
    assert len(from_webhook(body).id) == 64
    assert from_webhook(body) == from_webhook(body)


SENSELESS = [
    b"",
    b"<xml/>",
    b"[]",
    b"\xff",
    b"{",
    b'{"type":5}',
    b'{"data":[]}',
    b'{"data":{"object":[]}}',
    b"[" * 9999,
]


@pytest.mark.parametrize("body", [*SENSELESS, b"[" * 9999], ids=lambda body: repr(body[:20]))
def test_a_proved_body_without_sense_is_ignored(body: bytes) -> None:
    assert read(body, proof_of("new-key", URL, body)).kind is EventKind.IGNORED
