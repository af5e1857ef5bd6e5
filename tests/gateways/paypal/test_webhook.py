"""Webhooks of PayPal: only those that PayPal's certificate proves are accepted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from gateway_simulators.paypal.keys import CERTIFICATE_PATH, make_certificate, signing_key
from gateway_simulators.paypal.settings import Settings
from payments.domain.values.account import Account
from payments.gateways.contract.errors import Unavailable
from payments.gateways.contract.webhooks import EventKind, WebhookRequest
from payments.gateways.registry import build_gateway
from payments.gateways.transport.reporting import READ_WEBHOOK, FailedCall
from tests.gateways.fakes import NOW, FakeDeployment, StillClock, parts
from tests.gateways.paypal.calls import ATTEMPT, ORDER_REF, PRODUCTION, SANDBOX, SECRET, a_gateway
from tests.gateways.paypal.deliveries import BODY, EVENTS, ORIGIN, PayPalHosts, delivery, is_captured


def test_a_genuine_delivery_is_accepted() -> None:
    event = a_gateway(PayPalHosts()).read_webhook(delivery())
    assert (event.id, event.kind, event.subject_id) == (EVENTS["id"], EventKind.PAYMENT, ATTEMPT.id)


FORGED = {
    "another webhook's": delivery(settings=Settings(origin=ORIGIN, webhook_id="5EVIL00000000000W")),
    "another body": replace(delivery(), body=BODY.replace(b"499.00", b"499.01")),
    "the same body, written anew": replace(delivery(), body=json.dumps(EVENTS, ensure_ascii=False).encode()),
    "another time": delivery(paypal_transmission_time="2026-11-20T10:29:59.000Z"),
    "another delivery": delivery(paypal_transmission_id="c2384410-f8d2-11e4-8bf3-77339302725b"),
    "an old algorithm": delivery(paypal_auth_algo="SHA1withRSA"),
    "no algorithm": delivery(paypal_auth_algo=""),
    "no signature": delivery(paypal_transmission_sig=""),
    "not base64": delivery(paypal_transmission_sig="!" * 344),
    "odd base64": delivery(paypal_transmission_sig="A" * 343),
    "a bar in the id": delivery(paypal_transmission_id="a|b"),
    "an endless id": delivery(paypal_transmission_id="a" * 51),
    "no time": delivery(paypal_transmission_time="yesterday"),
    "a time without zone": delivery(paypal_transmission_time="2026-11-20T10:30:00"),
    "an impossible time": delivery(paypal_transmission_time="2026-13-40T10:30:00Z"),
    "five days old": delivery(at=NOW - timedelta(days=5)),
    "two hours ahead": delivery(at=NOW + timedelta(hours=2)),
    "nothing": WebhookRequest(BODY, {}),
}


@pytest.mark.parametrize("request_", FORGED.values(), ids=FORGED)
def test_what_is_not_signed_by_paypal_for_us_is_forged(request_: WebhookRequest) -> None:
    assert not is_captured(request_)


@pytest.mark.parametrize("days", [0, 1, 3])
def test_what_paypal_sends_again_for_three_days_is_accepted(days: int) -> None:
    assert is_captured(delivery(at=NOW - timedelta(days=days)))


ELSEWHERE = [
    f"https://evilpaypal.com{CERTIFICATE_PATH}",
    f"https://api.sandbox.paypal.com.evil.example{CERTIFICATE_PATH}",
    f"https://api.sandbox.paypal.com@evil.example{CERTIFICATE_PATH}",
    f"https://evil.example/{ORIGIN}{CERTIFICATE_PATH}",
    f"http://api.sandbox.paypal.com{CERTIFICATE_PATH}",
    f"https://api.sandbox.paypal.com:8443{CERTIFICATE_PATH}",
    f"https://API.sandbox.paypal.com{CERTIFICATE_PATH}",
    f"https://www.sandbox.paypal.com{CERTIFICATE_PATH}",
    f"{ORIGIN}/v1/notifications/certs/../../oauth2/token",
    f"{ORIGIN}/v1/notifications/certs/..%2f..%2fx",
    f"{ORIGIN}/v1/notifications/certs/..",
    f"{ORIGIN}/v1/notifications/certs/",
    f"{ORIGIN}/v1/notifications/certs/a/b",
    f"{ORIGIN}/v1/notifications/certs/a?next=evil",
    f"{ORIGIN}/v1/notifications/certs/a\n",
    f"{ORIGIN}/v1/oauth2/token",
    f"http://127.0.0.1:8103{CERTIFICATE_PATH}",
    "http://169.254.169.254/latest/meta-data",
    "file:///etc/passwd",
    "",
]


@pytest.mark.parametrize("url", ELSEWHERE)
def test_a_certificate_from_anywhere_else_is_not_fetched(url: str) -> None:
    hosts = PayPalHosts()
    assert not is_captured(delivery(paypal_cert_url=url), hosts)
    assert hosts.fetched == []


@pytest.mark.parametrize(
    ("deployment", "origin", "is_good"),
    [
        (SANDBOX, "https://api.sandbox.paypal.com", True),
        (SANDBOX, "https://api-m.sandbox.paypal.com", True),
        (SANDBOX, "https://api.paypal.com", False),
        (PRODUCTION, "https://api.paypal.com", True),
        (PRODUCTION, "https://api-m.paypal.com", True),
        (PRODUCTION, "https://api.sandbox.paypal.com", False),
        (FakeDeployment(), "http://127.0.0.1:8103", True),
        (FakeDeployment(), "http://127.0.0.1:8101", False),
        (FakeDeployment(), "https://api.paypal.com", False),
    ],
)
def test_each_mode_has_its_own_hosts_of_certificates(deployment: FakeDeployment, origin: str, is_good: bool) -> None:
    assert is_captured(delivery(settings=Settings(origin=origin)), deployment=deployment) is is_good


def test_a_certificate_is_fetched_once_without_our_token() -> None:
    hosts = PayPalHosts()
    gateway = a_gateway(hosts)
    for _ in range(3):
        gateway.read_webhook(delivery())
    (sent,) = hosts.fetched
    assert str(sent.url) == ORIGIN + CERTIFICATE_PATH
    assert "authorization" not in sent.headers


def test_a_stored_certificate_ends_with_its_dates() -> None:
    clock, hosts = StillClock(), PayPalHosts()
    ends_at = NOW + timedelta(hours=1)
    hosts.pem = httpx.Response(200, content=make_certificate(signing_key(), not_after=ends_at))
    gateway = a_gateway(hosts, clock=clock)
    gateway.read_webhook(delivery())
    clock.sleep(3601)
    with pytest.raises(Unavailable, match="dates or name"):
        gateway.read_webhook(delivery())
    hosts.pem = made()
    gateway.read_webhook(delivery())
    gateway.read_webhook(delivery())
    assert len(hosts.fetched) == 3


def made(**more: Any) -> httpx.Response:
    return httpx.Response(200, content=make_certificate(signing_key(), **more))


UNUSABLE: dict[str, httpx.Response | Exception] = {
    "a page in its place": httpx.Response(200, text="<html>moved</html>"),
    "a redirect": httpx.Response(302, headers={"location": "https://evil.example/"}),
    "an error": httpx.Response(503, text="busy"),
    "binary": httpx.Response(200, content=b"\xff\xfe\x00"),
    "too much": httpx.Response(200, content=b"x" * 1_100_000),
    "nobody there": httpx.ConnectError("no"),
    "silence": httpx.ReadTimeout("no"),
    "out of date": made(not_after=NOW - timedelta(days=300)),
    "not yet": made(not_before=NOW + timedelta(days=60)),
    "another name": made(common_name="api.evilpaypal.com"),
    "paypal.com in the middle": made(common_name="paypal.com.evil.example"),
}  # fmt: skip


@pytest.mark.parametrize("pem", UNUSABLE.values(), ids=UNUSABLE)
@pytest.mark.parametrize("request_", [delivery(), FORGED["another webhook's"]], ids=["genuine", "forged"])
def test_without_a_usable_certificate_paypal_has_to_send_again(
    pem: httpx.Response | Exception, request_: WebhookRequest
) -> None:
    hosts, reported = PayPalHosts(pem), list[FailedCall]()
    gateway = build_gateway(Account("paypal"), replace(parts(hosts, SANDBOX, SECRET), on_failed=reported.append))
    with pytest.raises(Unavailable, match=r"^no good certificate: ") as raised:
        gateway.read_webhook(request_)
    (failed,) = reported
    assert (failed.operation, failed.error, raised.value.needs_person) == (READ_WEBHOOK, raised.value, False)
    hosts.pem = made()
    assert gateway.read_webhook(delivery()).id == EVENTS["id"]


def test_the_proof_covers_the_body_byte_for_byte() -> None:
    body = b'{ "id":"WH-1",\r\n "n": 1.0, "t": "\\u20b9 \xe2\x82\xb9", "e": 1E2 , "event_type":"SOMETHING.NEW"}'
    assert is_captured(delivery(body))
    assert not is_captured(replace(delivery(body), body=json.dumps(json.loads(body)).encode()))


def test_during_a_rotation_webhooks_with_either_secret_are_accepted() -> None:
    new = Settings(origin=ORIGIN, webhook_id="5NEW000000000000W")
    assert is_captured(delivery(), secret={**SECRET, "webhook_ids": ["5NEW000000000000W", "", 7]})
    newest_first = {"webhook_id": "5NEW000000000000W", "webhook_ids": [SECRET["webhook_id"]]}
    assert is_captured(delivery(), secret={**SECRET, **newest_first})
    assert is_captured(delivery(settings=new), secret={**SECRET, "webhook_ids": ["5NEW000000000000W"]})
    assert not is_captured(delivery(settings=new))


@pytest.mark.parametrize(
    "ids", [{}, {"webhook_id": ""}, {"webhook_id": " "}, {"webhook_id": None, "webhook_ids": ["x y", 5]}]
)
def test_without_a_webhook_id_the_webhook_is_closed(ids: Mapping[str, Any]) -> None:
    hosts = PayPalHosts()
    assert not is_captured(delivery(), hosts, {"client_id": "a", "client_secret": "b", **ids})
    assert hosts.fetched == []


def test_a_webhook_needs_no_other_credentials_than_its_id() -> None:
    assert is_captured(delivery(), secret={"webhook_id": SECRET["webhook_id"]})


def test_another_key_with_paypals_name_is_not_followed_from_another_host() -> None:
    """The certificate is trusted for the host that serves it."""
    thief = rsa.generate_private_key(65537, 2048)
    assert not is_captured(delivery(), PayPalHosts(httpx.Response(200, content=make_certificate(thief))))


def test_a_webhook_of_a_payers_approval_names_the_order_only() -> None:
    body = json.dumps({"id": "WH-1-2", "event_type": "CHECKOUT.ORDER.APPROVED", "resource": {"id": ORDER_REF}}).encode()
    event = a_gateway(PayPalHosts()).read_webhook(delivery(body))
    assert (event.kind, event.subject_id, event.subject_ref) == (EventKind.PAYMENT, "", ORDER_REF)


SHAPELESS = {
    "no id": {"paypal_transmission_id": ""},
    "an id of two words": {"paypal_transmission_id": "a b"},
    "an id with a bar": {"paypal_transmission_id": "a|b"},
    "a long id": {"paypal_transmission_id": "a" * 51},
    "a short signature": {"paypal_transmission_sig": "A" * 296},
    "a signature of other letters": {"paypal_transmission_sig": "A" * 340 + "-_-_"},
    "a signature that is cut": {"paypal_transmission_sig": "A" * 343},
    "another algorithm": {"paypal_auth_algo": "SHA1withRSA"},
}


@pytest.mark.parametrize("headers", SHAPELESS.values(), ids=SHAPELESS)
def test_no_certificate_is_fetched_for_headers_of_another_shape(headers: dict[str, Any]) -> None:
    hosts = PayPalHosts()
    assert not is_captured(delivery(**headers), hosts)
    assert hosts.fetched == []


def test_why_a_certificate_is_no_good_is_reported() -> None:
    with pytest.raises(Unavailable, match="503") as raised:
        a_gateway(PayPalHosts(httpx.Response(503))).read_webhook(delivery())
    assert raised.value.http_status == 503


def test_a_certificate_that_paypal_does_not_have_proves_nothing() -> None:
    """Anybody can invent its URL. If it were PayPal's own fault, PayPal would send the webhook again."""
    assert not is_captured(delivery(), PayPalHosts(httpx.Response(404, text="<html>no</html>")))
