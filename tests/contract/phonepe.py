"""PhonePe's simulator behind the contract suite."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from payments.domain.payment import Attempt
from payments.domain.refund import Refund
from payments.gateways.contract import CheckoutOrder, WebhookRequest
from payments.gateways.registry import GatewayParts, build_gateway
from simulators.kit.clock import ManualClock
from simulators.kit.inprocess import InProcessTransport
from simulators.kit.outbox import Outbox
from simulators.phonepe.app import PhonePeApp, create_app
from simulators.phonepe.model import PhonePeModel
from simulators.phonepe.settings import Settings
from simulators.phonepe.webhooks import body_proof, constant_proof
from tests.gateways.fakes import SIMULATOR, FakeDeployment, a_refund, an_attempt, an_order, parts


class PayerClock:
    """The simulator's clock as the adapter's."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now(), UTC)

    def sleep(self, seconds: float) -> None:
        self._clock.advance(seconds)

    def lasting(self, seconds: float) -> timedelta:
        return timedelta(seconds=seconds)


class Between(httpx.BaseTransport):
    """The simulator, and what may sit between it and us. Keeps the authorization values that it saw."""

    def __init__(self, app: PhonePeApp) -> None:
        self._simulator = InProcessTransport(app)
        self.instead: list[httpx.Response] = []
        self.changes: list[Mapping[str, object]] = []
        self.authorizations: set[str] = set()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/oauth/token"):
            return self._simulator.handle_request(request)
        self.authorizations.add(request.headers["authorization"])
        if self.instead:
            return self.instead.pop()
        response = self._simulator.handle_request(request)
        return self._changed(response) if self.changes else response

    def _changed(self, response: httpx.Response) -> httpx.Response:
        return httpx.Response(response.status_code, json=json.loads(response.read()) | dict(self.changes.pop()))


class PhonePeHarness:
    refunds_need_ref = False

    def __init__(self, webhook_auth: str) -> None:
        self.proof_covers_body = webhook_auth == "hmac"
        self._settings = Settings(webhook_url="https://ours.example/hook", webhook_auth=webhook_auth)
        self._clock = ManualClock()
        self._posted: list[tuple[str, WebhookRequest]] = []
        model = PhonePeModel(self._clock.now, random.Random(7), self._settings)
        self._app = create_app(model, Outbox(self._clock.now, self._receive), self._too_slow)
        self._between = Between(self._app)
        built_of = self._parts(webhook_auth)
        self.gateway = build_gateway("phonepe", built_of)
        without = replace(built_of, read_secret=lambda name: {"client_secret": self._settings.client_secret})
        self.gateway_without_webhook_secret = build_gateway("phonepe", without)
        self._numbers = itertools.count(1)

    @property
    def secrets(self) -> frozenset[str]:
        tokens = {value.removeprefix("O-Bearer ") for value in self._between.authorizations}
        known = {self._settings.client_secret, self._settings.webhook_password, self._settings.hmac_secret}
        return frozenset(tokens | known | {constant_proof("sim_user", "simPass123"), "ASHA R", "XXXXXX4321"})

    def new_attempt(self, minor: int = 49900) -> Attempt:
        now = datetime.fromtimestamp(self._clock.now(), UTC)
        attempt = an_attempt(f"att_{next(self._numbers):026}", minor)
        return replace(attempt, created_at=now, sent_at=now, expires_at=now + timedelta(seconds=600))

    def order(self) -> CheckoutOrder:
        return an_order()

    def new_refund(self, attempt: Attempt, minor: int) -> Refund:
        return a_refund(attempt, minor, f"rfd_{next(self._numbers):026}")

    def pay(self, attempt: Attempt) -> None:
        self._act(attempt, "pay")

    def decline(self, attempt: Attempt) -> None:
        self._act(attempt, "decline")

    def abandon(self, attempt: Attempt) -> None:
        self._act(attempt, "abandon")

    def pass_time(self, seconds: float) -> None:
        self._clock.advance(seconds)
        self._app.pump()

    def fault(self, fault: str, op: str) -> None:
        self._admin("POST", "/_sim/faults", {"fault": fault, "op": op})

    def answer_next(self, response: httpx.Response) -> None:
        self._between.instead.append(response)

    def say_next(self, **fields: object) -> None:
        self._between.changes.append(fields)

    def forget_tokens(self) -> None:
        for authorization in self._between.authorizations:
            self._app.model.tokens.revoke(authorization)

    def things_to_pay(self, attempt: Attempt) -> int:
        return [order["id"] for order in self._ledger()["orders"]].count(attempt.id)

    def refunded(self, attempt: Attempt) -> int:
        ours = (refund for refund in self._ledger()["refunds"] if refund["order"] == attempt.id)
        return sum(refund["amount"] for refund in ours if refund["state"] != "FAILED")

    def calls(self) -> Mapping[str, int]:
        calls: Mapping[str, int] = self._ledger()["calls"]
        return calls

    def webhooks(self, subject_id: str) -> list[WebhookRequest]:
        self._app.pump()
        return [request for _, request in self._posted if subject_id.encode() in request.body]

    def signed(self, body: bytes) -> WebhookRequest:
        return self._with_proof(body, self._settings.webhook_password, self._settings.hmac_secret)

    def wrongly_signed(self, body: bytes) -> WebhookRequest:
        return self._with_proof(body, "wrongPass1", "wrong-secret")

    def unknown_news(self, attempt: Attempt) -> bytes:
        return json.dumps({"event": "checkout.order.celebrated", "payload": {"merchantOrderId": attempt.id}}).encode()

    def _with_proof(self, body: bytes, password: str, secret: str) -> WebhookRequest:
        if self.proof_covers_body:
            return WebhookRequest(body, {self._settings.hmac_signature_header: body_proof(secret, body)})
        return WebhookRequest(body, {"authorization": constant_proof(self._settings.webhook_user, password)})

    def _receive(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        lower = {name.lower(): value for name, value in headers.items()}
        self._posted.append((url, WebhookRequest(body, lower)))
        return 200

    def _act(self, attempt: Attempt, act: str) -> None:
        self._admin("POST", f"/_sim/orders/{attempt.id}", {"act": act})

    def _ledger(self) -> dict[str, Any]:
        return self._admin("GET", "/_sim/ledger")

    def _admin(self, method: str, path: str, body: Mapping[str, object] | None = None) -> dict[str, Any]:
        with httpx.Client(transport=httpx.WSGITransport(self._app), base_url=SIMULATOR) as client:
            response = client.request(method, path, json=body)
        response.raise_for_status()
        answer: dict[str, Any] = response.json()
        return answer

    def _parts(self, webhook_auth: str) -> GatewayParts:
        usual = parts(lambda request: httpx.Response(500), FakeDeployment(phonepe_webhook_auth=webhook_auth))
        return replace(usual, clock=PayerClock(self._clock), transport=self._between)

    @staticmethod
    def _too_slow(seconds: float) -> None:
        raise TimeoutError("longer than anybody waits")
