"""A whole deployment in one process: production store on the model of DynamoDB, production adapters on the
simulators.
"""

from __future__ import annotations

import copy
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from dev.dynamodb_model import Change, DynamoDB
from dev.dynamodb_model.shapes import Door
from dev.histories.settings import BASE_URL, PREFIX, SETTINGS, START_MS, WORKSPACE
from dev.histories.shop import ANSWERS, OWNER
from dev.local.credentials import document_named, gateway_of
from dev.local.provision import create_tables, seed_workspaces
from dev.local.testing import blueprint
from gateway_simulators.kit.inprocess import InProcessTransport
from gateway_simulators.phonepe.app import PhonePeApp
from payments.domain.records.chain import is_unbroken
from payments.domain.records.event import Why
from payments.domain.records.payment import Attempt, Payment
from payments.domain.records.refund import ReasonCode, Refund
from payments.domain.values.account import Account
from payments.domain.values.clock import from_epoch_ms
from payments.domain.values.ids import Ids
from payments.domain.values.money import Money
from payments.gateways.contract.gateway import Gateway
from payments.gateways.contract.webhooks import WebhookRequest
from payments.gateways.kit.public import read_public
from payments.gateways.registry import GATEWAYS, GatewayParts, build_gateway
from payments.gateways.transport.deadline import Deadline
from payments.gateways.transport.reporting import OnAnswered, OnFailed, ignore, report_to
from payments.store.contract.workspaces import Workspace
from payments.store.dynamodb.deployment import DynamoStore
from payments.store.dynamodb.tables.tokens import DynamoTokenVault
from payments.usecases.context import Context
from payments.usecases.idempotency import Key, key_of
from payments.usecases.payment.create import NewPayment, initiate_payment
from payments.usecases.payment.retry import RetryOptions, retry_payment
from payments.usecases.ports import Ports
from payments.usecases.refund.create import NewRefund, refund_payment
from payments.usecases.sweep.run import sweep
from payments.usecases.webhook.apply import apply_added
from payments.usecases.webhook.receive import receive_webhook
from tests.simulated import ByPort, make_simulator, posts_to, simulator_secret

__all__ = ["BASE_URL", "OWNER", "PREFIX", "SECRET", "SETTINGS", "WORKSPACE"]

SECRET = simulator_secret("phonepe", f"{BASE_URL}/v1/webhooks/phonepe")
_TABLES = (
    "payment_transactions",
    "payment_refunds",
    "payment_disputes",
    "payment_events_log",
    "payment_webhook_logs",
    "reconciliation",
)


class HandClock:
    """A clock that stands still until a test moves it or something sleeps."""

    def __init__(self) -> None:
        self._ms = int(START_MS)

    def now(self) -> datetime:
        return from_epoch_ms(self._ms)

    def epoch_s(self) -> float:
        return self._ms / 1000

    def sleep(self, seconds: float) -> None:
        self._ms += int(seconds * 1000)

    def lasting(self, seconds: float) -> timedelta:
        return timedelta(seconds=seconds)


class CountingClient:
    """A DynamoDB client that counts its calls, fails on demand, and may run something just before a call."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.calls: Counter[str] = Counter()
        self.on_call: Callable[[str, dict[str, Any]], None] = lambda method, request: None
        self.before: list[tuple[str, Any]] = []  # (method, callable), each used once
        self.after: list[tuple[str, Any]] = []  # (method, callable that changes the answer), each used once

    def __getattr__(self, method: str) -> Any:
        def call(**request: Any) -> Any:
            self.calls[method] += 1
            self.on_call(method, request)
            for planned in [plan for plan in self.before if plan[0] == method][:1]:
                self.before.remove(planned)
                planned[1](request)
            answer = getattr(self._client, method)(**request)
            for planned in [plan for plan in self.after if plan[0] == method][:1]:
                self.after.remove(planned)
                planned[1](answer)
            return answer

        return call


class Flow:
    """Step Functions as far as a use case uses it."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.accepts = True

    def start_poll(self, payment: Payment, attempt: Attempt) -> bool:
        if self.accepts:
            self.started.append(attempt.id)
        return self.accepts


def changed(port: Any, **operations: Callable[..., Any]) -> Any:
    """A copy of the port with these operations in place of its own. Raises AttributeError for one that it lacks."""
    for name in operations:
        getattr(port, name)
    other = copy.copy(port)
    vars(other).update(operations)
    return other


class OneAtATime:
    """Jobs one after the other: a job has ended when `start` returns."""

    size = 1

    def start(self, job: Callable[[], Any]) -> None:
        self._result = job()

    def wait(self) -> Any:
        return self._result


