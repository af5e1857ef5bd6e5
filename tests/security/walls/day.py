"""One deployment in use; everything that it logs, answers and stores is collected by place."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from gateway_simulators.kit.inprocess import InProcessTransport
from payments.domain.values.account import Account
from payments.gateways.registry import GatewayParts, build_gateway
from payments.gateways.transport.deadline import Deadline
from payments.gateways.transport.reporting import report_to
from payments.runtime import aws, log
from payments.store.dynamodb.tables.tokens import DynamoTokenVault
from tests.api.driver import GOOD_ORDER, Context, Edge, Reply, an_event
from tests.api.test_webhook import PATH as WEBHOOKS
from tests.api.test_webhook import PROOF
from tests.runtime.services import Services, answered_by
from tests.security.walls import canaries
from tests.security.walls.canaries import CLAIMED, CUSTOMER, HEADERS, METADATA, WORDS
from tests.security.walls.estate import DEPLOYMENT, enter, stored
from tests.security.walls.gossip import Gossip
from tests.world import SECRET, SETTINGS, World, a_world

SUBJECT = WORDS["subject"].value
ORDER = {
    **GOOD_ORDER,
    "customer": {
        "id": CUSTOMER["customer id"].value,
        "name": CUSTOMER["customer name"].value,
        "email": CUSTOMER["customer e-mail"].value,
        "mobile": CUSTOMER["customer phone"].value,
    },
    "metadata": {name: canary.value for name, canary in METADATA.items()},
    "return_url": f"https://shop.example/thanks?basket={WORDS['return address'].value}",
}
NO_PERSONAL_DATA: dict[str, Any] = {"customer": None, "metadata": {}}
TOKEN_LIFE_S = 4000


class Failing:
    """Parts of a deployment that raise at every call."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Any:
        raise self._error


@dataclass
class Day:
    """Its edge, and everything that came in and went out, by place."""

    edge: Edge
    gossip: Gossip
    services: Services
    sent: list[str] = field(default_factory=list)
    out: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    made: dict[str, str] = field(default_factory=dict)
    number: int = 0

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> Reply:
        """A request by a member, with private data in every header and claim."""
        given = {"sub": SUBJECT, **more}
        headers = {name: canary.value for name, canary in HEADERS.items()} | given.pop("headers", {})
        event = an_event(method, path, body, headers=headers, **given)
        claims = event["requestContext"].get("authorizer", {}).get("jwt", {}).get("claims")
        if claims:
            claims.update({name: canary.value for name, canary in CLAIMED.items()})
        self.sent += [json.dumps(event, ensure_ascii=False), str(body), str(given.get("raw")), path]
        response = self.edge.send(event)
        surface = canaries.ERROR if response.status >= 400 else canaries.ANSWER
        is_new = response.status == 201 and "checkout_token" in response.text
        self.out[canaries.CREATED if is_new else surface].append(f"{response.headers} {response.text}")
        return response

    def initiate(self, **changes: Any) -> Reply:
        self.number += 1
        order_id = f"{WORDS['order'].value}-{self.number}"
        return self.call(
            "POST", "/v1/payments", ORDER | {"merchant_order_id": order_id} | changes, key=f"k{self.number}"
        )

    def paid(self, act: str = "pay", **changes: Any) -> dict[str, Any]:
        payment: dict[str, Any] = self.initiate(**changes).json
        self.call("GET", f"/v1/payments/{payment['payment_id']}")
        self.edge.world.payer(act, payment["attempts"][0]["attempt_id"])
        self.edge.world.advance(1)
        return payment

    def webhook(self, body: Any, proof: str = PROOF, path: str = WEBHOOKS) -> Reply:
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        self.sent.append(raw.decode())
        return self.call("POST", path, raw=raw, sub=None, tenant=None, headers={"authorization": proof})

    def run(self, job: Any, event: dict[str, Any]) -> None:
        """Run a job; its error goes to the runtime's own log."""
        self.sent.append(json.dumps(event))
        try:
            self.out[canaries.ANSWER].append(json.dumps(job(event, Context())))
        except Exception as error:  # noqa: BLE001  Whatever it is, its text is what is looked at.
            self.out[canaries.RAISED].append("".join(traceback.format_exception(error)))

    def poll(self, payment: dict[str, Any], **more: str) -> None:
        attempt = payment["attempts"][0]
        times = {"sent_at": attempt["created_at"], "expires_at": attempt["expires_at"]}
        ids = {"workspace_id": "ws_demo", "payment_id": payment["payment_id"], "attempt_id": attempt["attempt_id"]}
        self.run(self.edge.poll, ids | times | more)


