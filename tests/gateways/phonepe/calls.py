"""The four calls of the adapter, and an answer for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import httpx

from payments.domain.values.account import Account
from payments.gateways.contract.gateway import Gateway
from payments.gateways.registry import build_gateway
from tests.gateways.fakes import (
    SECRET,
    SIMULATOR,
    FakeDeployment,
    Wire,
    a_refund,
    an_attempt,
    an_order,
    parts,
)

ATTEMPT = an_attempt()
REFUND = a_refund(ATTEMPT, 10000)
SANDBOX = FakeDeployment(gateway_mode="sandbox", simulator_url="")
PRODUCTION = FakeDeployment(gateway_mode="production", simulator_url="")
PAGE = "https://mercury-uat.phonepe.com/transact/uat_v2?token=abc"


def answers(http_status: int = 200, **body: Any) -> Wire:
    return Wire(lambda request: httpx.Response(http_status, json=body))


def a_gateway(wire: Wire, deployment: FakeDeployment = SANDBOX, secret: Mapping[str, Any] = SECRET) -> Gateway:
    return build_gateway(Account("phonepe"), parts(wire, deployment, secret))


CALLS: dict[str, Callable[[Gateway], object]] = {
    "create_checkout": lambda gateway: gateway.create_checkout(ATTEMPT, an_order()),
    "fetch_payment": lambda gateway: gateway.fetch_payment(ATTEMPT),
    "create_refund": lambda gateway: gateway.create_refund(REFUND, ATTEMPT),
    "fetch_refund": lambda gateway: gateway.fetch_refund(REFUND, ATTEMPT),
}
BASES = {
    SANDBOX: "https://api-preprod.phonepe.com/apis/pg-sandbox",
    PRODUCTION: "https://api.phonepe.com/apis/pg",
    FakeDeployment(): f"{SIMULATOR}/apis/pg-sandbox",
}
