"""Any gateway on its simulator, in-process: what is the same for all of them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import httpx

from gateway_simulators.kit.clock import ManualClock
from gateway_simulators.kit.gateway import GatewayApp
from gateway_simulators.kit.inprocess import InProcessTransport
from payments.domain.records.payment import Attempt
from payments.domain.records.refund import Refund
from payments.domain.values.account import Account
from payments.domain.values.money import Money
from payments.domain.values.terms import AS_IT_COMES, CaptureMode, Terms
from payments.gateways.contract.gateway import Gateway
from payments.gateways.contract.payments import CheckoutDetails
from payments.gateways.contract.webhooks import WebhookRequest
from payments.gateways.registry import build_gateway
from tests.gateways.fakes import FakeDeployment, a_refund, an_attempt, an_order, parts
from tests.simulated import make_simulator, simulator_secret

HOOK = "https://ours.example/hook"
EXPIRES_AFTER = timedelta(seconds=600)

Change = Callable[[dict[str, Any]], object]


class PayerClock:
    """The simulator's clock for the adapter."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now(), UTC)

    def sleep(self, seconds: float) -> None:
        self._clock.advance(seconds)

    def lasting(self, seconds: float) -> timedelta:
        return timedelta(seconds=seconds)


class Between(httpx.BaseTransport):
    """The simulator behind our calls, and answers that a test puts between. Records the authorization values it saw."""

    def __init__(self, app: GatewayApp) -> None:
        self._simulator = InProcessTransport(app)
        self.instead: list[httpx.Response] = []
        self.changes: list[Change] = []
        self.interferes: Callable[[httpx.Request], httpx.Response | None] = lambda request: None
        self.authorizations: set[str] = set()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/token") or "/notifications/" in request.url.path:
            return self._simulator.handle_request(request)
        self.authorizations.add(request.headers.get("authorization", ""))
        if self.instead:
            return self.instead.pop()
        if (answer := self.interferes(request)) is not None:
            return answer
        response = self._simulator.handle_request(request)
        return self._changed(response) if self.changes else response

    def _changed(self, response: httpx.Response) -> httpx.Response:
        answer = json.loads(response.read())
        self.changes.pop()(answer)
        return httpx.Response(response.status_code, json=answer)


