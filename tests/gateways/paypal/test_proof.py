"""Limits of a proof: ages, forms and names, and how many certificates are cached."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import timedelta

import httpx
import pytest

from gateway_simulators.paypal.keys import certificate_pem, make_certificate, signing_key
from gateway_simulators.paypal.webhooks import signed
from payments.gateways.contract.errors import Unavailable
from payments.gateways.contract.webhooks import EventKind, WebhookRequest
from tests.gateways.fakes import NOW
from tests.gateways.paypal.calls import a_gateway
from tests.gateways.paypal.deliveries import BODY, ORIGIN, SIGNER, PayPalHosts, delivery, is_captured

SECOND = timedelta(seconds=1)


def sent_at(text: str) -> WebhookRequest:
    """Signed with the time as it is written."""
    proof = signed(BODY, "b2384410-f8d2-11e4-8bf3-77339302725b", text, SIGNER)
    return WebhookRequest(BODY, {name.lower(): value for name, value in proof.items()})


@pytest.mark.parametrize(
    ("age", "is_good"),
    [
        (timedelta(days=4), True),
        (timedelta(days=4) + SECOND, False),
        (-timedelta(hours=1), True),
        (-timedelta(hours=1) - SECOND, False),
    ],
)
def test_a_delivery_is_accepted_up_to_four_days_later_and_an_hour_early(age: timedelta, is_good: bool) -> None:
    assert is_captured(delivery(at=NOW - age)) is is_good


NO_TIMES = {
    "none": "",
    "a word": "yesterday",
    "no zone": "2026-11-20T10:30:00",
    "a day alone": "2026-11-20",
    "no seconds": "2026-11-20T10:30Z",
    "a space for the T": "2026-11-20 10:30:00Z",
    "more behind it": "2026-11-20T10:30:00Z|5EVIL00000000000W",
    "a zone to the second": "2026-11-20T16:00:00+05:30:15",
    "impossible": "2026-13-40T10:30:00Z",
    "before all calendars": "0001-01-01T00:00:00+23:59",
}


@pytest.mark.parametrize("text", NO_TIMES.values(), ids=NO_TIMES)
def test_no_certificate_is_fetched_for_a_time_of_another_shape(text: str) -> None:
    hosts = PayPalHosts()
    assert not is_captured(sent_at(text), hosts)
    assert hosts.fetched == []


@pytest.mark.parametrize(
    "text", ["2026-11-20T10:30:00Z", "2026-11-20T10:30:00.123456789Z", "2026-11-20T16:00:00+05:30"]
)
def test_a_time_is_read_in_each_of_its_spellings(text: str) -> None:
    assert is_captured(sent_at(text))


def test_a_time_of_another_zone_is_as_old_as_it_is_there() -> None:
    hosts = PayPalHosts()
    assert not is_captured(sent_at("2026-11-20T10:30:00-05:30"), hosts)
    assert hosts.fetched == []


@pytest.mark.parametrize(
    ("name", "is_good"),
    [
        ("messageverificationcerts.paypal.com", True),
        ("MessageVerificationCerts.PayPal.com", True),
        ("messageverificationcerts.paypal.com.evil.example", False),
        ("evil.example/messageverificationcerts.paypal.com", False),
        ("paypal.com", False),
    ],
)
def test_a_certificate_bears_a_name_below_paypals(name: str, is_good: bool) -> None:
    hosts = PayPalHosts(httpx.Response(200, content=make_certificate(signing_key(), common_name=name)))
    with nullcontext() if is_good else pytest.raises(Unavailable, match="dates or name"):
        assert is_captured(delivery(), hosts)


@pytest.mark.parametrize(("before", "is_read"), [(98_000, True), (100_000, False)])
def test_a_certificate_is_searched_in_the_first_bytes_only(before: int, is_read: bool) -> None:
    assert len(certificate_pem()) < 2_000
    hosts = PayPalHosts(httpx.Response(200, content=b"\n" * before + certificate_pem()))
    with nullcontext() if is_read else pytest.raises(Unavailable, match=r"^no good certificate: "):
        assert is_captured(delivery(), hosts)


def test_sixteen_certificates_are_stored_and_the_next_one_ends_them() -> None:
    hosts = PayPalHosts()
    gateway = a_gateway(hosts)

    def fetched(number: int) -> int:
        gateway.read_webhook(delivery(paypal_cert_url=f"{ORIGIN}/v1/notifications/certs/CERT-{number}"))
        return len(hosts.fetched)

    assert [fetched(number) for number in (*range(15), *range(15))][-1] == 15
    assert [fetched(number) for number in (15, 16, 0, 16)] == [16, 17, 18, 18]


def test_a_body_that_is_nested_without_end_is_ignored() -> None:
    event = a_gateway(PayPalHosts()).read_webhook(delivery(b'{"a":' * 200_000))
    assert event.kind is EventKind.IGNORED