def deploy(world: World, services: Services) -> Day:
    gossip = Gossip(InProcessTransport(world.sim))
    vault = DynamoTokenVault(world.client, SETTINGS.table_prefix)
    given = GatewayParts(
        SETTINGS,
        lambda name: SECRET,
        vault,
        world.clock,
        Deadline(),
        on_failed=report_to(log.note),
        transport=gossip,
    )
    phonepe, edge = build_gateway(Account("phonepe"), given), Edge(world, None)  # type: ignore[arg-type]
    flow = aws.StepFunctions("arn:aws:states:ap-south-1:1:stateMachine:poll")
    edge.use(
        replace(edge.ports, gateway=lambda its: phonepe if its.gateway == "phonepe" else edge._gateway(its), flow=flow)
    )
    edge.ports = edge.wired.made
    enter(world, "ws_demo", SUBJECT, "owner")
    enter(world, DEPLOYMENT, SUBJECT, "operator")
    return Day(edge, gossip, services)


@contextlib.contextmanager
def everything_logged(stream: io.StringIO) -> Iterator[None]:
    """Log lines of any library, at any level that a function's log could be set to."""
    root, handler = logging.getLogger(), logging.StreamHandler(stream)
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(before)


@dataclass(frozen=True)
class Seen:
    """The text at every place, the input, and the secrets made on the way."""

    surfaces: dict[str, str]
    sent: str
    made: dict[str, str]


@contextlib.contextmanager
def a_day() -> Iterator[tuple[Day, Callable[[], Seen]]]:
    """A day, and a function that returns everything seen so far."""
    services, logged = Services({"StartExecution": lambda _: {}}), io.StringIO()
    with a_world(delivers_webhooks=False) as world, contextlib.ExitStack() as stack:
        stack.enter_context(answered_by(services))
        handler = log.logger.registered_handler
        assert isinstance(handler, logging.StreamHandler)
        stack.callback(handler.setStream, handler.setStream(logged))
        for redirected in (contextlib.redirect_stdout(logged), contextlib.redirect_stderr(logged)):
            stack.enter_context(redirected)
        stack.enter_context(everything_logged(logged))
        day = deploy(world, services)
        yield day, lambda: _collected(day, logged.getvalue())


def _collected(day: Day, logged: str) -> Seen:
    log.flush()
    lines, tables = logged.splitlines(), stored(day.edge.world)
    for token in (item["token"]["M"] for item in tables["gateway_tokens"] if "token" in item):
        day.made["access token"] = token["value"]["S"]
    surfaces = {name: "\n".join(texts) for name, texts in day.out.items()}
    surfaces |= {name: json.dumps(items, ensure_ascii=False) for name, items in tables.items()}
    surfaces |= {
        canaries.LOG: "\n".join(line for line in lines if '"_aws"' not in line),
        canaries.METRIC: "\n".join(line for line in lines if '"_aws"' in line),
        canaries.EXECUTION: "\n".join(json.dumps(request) for _, request in day.services.requests),
        canaries.GATEWAY: "\n".join(day.gossip.sent),
    }
    return Seen(surfaces, "\n".join([*day.sent, *day.gossip.responses]), day.made)
