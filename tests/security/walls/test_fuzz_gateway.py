"""Parsers of a gateway's bytes, given anything: they are read, or refused with the right error."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from payments.gateways.contract.errors import WebhookForged
from payments.gateways.contract.webhooks import EventKind, GatewayEvent, WebhookRequest
from payments.gateways.facts.phonepe import HMAC, SHA256, fields_of
from payments.gateways.kit.hosts import endpoint_of
from payments.gateways.kit.secret import Secret
from payments.gateways.phonepe import Settings, wire
from payments.gateways.phonepe.adapter import PhonePe
from payments.gateways.transport.http import Http
from payments.gateways.transport.reporting import ignore, watch
from tests.gateways.fakes import an_attempt
from tests.security.walls.fuzz import json_like, tried
from tests.world import SECRET, SETTINGS

NO_HTTP = cast(Http, None)
PLACE = endpoint_of(SETTINGS, "phonepe", {})
LOGINS, KEYS = SECRET["webhook_logins"], SECRET["webhook_secrets"]
PROOFS = {SHA256: hashlib.sha256(LOGINS[0].encode()).hexdigest(), HMAC: "made of the body"}
WORDS = (
    "event", "type", "payload", "state", "COMPLETED", "FAILED", "PENDING", "merchantOrderId", "merchantRefundId",
    "att_01JD0000000000000000000001", "rfd_1", "orderId", "amount", "currency", "INR", "paymentDetails", "errorCode",
    "detailedErrorCode", "errorContext", "description", "transactionId", "refundId", "originalMerchantOrderId",
    "checkout.order.completed", "pg.refund.failed", "PG_REFUND_COMPLETED", "redirectUrl", "expireAt", "access_token",
    "token_type", "expires_at", "expires_in", "code", "message", "merchantId",
)  # fmt: skip
HEADERS = ("authorization", "x-phonepe-checksum-signature", "phonepe-checksum-signature", "content-type")


def reader(mode: str, secret: Mapping[str, Any] = SECRET) -> PhonePe:
    given = {**secret, "webhook_auth": mode}
    secret_ = Secret("pavati/dev/phonepe/main", lambda _: given, fields_of(PLACE.mode))
    made = PhonePe(PLACE, NO_HTTP, lambda: Settings(secret_))
    return cast(PhonePe, watch(made, ignore))


def read(gateway: PhonePe, body: bytes, headers: Mapping[str, str]) -> GatewayEvent | None:
    try:
        return gateway.read_webhook(WebhookRequest(body, headers))
    except WebhookForged:
        return None


bodies = st.one_of(st.binary(max_size=80), json_like(*WORDS).map(lambda value: json.dumps(value).encode()))
proofs = st.one_of(st.text(max_size=70), st.sampled_from([*PROOFS.values(), *LOGINS, *KEYS, "\ud800"]))


@pytest.mark.parametrize("mode", PROOFS)
@tried(50)
@given(body=bodies, headers=st.dictionaries(st.sampled_from(HEADERS), proofs))
def test_a_webhook_is_accepted_with_a_proof_and_forged_without(mode: str, body: bytes, headers: dict[str, str]) -> None:
    event = read(reader(mode), body, headers)
    digest = hmac.digest(KEYS[0].encode(), body, "sha256")
    good = {PROOFS[SHA256]} if mode == SHA256 else {digest.hex(), base64.b64encode(digest).decode()}
    shown = {headers.get(name, "") for name in (HEADERS[:1] if mode == SHA256 else HEADERS[1:3])}
    assert (event is not None) == bool(good & shown)


@tried(80)
@given(body=bodies)
def test_a_proven_webhook_is_an_event_whatever_its_content(body: bytes) -> None:
    event = read(reader(SHA256), body, {"authorization": PROOFS[SHA256]})
    assert event
    assert event.id == hashlib.sha256(body).hexdigest()
    assert re.fullmatch(r"[A-Za-z0-9_-]{0,63}", event.subject_id)
    assert event.subject_id or event.kind is EventKind.IGNORED
    assert len(event.event_type) <= 100
    assert len(event.state) <= 32
    assert (event.event_type + event.state).isprintable()


@pytest.mark.parametrize("mode", PROOFS)
@pytest.mark.parametrize("secret", [{}, {"webhook_logins": [""], "webhook_secrets": [""]}, {"webhook_logins": [":"]}])
@tried(12)
@given(body=bodies, proof=proofs)
@example(body=b"", proof="")
@example(body=b"", proof=hashlib.sha256(b"").hexdigest())
@example(body=b"", proof=hashlib.sha256(b":").hexdigest())
@example(body=b"x", proof=hmac.new(b"", b"x", "sha256").hexdigest())
def test_without_a_secret_everything_is_forged(mode: str, secret: dict[str, Any], body: bytes, proof: str) -> None:
    assert read(reader(mode, secret), body, dict.fromkeys(HEADERS, proof)) is None


PARSERS: dict[str, Callable[[dict[str, Any]], object]] = {
    "payment": lambda answer: wire.from_payment(answer, an_attempt()),
    "refund": lambda answer: wire.from_refund(answer, an_attempt()),
    "pay": lambda answer: wire.from_pay(answer, re.compile("https://x/[!-~]*")),
    "token": lambda answer: wire.from_token(answer, datetime(2026, 11, 20, tzinfo=UTC)),
    "refusal": wire.from_refusal,
}


@pytest.mark.parametrize("name", PARSERS)
@tried(40)
@given(answer=st.dictionaries(st.sampled_from(WORDS), json_like(*WORDS), max_size=10))
def test_an_answer_of_the_gateway_is_understood_or_is_garbage(name: str, answer: dict[str, Any]) -> None:
    try:
        understood = PARSERS[name](answer)
    except ValueError:
        return
    amount = getattr(understood, "amount", None)
    assert amount is None or (type(amount.minor) is int and amount.minor >= 0)
