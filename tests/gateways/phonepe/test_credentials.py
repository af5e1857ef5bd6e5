"""PhonePe's credentials: missing fields are named, secrets are not shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import httpx
import pytest

from payments.domain.values.account import Account
from payments.gateways.contract.errors import Misconfigured, Unavailable
from payments.gateways.phonepe import Settings
from payments.gateways.registry import build_gateway
from tests.gateways.fakes import (
    SECRET,
    MemoryVault,
    NamingVault,
    StillClock,
    a_secret,
    parts,
)
from tests.gateways.phonepe.calls import ATTEMPT, BASES, CALLS, SANDBOX, a_gateway, answers


@pytest.mark.parametrize("secret", [{"client_secret": ""}, {"client_secret": 5}, {"client_secret": None}])
def test_without_credentials_every_call_says_what_to_set(secret: dict[str, Any]) -> None:
    wire = answers()
    for call in CALLS.values():
        with pytest.raises(Misconfigured, match=r"^pavati/dev/phonepe/main/api: field client_secret is "):
            call(a_gateway(wire, secret={"client_id": "PAVATISIM", **secret}))
    with pytest.raises(Misconfigured, match="field client_id is empty"):
        a_gateway(wire, secret={**SECRET, "client_id": ""}).fetch_payment(ATTEMPT)
    assert (wire.sent, wire.tokens) == ([], 0)


def token_endpoint(response: httpx.Response) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.path.endswith("/v1/oauth/token"), "nothing else may be sent"
        return response

    return answer


@pytest.mark.parametrize(
    ("response", "hint"),
    [
        (
            httpx.Response(400, json={"code": "INVALID_CLIENT", "errorCode": "OIM000"}),
            "check GATEWAY_MODE",
        ),
        (httpx.Response(401, json={"code": "INVALID_CLIENT"}), "answered 401"),
        (httpx.Response(429), "answered 429"),
        (httpx.Response(500, json={"code": "INTERNAL_SERVER_ERROR"}), "answered 500"),
        (httpx.Response(200, html="<h1>Hello</h1>"), "answered 200"),
        (httpx.Response(200, json={"access_token": "x"}), "unusable"),
    ],
)
@pytest.mark.parametrize("call", CALLS)
def test_without_a_token_not_even_a_write_has_happened(call: str, response: httpx.Response, hint: str) -> None:
    gateway = build_gateway(Account("phonepe"), parts(token_endpoint(response), SANDBOX))
    with pytest.raises(Unavailable) as raised:
        CALLS[call](gateway)
    assert "sim-client-secret" not in str(raised.value)
    assert hint in str(raised.value)


def test_the_secret_is_read_only_when_a_token_is_needed() -> None:
    reads: list[str] = []
    vault, clock = MemoryVault(), StillClock()

    def read(name: str) -> Mapping[str, Any]:
        reads.append(name)
        return SECRET

    for _ in range(3):
        cold = replace(parts(answers(state="PENDING"), clock=clock), vault=vault, read_secret=read)
        build_gateway(Account("phonepe"), cold).fetch_payment(ATTEMPT)
    assert reads == ["pavati/dev/phonepe/main/api"]


def test_a_token_is_stored_per_environment_and_account() -> None:
    vault = NamingVault()
    for deployment in BASES:
        for account in ("main", "eu"):
            given = replace(parts(answers(state="PENDING"), deployment), vault=vault)
            build_gateway(Account("phonepe", account), given).fetch_payment(ATTEMPT)
    assert vault.names == [f"phonepe#{name}#{each.gateway_mode}" for each in BASES for name in ("main", "eu")]


def test_nothing_secret_is_in_what_is_printed() -> None:
    settings = Settings(a_secret("phonepe", SECRET))
    assert (settings.client_id, settings.client_secret) == ("PAVATISIM", "sim-client-secret")
    assert (settings.webhook_logins, settings.webhook_secrets) == (("sim_user:simPass123",), ("sim-hmac-secret",))
    assert "sim" not in repr(settings)


A_PASSWORD = "aZ09!#$%&()*+,-./:;<=>?@[\\]^_{|}~"
FITS: dict[str, tuple[str, ...]] = {
    "client_id": ("a", "M-22_X" * 16 + "abcd"),
    "client_version": ("1", "0", "123456789"),
    "client_secret": ("!", "k" * 500),
    "merchant_id": ("a", "M-22_XX" * 9),
    "webhook_auth": ("sha256", "hmac"),
    "webhook_logins": ("u:p", f"{'u_9' * 21}U:{'p' * 64}", f"user:{A_PASSWORD}"),
    "webhook_secrets": ("!", "k" * 500),
    "signature_header": ("a", "X-Checksum-256", "h" * 100),
}
MISFITS: dict[str, tuple[str, ...]] = {
    "client_id": ("M-22_X" * 16 + "abcde", "a.b", "a b", "é"),
    "client_version": ("1234567890", "v1", "1.0", "-1"),
    "client_secret": ("k" * 501, "a b", "a'b", 'a"b', "a`b"),
    "merchant_id": ("M-22_XX" * 9 + "a", "a.b", "é"),
    "webhook_auth": ("sha1", "SHA256", "sha256|hmac", "hmac2"),
    "webhook_logins": ("user", "user:", ":p", f"{'u' * 65}:p", f"u:{'p' * 65}", "a b:p", "a-b:p", "u:p'q", "u:p`q"),
    "webhook_secrets": ("k" * 501, "a b"),
    "signature_header": ("h" * 101, "x_y", "x:y"),
}
WEBHOOK_FIELDS = {"webhook_auth", "webhook_logins", "webhook_secrets", "signature_header"}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in FITS.items() for text in texts])
def test_a_field_takes_what_the_dashboard_gives(name: str, text: str) -> None:
    a_secret("phonepe", {name: text}).require(name)


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in MISFITS.items() for text in texts])
def test_a_field_takes_nothing_else_and_says_in_which_secret_it_is(name: str, text: str) -> None:
    part = "webhook" if name in WEBHOOK_FIELDS else "api"
    with pytest.raises(Misconfigured, match=f"^pavati/dev/phonepe/main/{part}: field {name} "):
        a_secret("phonepe", {name: text}).require(name)


@pytest.mark.parametrize(
    ("name", "text", "form"),
    [
        ("client_id", "a.b", "be letters, digits, _ and -"),
        ("client_version", "v1", "be a whole number in double quotes"),
        ("merchant_id", "a.b", "be letters, digits, _ and -"),
        ("webhook_auth", "md5", "be sha256 or hmac, as chosen on the dashboard"),
        ("webhook_logins", "user", "be user:password as on the dashboard"),
        ("signature_header", "x_y", "be the name of a header"),
    ],
)
def test_a_misfit_says_what_the_field_must_be(name: str, text: str, form: str) -> None:
    with pytest.raises(Misconfigured, match=f"does not fit: it must {form}$"):
        a_secret("phonepe", {name: text}).require(name)


@pytest.mark.parametrize("name", ["client_version", "merchant_id"])
def test_a_field_that_may_be_empty_still_has_to_fit(name: str) -> None:
    Settings(a_secret("phonepe", {**SECRET, name: ""})).check()
    with pytest.raises(Misconfigured, match=f"field {name} does not fit"):
        Settings(a_secret("phonepe", {**SECRET, name: "a.b"})).check()


def test_the_version_of_the_client_is_the_secrets() -> None:
    settings = [Settings(a_secret("phonepe", {**SECRET, "client_version": text})) for text in ("", "23")]
    assert [each.client_version for each in settings] == ["1", "23"]


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"webhook_logins": ""}, "webhook_logins is empty"),
        ({"webhook_auth": "hmac", "webhook_secrets": ""}, "webhook_secrets is empty"),
        ({"webhook_auth": "md5"}, "webhook_auth does not fit"),
        ({"signature_header": "x_y"}, "signature_header does not fit"),
    ],
)
def test_a_webhook_that_cannot_be_proved_says_which_field_is_to_be_mended(given: dict[str, str], fault: str) -> None:
    Settings(a_secret("phonepe", SECRET)).require_webhook()
    with pytest.raises(Misconfigured, match=f"field {fault}"):
        Settings(a_secret("phonepe", {**SECRET, **given})).require_webhook()


@pytest.mark.parametrize(
    ("chosen", "needed"),
    [("sha256", "webhook_logins"), ("hmac", "webhook_secrets"), ("", "webhook_logins")],
)
def test_the_way_that_is_not_chosen_needs_no_secret(chosen: str, needed: str) -> None:
    Settings(a_secret("phonepe", {needed: SECRET[needed], "webhook_auth": chosen})).require_webhook()


@pytest.mark.parametrize("response", [httpx.Response(400, json={"code": "INVALID_CLIENT"}), httpx.Response(401)])
def test_refused_credentials_are_for_a_person_to_mend(response: httpx.Response) -> None:
    gateway = build_gateway(Account("phonepe"), parts(token_endpoint(response), SANDBOX))
    with pytest.raises(Unavailable) as raised:
        gateway.fetch_payment(ATTEMPT)
    assert raised.value.needs_person