class SimulatedHarness:
    name: ClassVar[str]
    currency = "USD"
    refunds_need_ref = True
    proof_covers_body = True
    decline_ends_it = False
    has_tokens = False
    never_closes = False
    shows: frozenset[str] = frozenset()
    authorization_life_s = 7 * 86400.0

    def __init__(self, deployment: FakeDeployment | None = None, **habits: Any) -> None:
        """`habits` are settings of the simulator."""
        self.clock = ManualClock()
        self.posted: list[WebhookRequest] = []
        self.app = make_simulator(self.name, self.clock.now, 7, self._receive, HOOK, self._too_slow, **habits)
        self.settings: Any = self.app.model.settings  # type: ignore[attr-defined]
        self.between = Between(self.app)
        self._deployment = deployment or FakeDeployment()
        self.secret = dict(simulator_secret(self.name, HOOK))
        self.gateway = self.built(self.secret)
        self.gateway_without_webhook_secret = self.built(self.without_webhook_secret(self.secret))
        self._numbers = itertools.count(1)

    def built(self, secret: Mapping[str, Any]) -> Gateway:
        usual = parts(lambda request: httpx.Response(500), self._deployment, secret)
        return build_gateway(Account(self.name), replace(usual, clock=PayerClock(self.clock), transport=self.between))

    def without_webhook_secret(self, secret: Mapping[str, Any]) -> Mapping[str, Any]:
        return {name: value for name, value in secret.items() if not name.startswith("webhook")}

    @property
    def faults(self) -> Mapping[str, list[str]]:
        return self.app.model.faults.allowed

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.now(), UTC)

    def new_attempt(self, minor: int = 49900, terms: Terms = AS_IT_COMES) -> Attempt:
        now = self.now()
        return replace(
            an_attempt(f"att_{next(self._numbers):026}", minor),
            gateway=self.name,
            amount=Money(minor, self.currency),
            created_at=now,
            sent_at=now,
            expires_at=now + EXPIRES_AFTER,
            terms=terms,
        )

    def order(self) -> CheckoutDetails:
        return an_order()

    def new_refund(self, attempt: Attempt, minor: int) -> Refund:
        return replace(a_refund(attempt, minor, f"rfd_{next(self._numbers):026}"), created_at=self.now())

    def new_authorized(self, minor: int = 49900) -> Attempt:
        attempt = self.new_attempt(minor, Terms(capture=CaptureMode.MANUAL))
        attempt = replace(attempt, checkout_ref=self.gateway.create_checkout(attempt, self.order()).ref)
        self.pay(attempt)
        return attempt

    def new_under_way(self, minor: int = 49900) -> Attempt:
        attempt = self.new_attempt(minor)
        attempt = replace(attempt, checkout_ref=self.gateway.create_checkout(attempt, self.order()).ref)
        self.act(attempt, "wait")
        return attempt

    def new_searched(self) -> Attempt:
        return self.new_attempt()

    def add_foreign(self, count: int) -> None:
        self.control("POST", "/_sim/foreign", {"count": count})

    def token_for(self, outcome: str) -> str:
        raise LookupError(f"{self.name} charges no token")

    def pay(self, attempt: Attempt) -> None:
        self.act(attempt, "pay")

    def decline(self, attempt: Attempt) -> None:
        self.act(attempt, "decline")

    def abandon(self, attempt: Attempt) -> None:
        self.act(attempt, "abandon")

    def pay_late(self, attempt: Attempt) -> None:
        """The simulator pays by itself."""

    def act(self, attempt: Attempt, act: str) -> None:
        self.control("POST", f"/_sim/orders/{attempt.id}", {"act": act})

    def end_pending(self, attempt: Attempt, *, completes: bool) -> None:
        self.control("POST", f"/_sim/pending/{attempt.id}", {"act": "complete" if completes else "deny"})

    def end_refund(self, refund: Refund, *, completes: bool) -> None:
        self.control("POST", f"/_sim/refunds/{refund.id}", {"act": "complete" if completes else "fail"})

    def return_refund(self, refund: Refund) -> None:
        self.control("POST", f"/_sim/refunds/{refund.id}", {"act": "return"})

    def refund_by_hand(self, attempt: Attempt, minor: int) -> str:
        made = self.control("POST", "/_sim/dashboard_refunds", {"order": attempt.id, "amount": minor})
        return str(made["refund"])

    def reverse(self, attempt: Attempt, minor: int) -> str:
        return str(self.control("POST", "/_sim/reversals", {"order": attempt.id, "amount": minor})["reversal"])

    def open_dispute(self, attempt: Attempt, minor: int, phase: str = "chargeback") -> str:
        body = {"order": attempt.id, "amount": minor, "phase": phase}
        return str(self.control("POST", "/_sim/disputes", body)["dispute"])

    def end_dispute(self, ref: str, act: str) -> None:
        self.control("POST", f"/_sim/disputes/{ref}", {"act": act})

    def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.app.pump()

    def fault(self, fault: str, op: str) -> None:
        self.control("POST", "/_sim/faults", {"fault": fault, "op": op})

    def answer_next(self, response: httpx.Response) -> None:
        self.between.instead.append(response)

    def refusal(self, code: str, http_status: int) -> httpx.Response:
        return httpx.Response(http_status, json={"code": code, "message": "no"})

    def say_next(self, **fields: object) -> None:
        self.between.changes.append(lambda answer: answer.update(fields))

    def report_code(self, text: str) -> None:
        self.between.changes.append(lambda answer: _say(answer, text))

    def forget_tokens(self) -> None:
        """This gateway has no tokens."""

    def things_to_pay(self, attempt: Attempt) -> int:
        return [order.id for order in self.app.model.ledger_orders()].count(attempt.id)

    def captured(self, attempt: Attempt) -> int:
        return sum(one.amount for one in self.app.model.ledger_captures() if one.order == attempt.id)

    def authorized(self, attempt: Attempt) -> int:
        return sum(one.authorized for one in self.app.model.ledger_orders() if one.id == attempt.id)

    def refunded(self, attempt: Attempt) -> int:
        refunds = (one for one in self.app.model.ledger_refunds() if one.order == attempt.id)
        return sum(refund.amount for refund in refunds if refund.state not in ("failed", "returned"))

    def calls(self) -> Mapping[str, int]:
        calls: Mapping[str, int] = self.app.model.ledger()["calls"]
        return calls

    def all_webhooks(self) -> list[WebhookRequest]:
        self.app.pump()
        return list(self.posted)

    def webhooks(self, subject: str) -> list[WebhookRequest]:
        """Webhooks that name it."""
        return [request for request in self.all_webhooks() if subject.encode() in request.body]

    def sent_again(self, webhook: WebhookRequest) -> WebhookRequest:
        return self.signed(webhook.body)

    def signed(self, body: bytes) -> WebhookRequest:
        raise NotImplementedError

    def control(self, method: str, path: str, body: Mapping[str, object] | None = None) -> dict[str, Any]:
        with httpx.Client(transport=InProcessTransport(self.app), base_url="http://127.0.0.1:8101") as client:
            response = client.request(method, path, json=body)
        response.raise_for_status()
        answer: dict[str, Any] = response.json()
        return answer

    def _receive(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        self.posted.append(WebhookRequest(body, {name.lower(): value for name, value in headers.items()}))
        return 200

    @staticmethod
    def _too_slow(seconds: float) -> None:
        raise TimeoutError("longer than anybody waits")


def _say(answer: Any, text: str) -> None:
    """Replace every status in the answer, at any depth."""
    if isinstance(answer, dict):
        for name, value in answer.items():
            if name in ("status", "state") and isinstance(value, str):
                answer[name] = text
            else:
                _say(value, text)
    for element in answer if isinstance(answer, list) else ():
        _say(element, text)
