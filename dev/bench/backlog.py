"""A backlog of open payments and the sweep of every minute, in virtual time, with production code on the DynamoDB
model.

The gateways' answers are canned: all payments are unpaid. Each gateway answers after 200 ms, or never.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from dev.dynamodb_model import DynamoDB
from dev.histories.crew import greenlets
from dev.histories.scheduler import Ended, Scheduler
from dev.histories.settings import PREFIX, SETTINGS, START_MS, WORKSPACE, secret
from dev.local.provision import create_tables, seed_workspaces
from dev.local.testing import blueprint
from payments.domain.records.payment import Attempt, Payment
from payments.domain.records.token import Token
from payments.domain.values.account import Account
from payments.domain.values.clock import from_epoch_ms
from payments.domain.values.ids import ATTEMPT, PAYMENT, Ids
from payments.domain.values.money import Money
from payments.domain.values.status import Status
from payments.gateways.contract.gateway import Gateway
from payments.gateways.contract.public import NOT_SET_UP
from payments.gateways.registry import GatewayParts, build_gateway
from payments.gateways.transport.deadline import Deadline
from payments.store.dynamodb import transactions as writes
from payments.store.dynamodb.deployment import DynamoStore
from payments.store.dynamodb.tables.tokens import DynamoTokenVault
from payments.usecases.ports import Flow, Ports
from payments.usecases.sweep.run import sweep

GATEWAY_MS, STORE_MS = 200.0, 5.0
MINUTE_MS = 60_000.0
_LIVES_MS, _BUDGET_S = 60_000.0, 55.0
_AMOUNT = Money(49_900, "INR")
_LASTS = timedelta(days=1)
_NOT_PAID: dict[str, Callable[[str], dict[str, object]]] = {
    "phonepe": lambda ref: {"merchantOrderId": ref, "orderId": "OMO1", "state": "PENDING", "amount": _AMOUNT.minor},
    "razorpay": lambda ref: {"entity": "collection", "count": 0, "items": []},
}


@dataclass
class Backlog:
    """`rows` open payments for each gateway, all of them due. The gateways in `silent` never answer."""

    rows: dict[str, int]
    silent: frozenset[str] = frozenset()
    checked: Counter[str] = field(default_factory=Counter)  # Rows by gateway, over all sweeps.
    reports: list[dict[str, object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.scheduler = Scheduler(START_MS)
        self._dynamo = DynamoDB(lambda: self.scheduler.now_ms / 1000)
        create_tables(self._dynamo, blueprint().tables)
        seed_workspaces(self._dynamo, f"{PREFIX}workspaces")
        self._ids, now = Ids(), from_epoch_ms(int(START_MS))
        self.unchecked: set[str] = set()
        for gateway, count in self.rows.items():
            for number in range(count):
                self._add(gateway, number, now)

    @property
    def minutes(self) -> float:
        return (self.scheduler.now_ms - START_MS) / MINUTE_MS

    def sweep_each_minute(self, minutes: int, after: Callable[[], bool] = lambda: False) -> None:
        """Run one sweep function each minute. `after` is called after each sweep and returns True to stop."""
        for minute in range(minutes):
            at_ms = START_MS + minute * MINUTE_MS
            self.scheduler.at(at_ms, self._begin)
            self.scheduler.run(at_ms + MINUTE_MS - 1, 10_000_000)
            if after():
                return

    def close(self) -> None:
        self.scheduler.close()

    def _begin(self) -> None:
        ports, deadline = self._parts()
        deadline.restart(_BUDGET_S)
        self.scheduler.spawn("sweep", lambda: sweep(ports), _LIVES_MS, self._end)

    def _end(self, how: Ended) -> None:
        if how.error:
            raise how.error
        if isinstance(how.value, dict):
            self.reports.append(how.value)

    def _add(self, gateway: str, number: int, now: datetime) -> None:
        created_at = now - timedelta(minutes=2)
        attempt_id = self._ids.new(ATTEMPT, created_at)
        attempt = Attempt(
            attempt_id, 1, gateway, _AMOUNT, Status.PENDING, created_at, created_at, now + _LASTS,
            checkout_ref=f"order_{attempt_id}", is_carried=True,
        )  # fmt: skip
        payment = Payment(
            self._ids.new(PAYMENT, created_at), WORKSPACE, f"BACKLOG-{gateway}-{number}", _AMOUNT, Status.PENDING, 1,
            (attempt,), "https://shop.example/thanks", created_at, created_at, due_at=now, event_hash="0" * 64,
        )  # fmt: skip
        self._dynamo.put_item(TableName=f"{PREFIX}payment_transactions", Item=writes.payment_item(payment))
        self.unchecked.add(attempt_id)

    def _parts(self) -> tuple[Ports, Deadline]:
        clock, deadline = _Clock(self.scheduler), Deadline(lambda: self.scheduler.now_ms / 1000)
        client = _Store(self._dynamo, self.scheduler)
        gateway_parts = GatewayParts(
            settings=SETTINGS,
            read_secret=secret,
            vault=_Tokens(client, PREFIX),
            clock=clock,
            deadline=deadline,
            transport=_Gateways(self),
        )
        built: dict[Account, Gateway] = {}
        ports = Ports(
            store=DynamoStore(client, PREFIX, tuple(self.rows)),
            public=lambda account: NOT_SET_UP,
            gateway=lambda its: built.get(its) or built.setdefault(its, build_gateway(its, gateway_parts)),
            accounts=tuple(map(Account, self.rows)),
            clock=clock,
            ids=self._ids,
            flow=_NoFlow(),
            count=lambda name, number: None,
            note=lambda what, **fields: None,
            time_left=deadline.left,
            crew=lambda: greenlets(self.scheduler, SETTINGS),
        )
        return ports, deadline


class _NoFlow(Flow):
    def start_poll(self, payment: Payment, attempt: Attempt) -> bool:
        return False


class _Tokens(DynamoTokenVault):
    """A token is always at hand, as in a function that has called the gateway before."""

    def get_token(self, key: str) -> Token | None:
        now = from_epoch_ms(int(START_MS))
        return Token("O-Bearer canned", now, now + _LASTS)


@dataclass(frozen=True, slots=True)
class _Clock:
    scheduler: Scheduler

    def now(self) -> datetime:
        return from_epoch_ms(int(self.scheduler.now_ms))

    def sleep(self, seconds: float) -> None:
        self.scheduler.pause(seconds * 1000)

    def lasting(self, seconds: float) -> timedelta:
        return timedelta(seconds=seconds)


class _Store:
    """The model of DynamoDB, with a delay of a few milliseconds."""

    def __init__(self, dynamo: DynamoDB, scheduler: Scheduler) -> None:
        self._dynamo, self._scheduler = dynamo, scheduler

    def __getattr__(self, method: str) -> Any:
        act = getattr(self._dynamo, method)

        def call(**request: Any) -> Any:
            self._scheduler.pause(STORE_MS)
            return act(**request)

        return call


class _Gateways(httpx.BaseTransport):
    def __init__(self, backlog: Backlog) -> None:
        self._backlog = backlog

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        name = "phonepe" if "/apis/" in request.url.path else "razorpay"
        ref = next(step for step in request.url.path.split("/") if "att_" in step)
        scheduler = self._backlog.scheduler
        if name in self._backlog.silent:
            scheduler.pause(request.extensions["timeout"]["read"] * 1000)
            raise httpx.ReadTimeout("no answer", request=request)
        scheduler.pause(GATEWAY_MS)
        self._backlog.checked[name] += 1
        self._backlog.unchecked.discard(ref.removeprefix("order_"))
        return httpx.Response(200, json=_NOT_PAID[name](ref))
