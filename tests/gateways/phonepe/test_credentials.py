"""PhonePe's credentials: what is missing is said, what is secret is not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import httpx
import pytest

from payments.domain.account import Account
from payments.gateways.contract import Misconfigured, Unavailable
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
        (httpx.Response(200, json={"access_token": "x"}), "without sense"),
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


def test_a_token_is_kept_per_environment_and_account() -> None:
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
