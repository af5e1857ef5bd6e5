"""The secret: read at each use, its missing fields named in the error, and never shown."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx
import pytest

from gateway_simulators.paypal.settings import Settings as OfSimulator
from payments.domain.values.account import Account
from payments.gateways.contract.errors import Misconfigured, Unavailable, WebhookForged
from payments.gateways.paypal import Settings
from payments.gateways.registry import build_gateway
from payments.gateways.transport.reporting import FailedCall
from tests.gateways.fakes import NamingVault, a_secret, parts
from tests.gateways.paypal.calls import ATTEMPT, CALLS, PRODUCTION, SANDBOX, SECRET, a_gateway, an_answer, answers
from tests.gateways.paypal.deliveries import ORIGIN, PayPalHosts, delivery


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
    secret["merchant_id"] = "OTHER00000001"
    assert gateway.merchant_ref == "OTHER00000001"


def test_a_token_is_stored_per_environment_and_account() -> None:
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
    names = "adapter, wire, webhook"
    glance = "print(*(name in sys.modules for name in ('httpx', 'cryptography')))"
    program = f"import sys; from payments.gateways.paypal import {names}; {glance}"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={"PYTHONPATH": "layers/common"}
    )
    assert done.stdout.split() == ["False", "False"]


@pytest.mark.parametrize("http_status", [404, 422, 503])
def test_a_token_that_is_not_to_be_had_for_another_reason_is_no_fault_of_the_secret(
    http_status: int,
) -> None:
    with pytest.raises(Unavailable) as raised:
        a_gateway(lambda request: httpx.Response(http_status, json={})).fetch_payment(ATTEMPT)
    assert "client_secret" not in str(raised.value)
    assert not raised.value.needs_person


@pytest.mark.parametrize(
    ("merchant_id", "is_good"),
    [("PAVATISIM0001", True), ("", True), ("PAVATISIM001", False), ("PAVATISIM00001", False), ("pavatisim0001", False)],
)
def test_a_merchant_id_is_of_thirteen_signs_or_left_out(merchant_id: str, is_good: bool) -> None:
    gateway = a_gateway(answers(), secret={**SECRET, "merchant_id": merchant_id})
    if is_good:
        gateway.require_settings()
    else:
        with pytest.raises(Misconfigured, match="field merchant_id does not fit"):
            gateway.require_settings()


UNUSABLE = {
    "no id": ({"webhook_id": ""}, "webhook_id is empty"),
    "an odd id": ({"webhook_id": "a b"}, "webhook_id has a space inside"),
    "an endless id": ({"webhook_id": "A" * 51}, "webhook_id does not fit"),
    "an odd one of several": ({"webhook_ids": ["5NEW000000000000W", "a b"]}, "webhook_ids has a space inside"),
}
FORGED = delivery(settings=OfSimulator(origin=ORIGIN, webhook_id="5EVIL00000000000W"))


@pytest.mark.parametrize(("change", "fault"), UNUSABLE.values(), ids=UNUSABLE)
def test_what_the_webhook_lacks_is_reported_to_the_operator_alone(change: dict[str, Any], fault: str) -> None:
    reported: list[FailedCall] = []
    given = replace(parts(PayPalHosts(), SANDBOX, {**SECRET, **change}), on_failed=reported.append)
    with pytest.raises(WebhookForged):
        build_gateway(Account("paypal"), given).read_webhook(FORGED)
    (failed,) = reported
    assert str(failed.error).startswith(f"pavati/dev/paypal/main/webhook: field {fault}")


def test_a_forgery_is_nobodys_fault_where_one_list_has_all_the_ids() -> None:
    reported: list[FailedCall] = []
    secret = {**SECRET, "webhook_id": "", "webhook_ids": [SECRET["webhook_id"]]}
    gateway = build_gateway(
        Account("paypal"), replace(parts(PayPalHosts(), SANDBOX, secret), on_failed=reported.append)
    )
    with pytest.raises(WebhookForged):
        gateway.read_webhook(FORGED)
    gateway.read_webhook(delivery())
    assert reported == []


def test_a_webhook_id_that_stands_twice_is_checked_once() -> None:
    settings = Settings(a_secret("paypal", {**SECRET, "webhook_ids": [SECRET["webhook_id"]]}))
    assert settings.webhook_ids == (SECRET["webhook_id"],)