@dataclass
class World:
    clock: HandClock
    dynamo: Any
    client: CountingClient
    sims: dict[str, Any]
    wire: ByPort  # To the simulators.
    ports: Ports
    flow: Flow
    metrics: Counter[str] = field(default_factory=Counter)
    log: list[dict[str, object]] = field(default_factory=list)
    # In place of a gateway's own secrets.
    secrets: dict[str, Mapping[str, Any] | Exception] = field(default_factory=dict)
    stream: list[Any] = field(default_factory=list)  # Keys of added deliveries.
    on_failed: OnFailed = ignore  # Called with a failed call of a gateway,
    on_answered: OnAnswered = ignore  # and with an answered one.
    overridden: dict[str, dict[str, Callable[..., Any]]] = field(default_factory=dict)  # By gateway.

    def override(self, gateway: str, **operations: Callable[..., Any]) -> None:
        """Let use cases get this gateway with these operations in place of its own."""
        self.overridden[gateway] = {**self.overridden.get(gateway, {}), **operations}

    def override_store(self, **operations: Callable[..., Any]) -> None:
        """From now on `self.ports` has the store with these operations; ports that were read before do not."""
        self.ports = replace(self.ports, store=changed(self.ports.store, **operations))

    def override_workspace_store(self, **operations: Callable[..., Any]) -> None:
        """The same for the store of each workspace; its own store is the first argument of each operation."""
        within = self.ports.store.within

        def overridden(workspace_id: str) -> Any:
            its = within(workspace_id)
            return changed(its, **{name: partial(operation, its) for name, operation in operations.items()})

        self.override_store(within=overridden)

    @contextmanager
    def restoring(self) -> Iterator[None]:
        """Gateways, store and ports have their operations of now again at the end of the block."""
        ports, overridden = self.ports, {**self.overridden}
        try:
            yield
        finally:
            self.ports, self.overridden = ports, overridden

    @property
    def sim(self) -> PhonePeApp:
        app: PhonePeApp = self.sims["phonepe"]
        return app

    def read_secret(self, name: str, webhook_url: str) -> Mapping[str, Any]:
        given = self.secrets.get(gateway_of(name))
        if isinstance(given, Exception):
            raise given
        return document_named(name, webhook_url) if given is None else given

    def read_workspace(self, workspace_id: str = WORKSPACE) -> Workspace:
        return self.ports.store.within(workspace_id).get_workspace()

    def order(self, merchant_order_id: str = "ORD-1", minor: int = 49900, **changes: Any) -> NewPayment:
        order = NewPayment(
            workspace=self.read_workspace(),
            merchant_order_id=merchant_order_id,
            amount=Money(minor, "INR"),
            gateway="" if len(self.sims) > 1 else "phonepe",
            return_url="https://shop.example/done?order=1",
            expires_in_s=1200,
        )
        return replace(order, **changes)

    def initiate(self, order: NewPayment | None = None, key: str = "key-1", body: bytes = b"body") -> dict[str, Any]:
        order = order or self.order()
        reply = initiate_payment(
            order, self.key("create_payment", key, body), self.ports.context(order.workspace.id, OWNER)
        )
        answer: dict[str, Any] = json.loads(reply.body)
        return answer

    def retry(self, payment_id: str, key: str = "retry-1") -> dict[str, Any]:
        reply = retry_payment(
            self.read_workspace(),
            payment_id,
            RetryOptions(),
            self.key("retry", key, payment_id.encode()),
            self.context(),
        )
        answer: dict[str, Any] = json.loads(reply.body)
        return answer

    def refund(self, payment_id: str, minor: int | None = None, key: str = "refund-1") -> dict[str, Any]:
        order = NewRefund(payment_id, minor, "", ReasonCode.CUSTOMER_REQUEST, "")
        claim_key = self.key("refund", key, f"{payment_id} {minor}".encode())
        answer: dict[str, Any] = json.loads(refund_payment(order, claim_key, self.context()).body)
        return answer

    def key(self, operation: str, key: str, body: bytes) -> Key:
        return key_of(operation, key, body, ANSWERS)

    def context(self, why: Why = OWNER) -> Context:
        return self.ports.context(WORKSPACE, why)

    def payer(self, act: str, attempt_id: str, at: str = "phonepe", **more: Any) -> None:
        """The payer's act at the gateway's page: pay, decline or abandon."""
        self.admin("POST", f"/_sim/orders/{attempt_id}", {"act": act, **more}, at)

    def fault(self, fault: str, op: str = "*", times: int = 1, at: str = "phonepe") -> None:
        self.admin("POST", "/_sim/faults", {"fault": fault, "op": op, "times": times}, at)

    def admin(self, method: str, path: str, body: dict[str, Any] | None = None, at: str = "phonepe") -> Any:
        import httpx

        with httpx.Client(transport=InProcessTransport(self.sims[at]), base_url="http://127.0.0.1:8101") as client:
            answer = client.request(method, path, json=body)
            answer.raise_for_status()
            return answer.json() if answer.content else None

    def ledger(self, at: str = "phonepe") -> Any:
        return self.admin("GET", "/_sim/ledger", at=at)

    def advance(self, seconds: float) -> None:
        """Let time pass; the gateways do what became due, and send their webhooks."""
        self.clock.sleep(seconds)
        for sim in self.sims.values():
            sim.pump()

    def webhook(self, body: bytes, headers: dict[str, str], account: str = "phonepe") -> int:
        """Receive a webhook and apply it, as the stream of the deliveries' table does."""
        receive_webhook(
            Account.of(account), WebhookRequest(body, {k.lower(): v for k, v in headers.items()}), self.ports
        )
        for key in self.added():
            apply_added(key, self.ports)
        return 200

    def added(self) -> list[Any]:
        """The keys of the deliveries added since the last call."""
        keys, self.stream = self.stream, []
        return keys

    def workspace(self, **attributes: Any) -> None:
        """Changes the workspace's row: country, gateways, late_success."""
        item = {name: _attribute(value) for name, value in attributes.items()}
        sets = ", ".join(f"#{name} = :{name}" for name in item)
        self.dynamo.update_item(
            TableName=f"{PREFIX}workspaces",
            Key={"pk": {"S": f"T#{WORKSPACE}#WS"}, "sk": {"S": "WORKSPACE"}},
            UpdateExpression=f"SET {sets}",
            ExpressionAttributeNames={f"#{name}": name for name in item},
            ExpressionAttributeValues={f":{name}": value for name, value in item.items()},
        )

    def sweep(self) -> dict[str, object]:
        return sweep(self.ports)

    def payment(self, payment_id: str) -> Payment:
        return self.ports.store.within(WORKSPACE).get_payment(payment_id)

    def refunds(self, payment_id: str) -> list[Refund]:
        return self.ports.store.within(WORKSPACE).list_refunds(payment_id)

    def timeline(self, payment_id: str) -> list[str]:
        events = self.ports.store.within(WORKSPACE).list_events(payment_id)
        assert is_unbroken(events), "the event log has a gap, a repeat or an altered event"
        assert len(events) == self.payment(payment_id).version
        return [event.kind for event in events]

    def tables(self) -> dict[str, Any]:
        """All stored items, to compare before and after."""
        return {name: self.dynamo.scan(TableName=PREFIX + name)["Items"] for name in _TABLES}


