"""Stand-ins for the parts that an adapter gets, and records for its calls."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import httpx
import pytest

from payments.domain.records.payment import Attempt
from payments.domain.records.refund import ReasonCode, Refund
from payments.domain.values.money import Money
from payments.domain.values.status import Status
from payments.gateways.contract.payments import CheckoutDetails
from payments.gateways.kit.secret import Secret
from payments.gateways.registry import GatewayParts
from payments.gateways.transport.deadline import Deadline
from payments.gateways.transport.token_vault import Token

NOW = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
SIMULATOR = "http://127.0.0.1:8101"


class Unread(bytes):
    """The body of a webhook whose proof is wrong: nobody may read it."""

    def decode(self, *_: Any, **more: Any) -> str:
        pytest.fail("the body was parsed")


class StillClock:
    """A clock that only a test moves, or its own sleeps."""

    def __init__(self, now: datetime = NOW) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)

    def lasting(self, seconds: float) -> timedelta:
        return timedelta(seconds=seconds)


class MemoryVault:
    """Like the store's: conditional on the lease; one key."""

    def __init__(self) -> None:
        self.token: Token | None = None
        self.leased_until = datetime.min.replace(tzinfo=UTC)
        self.calls: list[str] = []
        self._lock = threading.Lock()

    def get_token(self, key: str) -> Token | None:
        self.calls.append("get_token")
        return self.token

    def take_lease(self, key: str, now: datetime, until: datetime) -> bool:
        with self._lock:
            self.calls.append("take_lease")
            if self.leased_until > now:
                return False
            self.leased_until = until
            return True

    def put_token(self, key: str, token: Token) -> None:
        with self._lock:
            self.token = token
            self._free()

    def end_lease(self, key: str) -> None:
        with self._lock:
            self._free()

    def _free(self) -> None:
        self.leased_until = datetime.min.replace(tzinfo=UTC)


class NamingVault(MemoryVault):
    """It never has a token, and records the names under which tokens are put."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def put_token(self, key: str, token: Token) -> None:
        self.names.append(key)
        self.end_lease(key)


@dataclass(frozen=True)
class FakeDeployment:
    gateway_mode: str = "simulator"
    simulator_url: str = SIMULATOR
    gateway_secret_prefix: str = "pavati/dev"


SECRET: Mapping[str, Any] = {
    "client_id": "PAVATISIM",
    "client_secret": "sim-client-secret",
    "webhook_logins": ["sim_user:simPass123"],
    "webhook_secrets": ["sim-hmac-secret"],
}


def a_secret(name: str, given: Mapping[str, Any], deployment: FakeDeployment | None = None) -> Secret:
    """A gateway's secret, with the fields that its facts declare."""
    facts = import_module(f"payments.gateways.facts.{name}")
    mode = (deployment or FakeDeployment()).gateway_mode
    return Secret(f"pavati/dev/{name}/main", lambda _: given, facts.fields_of(mode))


@dataclass
class Wire:
    """A transport that records the requests. A token is always available; `answer` answers everything else."""

    answer: Callable[[httpx.Request], httpx.Response]
    sent: list[httpx.Request] = field(default_factory=list)
    tokens: int = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/v1/oauth/token"):
            self.tokens += 1
            token = {"access_token": f"tok{self.tokens}", "expires_in": 3600, "token_type": "O-Bearer"}
            return httpx.Response(200, json=token)
        self.sent.append(request)
        return self.answer(request)


def parts(
    answer: Callable[[httpx.Request], httpx.Response],
    deployment: FakeDeployment | None = None,
    secret: Mapping[str, Any] = SECRET,
    clock: StillClock | None = None,
) -> GatewayParts:
    return GatewayParts(
        settings=deployment or FakeDeployment(),
        read_secret=lambda name: secret,
        vault=MemoryVault(),
        clock=clock or StillClock(),
        deadline=Deadline(),
        transport=httpx.MockTransport(answer),
    )


def an_attempt(attempt_id: str = "att_01JD0000000000000000000001", minor: int = 49900) -> Attempt:
    expires_at = NOW + timedelta(seconds=600)
    return Attempt(attempt_id, 1, "phonepe", Money(minor, "INR"), Status.CREATED, NOW, NOW, expires_at)


def an_order(return_url: str = "https://shop.example/back", merchant_order_id: str = "ORD-1") -> CheckoutDetails:
    return CheckoutDetails(return_url, "pay_01JD0000000000000000000001", merchant_order_id, 600)


def a_refund(attempt: Attempt, minor: int, refund_id: str = "rfd_01JD0000000000000000000001") -> Refund:
    return Refund(
        id=refund_id,
        payment_id="pay_01JD0000000000000000000001",
        workspace_id="ws_demo",
        attempt_id=attempt.id,
        gateway=attempt.gateway,
        amount=Money(minor, attempt.amount.currency),
        status=Status.CREATED,
        reason_code=ReasonCode.CUSTOMER_REQUEST,
        reason_text="",
        actor="user:owner",
        created_at=NOW,
        updated_at=NOW,
    )
