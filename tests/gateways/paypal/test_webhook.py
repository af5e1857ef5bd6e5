"""Who may tell us news: PayPal's certificate, or PayPal's own word; and nobody else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from payments.domain.values.account import Account
from payments.domain.values.clock import to_text
from payments.gateways.contract.errors import Rejected, Unavailable, WebhookForged
from payments.gateways.contract.webhooks import EventKind, WebhookRequest
from payments.gateways.registry import build_gateway
from payments.gateways.transport.reporting import FETCH_CERTIFICATE, FailedCall
from simulators.paypal.keys import CERTIFICATE_PATH, make_certificate, signing_key
from simulators.paypal.settings import Settings
from simulators.paypal.webhooks import signed
from tests.gateways.fakes import NOW, FakeDeployment, StillClock, parts
from tests.gateways.paypal.calls import ATTEMPT, ORDER_REF, PRODUCTION, SANDBOX, SECRET, a_gateway, refused
from tests.gateways.paypal.deliveries import BODY, EVENTS, ORIGIN, POSTBACK, PayPalHosts, delivery, is_captured


@pytest.mark.parametrize("secret", [SECRET, POSTBACK], ids=["certificate", "postback"])
def test_a_genuine_delivery_is_accepted_in_either_way(secret: Mapping[str, Any]) -> None:
    hosts = PayPalHosts()
    event = a_gateway(hosts, secret=secret).read_webhook(delivery())
    assert (event.id, event.kind, event.subject_id) == (EVENTS["id"], EventKind.PAYMENT, ATTEMPT.id)
    assert (len(hosts.fetched), len(hosts.requested)) == ((0, 1) if secret is POSTBACK else (1, 0))


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


@pytest.mark.parametrize("secret", [SECRET, POSTBACK], ids=["certificate", "postback"])
@pytest.mark.parametrize("request_", FORGED.values(), ids=FORGED)
def test_what_is_not_signed_by_paypal_for_us_is_forged(request_: WebhookRequest, secret: Mapping[str, Any]) -> None:
    assert not is_captured(request_, secret=secret)


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
def test_a_certificate_from_anywhere_else_is_not_fetched_and_paypal_is_not_called(url: str) -> None:
    hosts = PayPalHosts()
    assert not is_captured(delivery(paypal_cert_url=url), hosts)
    assert (hosts.fetched, hosts.requested) == ([], [])


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
    hosts.verdict = httpx.Response(200, json={"verification_status": "FAILURE"})
    with pytest.raises(WebhookForged):
        gateway.read_webhook(delivery())
    assert len(hosts.requested) == 1


def made(**more: Any) -> httpx.Response:
    return httpx.Response(200, content=make_certificate(signing_key(), **more))


UNUSABLE: dict[str, httpx.Response | Exception] = {
    "not there": httpx.Response(404, text="<html>no</html>"),
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
def test_without_a_usable_certificate_paypal_itself_is_requested(pem: httpx.Response | Exception) -> None:
    assert is_captured(delivery(), PayPalHosts(pem))
    hosts = PayPalHosts(pem)
    assert not is_captured(FORGED["another webhook's"], hosts)
    assert len(hosts.requested) == 1


@pytest.mark.parametrize(
    "verdict",
    [
        httpx.Response(500, json={}),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json={}),
        httpx.Response(200, json={"verification_status": "MAYBE"}),
        httpx.Response(429, json={"name": "RATE_LIMIT_REACHED"}),
        httpx.ConnectError("no"),
        httpx.ReadTimeout("no"),
    ],
    ids=str,
)
@pytest.mark.parametrize("secret", [SECRET, POSTBACK], ids=["certificate", "postback"])
def test_where_the_proof_cannot_be_judged_paypal_has_to_send_again(
    verdict: httpx.Response | Exception, secret: Mapping[str, Any]
) -> None:
    hosts = PayPalHosts(httpx.Response(404, text="no"), verdict)
    with pytest.raises(Unavailable):
        a_gateway(hosts, secret=secret).read_webhook(delivery())


def test_a_question_that_paypal_cannot_read_is_forged_and_one_that_we_may_not_ask_is_an_error() -> None:
    malformed, forbidden = (
        refused(issue, code) for issue, code in (("INVALID_PARAMETER_VALUE", 400), ("NOT_AUTHORIZED", 403))
    )
    assert not is_captured(delivery(), PayPalHosts(verdict=httpx.Response(malformed[0], json=malformed[1])), POSTBACK)
    with pytest.raises(Rejected):
        is_captured(delivery(), PayPalHosts(verdict=httpx.Response(forbidden[0], json=forbidden[1])), POSTBACK)


def test_paypal_is_checked_the_body_byte_for_byte() -> None:
    body = b'{ "id":"WH-1",\r\n "n": 1.0, "t": "\\u20b9 \xe2\x82\xb9", "e": 1E2 , "event_type":"SOMETHING.NEW"}'
    hosts = PayPalHosts()
    assert is_captured(delivery(body), hosts, POSTBACK)
    assert body in hosts.requested[0]
    request = json.loads(hosts.requested[0])
    assert set(request) == {
        "auth_algo", "cert_url", "transmission_id", "transmission_sig", "transmission_time", "webhook_id",
        "webhook_event",
    }  # fmt: skip
    assert request["webhook_id"] == SECRET["webhook_id"]


def _other_ones_words() -> bytes:
    """Genuine news of another merchant's webhook, whose body ends our question early and brings its own names."""
    theirs = Settings(origin=ORIGIN, webhook_id="5EVIL00000000000W")
    proof = signed(BODY, "evil", to_text(NOW), theirs)
    names = {
        "webhook_id": theirs.webhook_id,
        "transmission_sig": proof["PAYPAL-TRANSMISSION-SIG"],
        "transmission_id": "evil",
    }
    return BODY + b", " + json.dumps(names)[1:-1].encode()


