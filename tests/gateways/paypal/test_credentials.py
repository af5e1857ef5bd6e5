"""The one secret: read at each use, asked for by name where it is missing, and never shown."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx
import pytest

from payments.domain.account import Account
from payments.gateways.contract import Misconfigured, Unavailable
from payments.gateways.paypal import Settings
from payments.gateways.registry import build_gateway
from tests.gateways.fakes import NamingVault, a_secret, parts
from tests.gateways.paypal.calls import ATTEMPT, CALLS, PRODUCTION, SANDBOX, SECRET, a_gateway, an_answer, answers


@pytest.mark.parametrize("missing", ["client_id", "client_secret"])
@pytest.mark.parametrize("value", [None, "", " ", 5])
@pytest.mark.parametrize("call", CALLS)
def test_a_missing_credential_is_called_by_its_name(missing: str, value: object, call: str) -> None:
    wire = answers(**an_answer())
    with pytest.raises(Misconfigured, match=f"^pavati/dev/paypal/main/api: field {missing} is "):
        CALLS[call](a_gateway(wire, secret={**SECRET, missing: value}))
    assert wire.sent == wire.token_calls == []


def test_building_reads_no_secret() -> None:
    def read(name: str) -> Mapping[str, Any]:
        raise AssertionError("read at build time")

    build_gateway(Account("paypal"), replace(parts(answers(500), SANDBOX), read_secret=read))


def test_a_rotated_secret_is_seen() -> None:
    secret = dict(SECRET)
    wire = answers(**an_answer())
    gateway = a_gateway(wire, secret=secret)
    assert gateway.merchant_ref == "PAVATISIM0001"
    secret["merchant_id"], secret["client_id"] = "OTHER00000001", "OTHERAPP"
    assert gateway.merchant_ref == "OTHER00000001"
    assert gateway.client_values == {"client_id": "OTHERAPP"}


def test_a_token_is_kept_per_environment_and_account() -> None:
    vault = NamingVault()
    for deployment, account in ((SANDBOX, "main"), (SANDBOX, "eu"), (PRODUCTION, "main")):
        given = replace(parts(answers(**an_answer()), deployment, SECRET), vault=vault)
        build_gateway(Account("paypal", account), given).fetch_payment(ATTEMPT)
    assert vault.names == ["paypal#main#sandbox", "paypal#eu#sandbox", "paypal#main#production"]


@pytest.mark.parametrize("http_status", [400, 401, 403])
def test_a_refused_login_says_what_to_check_and_nothing_is_sent(http_status: int) -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(http_status, json={"error": "invalid_client", "error_description": "no"})

    with pytest.raises(Unavailable, match="check client_id and client_secret"):
        a_gateway(answer).fetch_payment(ATTEMPT)
    assert {request.url.path for request in sent} == {"/v1/oauth2/token"}


def test_settings_show_no_secret() -> None:
    shown = repr(Settings(a_secret("paypal", {**SECRET, "webhook_ids": ["5NEW000000000000W"]})))
    assert [text for text in ("sim-paypal-secret", "5SIM000000000000W", "5NEW000000000000W") if text in shown] == []


def test_importing_the_adapter_loads_neither_httpx_nor_cryptography() -> None:
    names = "adapter, wire, proof"
    look = "print(*(name in sys.modules for name in ('httpx', 'cryptography')))"
    program = f"import sys; from payments.gateways.paypal import {names}; {look}"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={"PYTHONPATH": "layers/common"}
    )
    assert done.stdout.split() == ["False", "False"]
