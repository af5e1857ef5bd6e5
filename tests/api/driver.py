"""Calls the handlers as API Gateway does, with all other parts in this process."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import jsonschema  # type: ignore[import-untyped]

from dev.tools.problems import error_model
from functions.apply import handler as apply
from functions.capture import handler as capture
from functions.cases import handler as cases
from functions.checkout import handler as checkout
from functions.disputes import handler as disputes
from functions.gateways import handler as gateways
from functions.health import handler as health
from functions.initiate import handler as initiate
from functions.poll import handler as poll
from functions.reconcile import handler as reconcile
from functions.refund import handler as refund
from functions.status import handler as status
from functions.sweep import handler as sweep
from functions.webhook import handler as webhook
from payments.api.errors import CODES, DETAILS
from payments.api.routes import Route, is_of
from payments.domain.values.account import Account
from payments.gateways.contract.gateway import Gateway
from payments.gateways.registry import GATEWAYS, UnknownGatewayName
from payments.gateways.transport.deadline import Deadline
from payments.gateways.transport.reporting import debug_to, report_to
from payments.runtime import log
from payments.runtime.settings import Settings
from payments.usecases.errors import UnknownGateway
from payments.usecases.ports import Ports
from tests.granted import denied
from tests.runtime.written import Written
from tests.world import SETTINGS, World

APIS = (
    initiate.api,
    status.api,
    checkout.api,
    gateways.api,
    capture.api,
    refund.api,
    disputes.api,
    reconcile.api,
    cases.api,
    webhook.api,
)
Task = Callable[[dict[str, Any], Any], Any]
ROUTES: list[Route] = [route for api in APIS for route in api.routes]
GOOD_ORDER = {
    "merchant_order_id": "ORDER-1",
    "amount": 49900,
    "currency": "INR",
    "return_url": "https://shop.example/thanks?cart=7",
}
ERRORS = jsonschema.Draft202012Validator(error_model().model_json_schema())
DETAIL_NAMES = {code: {name.removesuffix("?") for name in DETAILS.get(code, {})} for code in CODES}


class Context:
    def __init__(self, seconds: float = 25.0) -> None:
        self._seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self._seconds * 1000)


@dataclass
class Wired:
    made: Ports
    given: Settings = SETTINGS
    clock: Deadline = field(default_factory=Deadline)

    def ports(self) -> Ports:
        return self.made

    def settings(self) -> Settings:
        return self.given

    def deadline(self) -> Deadline:
        return self.clock


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def code(self) -> str:
        return str(self.json["error"]["code"])

    @property
    def message(self) -> str:
        return str(self.json["error"]["message"])


class Edge:
    """The HTTP edge of one deployment."""

    def __init__(self, world: World, written: Written) -> None:
        self.world, self.written = world, written
        self._running, self._denied = "", set[str]()
        world.client.on_call = self._note_call
        self.ports = replace(world.ports, note=log.note, count=log.count, gateway=self._gateway)
        world.on_failed = report_to(log.note)
        world.on_answered = debug_to(log.note, log.is_debugging)
        self.use(self.ports)

    def _gateway(self, account: Account) -> Gateway:
        try:
            return self.world.ports.gateway(account)
        except UnknownGatewayName as unknown:
            raise UnknownGateway(f"gateway is one of: {', '.join(GATEWAYS)}", gateways=list(GATEWAYS)) from unknown

    def use(self, ports: Ports, settings: Settings = SETTINGS) -> None:
        self.wired = Wired(ports, settings)
        self.apis = [api.on(self.wired) for api in APIS]
        self.health = health.handler.on(self.wired)
        self.apply = self._task("apply", apply.handler.on(self.wired))
        self.poll = self._task("poll", poll.handler.on(self.wired))
        self.sweep = self._task("sweep", sweep.handler.on(self.wired))
        self.reports = self._task("reconcile", reconcile.jobs.on(self.wired))
        self.dispute_lists = self._task("disputes", disputes.jobs.on(self.wired))

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> Reply:
        return self.send(an_event(method, path, body, **more))

    def send(self, event: dict[str, Any]) -> Reply:
        """Send an event as it is, valid or not; then run what the stream of added deliveries starts."""
        method, path = event["requestContext"]["http"]["method"], event["rawPath"]
        function = self._function(method, path)
        with self._run_as(getattr(function, "name", "health")):
            answered = response(function(event, Context()))
        if keys := self.world.added():
            self.apply({"Records": [{"eventName": "INSERT", "dynamodb": {"Keys": key}} for key in keys]}, Context())
        return answered

    def _function(self, method: str, path: str) -> Any:
        """The function of a route, as API Gateway routes: by path and method, otherwise the catch-all."""
        fitting = (api for api in self.apis for r in api.routes if r.method == method and is_routed(r, path))
        return next(fitting, self.health)

    def _task(self, name: str, task: Task) -> Task:
        def run(event: dict[str, Any], context: Any) -> Any:
            with self._run_as(name):
                return task(event, context)

        return run

    @contextmanager
    def _run_as(self, function: str) -> Iterator[None]:
        """Run the block so that each call of the store must be allowed to the function's role."""
        self._running = function
        try:
            yield
        finally:
            self._running = ""
            wrong, self._denied = self._denied, set()
            assert wrong == set()

    def _note_call(self, method: str, request: dict[str, Any]) -> None:
        if self._running:
            self._denied |= denied(self._running, method, request)

    def pay(self, **changes: Any) -> Reply:
        key = changes.pop("key", "key-1")
        return self.call("POST", "/v1/payments", GOOD_ORDER | changes, key=key)

    def paid(self) -> dict[str, Any]:
        payment: dict[str, Any] = self.pay().json
        self.world.payer("pay", payment["attempts"][0]["attempt_id"])
        self.world.advance(1)
        return payment


def is_routed(route: Route, path: str) -> bool:
    return is_of(route.path, path) or (route.has_slash_twin and path.endswith("/") and is_of(route.path, path[:-1]))


def response(answer: dict[str, Any]) -> Reply:
    assert answer["headers"]["Cache-Control"] == "no-store"
    if answer["statusCode"] >= 400 and "error" in (body := json.loads(answer["body"])):
        ERRORS.validate(body)
        assert body["error"]["details"].keys() <= DETAIL_NAMES[body["error"]["code"]]
    return Reply(answer["statusCode"], answer["headers"], answer["body"])


def an_event(
    method: str,
    path: str,
    body: Any = None,
    *,
    sub: str | None = "owner",
    tenant: str | None = "ws_demo",
    key: str | None = None,
    headers: dict[str, str] | None = None,
    raw: bytes | None = None,
) -> dict[str, Any]:
    path, _, query = path.partition("?")
    sent = {"x-tenant-id": tenant, "idempotency-key": key, "x-request-id": "req-1"}
    content = raw if raw is not None else (b"" if body is None else json.dumps(body).encode())
    if content:
        sent["content-type"] = "application/json"
    claims = {} if sub is None else {"authorizer": {"jwt": {"claims": {"sub": sub}, "scopes": None}}}
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {name: value for name, value in (sent | (headers or {})).items() if value is not None},
        "requestContext": {
            "http": {"method": method, "path": path},
            "stage": "$default",
            "domainName": "api.example",
            **claims,
        },
        "body": base64.b64encode(content).decode(),
        "isBase64Encoded": True,
    }