NO_OBJECTS = [_other_ones_words(), b"", b"<xml/>", b"[]", b'"x"', b"1", b"\xff", BODY + b"}", b"{}{}"]


@pytest.mark.parametrize("body", [*NO_OBJECTS, BODY.decode().encode("utf-16")])
def test_a_body_that_is_not_one_object_never_goes_into_a_question(body: bytes) -> None:
    hosts = PayPalHosts(verdict=httpx.Response(200, json={"verification_status": "SUCCESS"}))
    assert not is_captured(delivery(body), hosts, POSTBACK)
    assert hosts.requested == []


def test_a_certificate_that_is_not_to_be_had_is_reported_though_paypal_itself_confirms() -> None:
    reported: list[FailedCall] = []
    given = parts(PayPalHosts(pem=httpx.Response(503)), SANDBOX, SECRET)
    build_gateway(Account("paypal"), replace(given, on_failed=reported.append)).read_webhook(delivery())
    assert [(each.gateway, each.operation) for each in reported] == [("paypal", FETCH_CERTIFICATE)]


def test_a_question_without_sense_is_forged_under_either_status() -> None:
    for http_status in (400, 422):
        assert not is_captured(
            delivery(), PayPalHosts(verdict=httpx.Response(http_status, json={"name": "X"})), POSTBACK
        )


def test_during_a_rotation_both_webhooks_are_heard() -> None:
    new = Settings(origin=ORIGIN, webhook_id="5NEW000000000000W")
    for proof in ("certificate", "postback"):
        secret = {**SECRET, "webhook_proof": proof, "webhook_ids": ["5NEW000000000000W", "", 7]}
        assert is_captured(delivery(), secret=secret)
        newest_first = {"webhook_id": "5NEW000000000000W", "webhook_ids": [SECRET["webhook_id"]]}
        assert is_captured(delivery(), secret={**secret, **newest_first})
    assert is_captured(delivery(settings=new), secret={**SECRET, "webhook_ids": ["5NEW000000000000W"]})
    assert not is_captured(delivery(settings=new))


@pytest.mark.parametrize(
    "ids", [{}, {"webhook_id": ""}, {"webhook_id": " "}, {"webhook_id": None, "webhook_ids": ["x y", 5]}]
)
@pytest.mark.parametrize("proof", ["certificate", "postback"])
def test_without_a_webhook_id_the_webhook_is_closed(ids: Mapping[str, Any], proof: str) -> None:
    secret = {"client_id": "a", "client_secret": "b", "webhook_proof": proof, **ids}
    hosts = PayPalHosts(verdict=httpx.Response(200, json={"verification_status": "SUCCESS"}))
    assert not is_captured(delivery(), hosts, secret)
    assert (hosts.fetched, hosts.requested) == ([], [])


def test_a_webhook_needs_no_other_credentials_than_its_id() -> None:
    assert is_captured(delivery(), secret={"webhook_id": SECRET["webhook_id"]})


def test_another_key_with_paypals_name_is_not_followed_from_another_host() -> None:
    """The certificate is trusted for where it comes from: who serves it there is PayPal."""
    thief = rsa.generate_private_key(65537, 2048)
    hosts = PayPalHosts(httpx.Response(200, content=make_certificate(thief)))
    assert not is_captured(delivery(), hosts)
    assert hosts.requested == []


def test_with_an_unknown_way_of_proof_the_webhook_is_closed() -> None:
    assert not is_captured(delivery(), secret={**SECRET, "webhook_proof": "none"})


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
def test_paypal_is_not_called_about_headers_of_another_shape(headers: dict[str, Any]) -> None:
    hosts = PayPalHosts(verdict=httpx.Response(200, json={"verification_status": "SUCCESS"}))
    assert not is_captured(delivery(**headers), hosts, POSTBACK)
    assert (hosts.fetched, hosts.requested) == ([], [])


def test_why_a_certificate_is_no_good_is_reported() -> None:
    reported: list[FailedCall] = []
    for pem in (httpx.Response(200, text="<html>"), httpx.Response(404)):
        given = parts(PayPalHosts(pem=pem), SANDBOX, SECRET)
        build_gateway(Account("paypal"), replace(given, on_failed=reported.append)).read_webhook(delivery())
    no_certificate, not_found = (str(failed.error) for failed in reported)
    assert no_certificate.startswith("no good certificate: ")
    assert "404" in not_found
