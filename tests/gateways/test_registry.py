"""Gateways by name."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import httpx
import pytest

from dev.bench.gateways import build
from gateway_simulators import GATEWAYS as SIMULATED
from payments.domain.values.account import Account
from payments.gateways.registry import GATEWAYS, UnknownGatewayName, build_gateway
from payments.gateways.transport.reporting import AnsweredCall
from tests.gateways.fakes import an_attempt, parts


def test_each_gateway_has_its_simulator_in_the_order_of_their_ports() -> None:
    assert SIMULATED == GATEWAYS


@pytest.mark.parametrize("name", GATEWAYS)
def test_a_gateway_is_built_by_its_own_name(name: str) -> None:
    assert build_gateway(Account(name), parts(lambda request: httpx.Response(500))).name == name


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownGatewayName, match="no gateway 'paypall'; there are: phonepe") as raised:
        build_gateway(Account("paypall"), parts(lambda request: httpx.Response(500)))
    assert isinstance(raised.value, LookupError)


@pytest.mark.parametrize("name", GATEWAYS)
def test_a_function_loads_the_gateway_that_it_uses_and_no_other(name: str) -> None:
    built = build(name)
    assert built.loaded == frozenset({name})
    assert not built.heavy


def test_no_adapter_is_imported_before_it_is_built() -> None:
    code = "import sys, payments.gateways.registry; sys.exit('payments.gateways.phonepe' in sys.modules)"
    path = {"PYTHONPATH": "layers/common"}
    assert subprocess.run([sys.executable, "-c", code], env=path, check=False).returncode == 0


def test_an_alias_builds_the_same_gateway_and_its_caller_hears_its_answers() -> None:
    answered: list[AnsweredCall] = []
    paid = parts(lambda request: httpx.Response(200, json={"access_token": "t", "expires_in": 9, "state": "PENDING"}))
    build_gateway(Account("phonepe"), replace(paid, on_answered=answered.append)).fetch_payment(an_attempt())
    assert [(each.gateway, each.operation) for each in answered] == [("phonepe", "fetch_payment")]
    assert build_gateway(Account("rzp"), paid).name == "razorpay"
