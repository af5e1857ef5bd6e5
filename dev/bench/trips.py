"""DynamoDB calls per request: production handlers, store and adapter, on the models of DynamoDB and the gateway."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from dev.bench.events import AMOUNT, WORKSPACE, a_key, an_order, by_gateway, by_member, by_stream
from dev.bench.table import Line
from functions.apply.handler import handler as apply
from functions.initiate.handler import api as initiate
from functions.poll.handler import handler as poll
from functions.refund.handler import api as refund
from functions.status.handler import api as status
from functions.webhook.handler import api as webhook
from payments.domain.values.clock import to_text
from payments.gateways.transport.deadline import Deadline
from payments.runtime.settings import Settings
from payments.usecases.payment.poll import StillOpen
from payments.usecases.ports import Ports
from tests.world import PREFIX, SETTINGS, World, a_world

MOST = {"initiate": 2, "repeat": 2, "webhook": 1, "apply": 4, "refund": 3, "status": 2, "pending poll": 1}
_SHOP = SETTINGS.return_url_allowlist[0]
_LASTS = timedelta(minutes=20)
_FORGOTTEN_S = 61.0  # After this a caller's role is read again.

Answer = dict[str, Any]


def lines() -> list[Line]:
    """The goals are for callers whose role is cached; once a minute it costs one more call."""
    usual, new = count(), count(for_new_caller=True)
    return [
        Line(
            f"DynamoDB calls, {what}",
            str(usual[what]),
            f"(new caller {new[what]})",
            "",
            f"<= {most}",
            usual[what] <= most,
        )
        for what, most in MOST.items()
    ]


def count(*, for_new_caller: bool = False) -> dict[str, int]:
    """Calls by kind of request, on warm functions that have the gateway's token."""
    with a_world(delivers_webhooks=False) as world, _quiet():
        functions = _Functions(world)
        functions.warm_up()
        if for_new_caller:
            functions.before_each = lambda: world.clock.sleep(_FORGOTTEN_S)
        return _counted(functions)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the functions' log lines."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


def _counted(functions: _Functions) -> dict[str, int]:
    key, order, calls_of = a_key(), an_order(_SHOP), functions.calls_of
    counted = {"initiate": calls_of(lambda: functions.initiate(order, key))}
    counted["repeat"] = calls_of(lambda: functions.initiate(order, key))
    payment = functions.initiate(an_order(_SHOP))
    counted["status"] = calls_of(lambda: functions.read(payment))
    counted["pending poll"] = calls_of(lambda: functions.poll(payment))
    functions.world.payer("pay", _attempt_id(payment))
    counted["webhook"] = calls_of(lambda: functions.tell(payment))
    counted["apply"] = calls_of(functions.apply)
    counted["refund"] = calls_of(lambda: functions.refund(payment))
    return counted


class _Context:
    def get_remaining_time_in_millis(self) -> int:
        return 25_000


@dataclass(frozen=True, slots=True)
class _Wired:
    made: Ports
    clock: Deadline

    def ports(self) -> Ports:
        return self.made

    def settings(self) -> Settings:
        return SETTINGS

    def deadline(self) -> Deadline:
        return self.clock


class _Functions:
    """One instance of each function, over one world."""

    def __init__(self, world: World) -> None:
        wired = _Wired(world.ports, Deadline())
        self.world = world
        self.before_each: Callable[[], object] = lambda: None
        self._initiate, self._status, self._refund = initiate.on(wired), status.on(wired), refund.on(wired)
        self._webhook, self._apply, self._poll = webhook.on(wired), apply.on(wired), poll.on(wired)

    def warm_up(self) -> None:
        payment = self.initiate(an_order(_SHOP))
        self.read(payment)
        self.world.payer("pay", _attempt_id(payment))
        self.tell(payment)
        self.apply()
        self.refund(payment)

    def calls_of(self, work: Callable[[], object]) -> int:
        self.before_each()
        before = self.world.client.calls.total()
        work()
        return self.world.client.calls.total() - before

    def initiate(self, order: Answer, key: str = "") -> Answer:
        return _text(self._initiate(by_member("POST", "/v1/payments", order, key or a_key()), _Context()), 201)

    def read(self, payment: Answer) -> Answer:
        return _text(self._status(by_member("GET", f"/v1/payments/{payment['payment_id']}"), _Context()), 200)

    def refund(self, payment: Answer) -> Answer:
        path, part = (
            f"/v1/payments/{payment['payment_id']}/refunds",
            {"amount": AMOUNT.minor // 2, "currency": AMOUNT.currency},
        )
        return _text(self._refund(by_member("POST", path, part, a_key()), _Context()), 201)

    def tell(self, payment: Answer) -> Answer:
        paid = {"merchantOrderId": _attempt_id(payment), "state": "COMPLETED"}
        return _text(self._webhook(by_gateway(paid), _Context()), 200)

    def apply(self) -> None:
        """Apply the webhook that was just stored."""
        (key,) = self.world.added()
        answer = self._apply(by_stream(f"{PREFIX}payment_webhook_logs", key), _Context())
        if answer != {"states": ["applied"]}:
            raise AssertionError(f"not applied: {answer}")

    def poll(self, payment: Answer) -> None:
        now = self.world.clock.now()
        ids = {"workspace_id": WORKSPACE, "payment_id": payment["payment_id"], "attempt_id": _attempt_id(payment)}
        with suppress(StillOpen):
            self._poll(ids | {"sent_at": to_text(now), "expires_at": to_text(now + _LASTS)}, _Context())


def _attempt_id(payment: Answer) -> str:
    return str(payment["attempts"][-1]["attempt_id"])


def _text(answer: Answer, http_status: int) -> Answer:
    if answer["statusCode"] != http_status:
        raise AssertionError(f"{answer['statusCode']}, not {http_status}: {answer['body']}")
    text: Answer = json.loads(answer["body"])
    return text