def _attribute(value: Any) -> dict[str, Any]:
    return {"S": value} if isinstance(value, str) else {"L": [{"S": text} for text in value]}


@contextmanager
def a_world(seed: int = 1, delivers_webhooks: bool = True) -> Iterator[World]:
    yield make_world(seed, delivers_webhooks)


def make_world(
    seed: int, delivers_webhooks: bool, accounts: tuple[str, ...] = ("phonepe",), **credentials: object
) -> World:
    """`credentials` are further fields of each account's secrets."""
    clock = HandClock()
    dynamo = DynamoDB(clock.epoch_s)
    create_tables(dynamo, blueprint().tables)
    seed_workspaces(dynamo, f"{PREFIX}workspaces")
    client, flow = CountingClient(Door(dynamo)), Flow()
    world: World

    gateways = dict.fromkeys(Account.of(account).gateway for account in accounts)
    post_of = posts_to(lambda account, body, headers: world.webhook(body, headers, account))
    urls = {name: f"{BASE_URL}/v1/webhooks/{name}" if delivers_webhooks else "" for name in gateways}
    sims = {
        name: make_simulator(name, clock.epoch_s, seed, post_of(name), url, clock.sleep) for name, url in urls.items()
    }
    store, wire = DynamoStore(client, PREFIX, GATEWAYS), ByPort(sims)
    metrics: Counter[str] = Counter()
    log: list[dict[str, object]] = []
    gateway_parts = GatewayParts(
        settings=SETTINGS,
        read_secret=lambda name: {**world.read_secret(name, urls.get(gateway_of(name), "")), **credentials},
        vault=DynamoTokenVault(client, PREFIX),
        clock=clock,
        deadline=Deadline(),
        on_failed=lambda failed: world.on_failed(failed),
        on_answered=lambda call: world.on_answered(call),
        transport=wire,
    )
    built: dict[Account, Gateway] = {}

    def gateway(account: Account) -> Gateway:
        its = built.get(account) or built.setdefault(account, build_gateway(account, gateway_parts))
        operations = world.overridden.get(account.gateway)
        return changed(its, **operations) if operations else its

    ports = Ports(
        store=store,
        gateway=gateway,
        public=lambda account: read_public(account, SETTINGS, gateway_parts.read_secret),
        accounts=tuple(map(Account.of, accounts)),
        clock=clock,
        ids=Ids(random.Random(seed).getrandbits),
        flow=flow,
        count=lambda name, number: metrics.update({name: number}),
        note=lambda what, **fields: log.append({"message": what, **fields}),
        time_left=lambda: 1000.0,
        crew=lambda: nullcontext(OneAtATime()),
    )
    world = World(clock, dynamo, client, sims, wire, ports, flow, metrics, log, on_failed=report_to(ports.note))
    dynamo.changes = lambda changes: world.stream.extend(_added(changes))
    return world


def _added(changes: list[Change]) -> Iterator[Any]:
    return (one.key for one in changes if one.table == f"{PREFIX}payment_webhook_logs" and one.old is None)
