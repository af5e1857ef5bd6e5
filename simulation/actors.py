"""Those who do what the plan says. They know what a person or a shop would know: the answers they were given."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from payments.domain import capability
from payments.domain.event import Why
from payments.domain.money import Money
from payments.domain.payment import Payment
from payments.domain.refund import ReasonCode, Refund
from payments.gateways.contract import WebhookForged, WebhookRequest
from payments.store.contract import Reply
from payments.usecases import cases
from payments.usecases.errors import DuplicateOrder, InvalidState, KeyReused
from payments.usecases.idempotency import key_of
from payments.usecases.initiate import PaymentOrder, initiate_payment, retry_payment
from payments.usecases.parts import Parts
from payments.usecases.reconcile import reconcile
from payments.usecases.refund import RefundOrder, refund_payment
from payments.usecases.status import refresh_payment, return_of_payer
from payments.usecases.webhook import receive_webhook
from simulation.cloud import Cloud
from simulation.plan import Act, Plan
from simulation.scheduler import Ended
from simulation.settings import BASE_URL, OTHER_WORKSPACE, WORKSPACE
from simulators.phonepe.errors import GatewayError
from simulators.phonepe.orders import OrderClosedError
from simulators.phonepe.records import Order
from simulators.phonepe.refunds import RefundClosedError
from simulators.phonepe.webhooks import constant_proof

_PROOF = constant_proof("sim_user", "simPass123")
OWNER = Why("user:owner", "api")
_API_GIVES_UP_MS = 30_000.0
_AGAIN_MS = (2_000.0, 5_000.0, 35_000.0, 60_000.0, 120_000.0)
_LOOKS_AGAIN_MS = 20_000.0
_LOOKS_MAX = 30
Answered = Callable[[Ended], None]


@dataclass
class Shop:
    """What the merchant knows of one order."""

    payment_id: str = ""
    pages: list[str] = field(default_factory=list)  # Attempts whose page the payer was sent to.
    tokens: list[str] = field(default_factory=list)


@dataclass
class Actors:
    cloud: Cloud
    plan: Plan
    answers: dict[tuple[str, ...], str] = field(default_factory=dict)
    differing: list[str] = field(default_factory=list)
    reports: list[dict[str, Any]] = field(default_factory=list)
    also: Mapping[str, Callable[[Actors, Act], None]] = field(default_factory=dict)  # What else may be done.

    def __post_init__(self) -> None:
        self._shops = {order: Shop() for order in self.plan.amounts}

    def begin(self) -> None:
        scheduler = self.cloud.scheduler
        for act in self.plan.acts:
            scheduler.at(scheduler.start_ms + act.at_ms, self._doing(act))

    def _doing(self, act: Act) -> Callable[[], None]:
        def do() -> None:
            self.cloud.trace.tell(self.cloud.scheduler.now_ms, act.told())
            with suppress(OrderClosedError, RefundClosedError, GatewayError):  # Too late: nothing happens.
                (self.also.get(act.do) or _DOES[act.do])(self, act)
            self.cloud.sim.post_news()
            self.cloud.watch_gateway()

        return do

    def _after(self, ms: float, action: Callable[[], None]) -> None:
        self.cloud.scheduler.at(self.cloud.scheduler.now_ms + ms, action)

    # The shop's server.

    def initiate(self, act: Act) -> None:
        workspace = OTHER_WORKSPACE if act.more.get("workspace") else WORKSPACE
        minor = act.more.get("minor", self.plan.amounts[act.order])
        order = PaymentOrder(
            workspace_id=workspace,
            merchant_order_id=f"ORD-{act.order}",
            amount=Money(minor, "INR"),
            gateway="phonepe",
            return_url="https://shop.example/done",
            expires_in_s=self.plan.lives_s[act.order],
        )
        body = f"{act.order} {minor}".encode()
        key = key_of(workspace, "POST /v1/payments", f"{act.order}-{act.more['key']}", body)

        def ask(parts: Parts) -> object:
            return initiate_payment(order, key, OWNER, parts, render_payment, BASE_URL)

        same = ("initiate", workspace, act.order, act.more["key"], str(minor))
        self._ask("initiate", f"initiate {act.order}", ask, same, act.more.get("tries", 0))

    def retry(self, act: Act) -> None:
        shop = self._shops[act.order]
        if not shop.payment_id:
            return
        key = key_of(WORKSPACE, "retry", f"{act.order}-{act.more['key']}", shop.payment_id.encode())

        def ask(parts: Parts) -> object:
            return retry_payment(WORKSPACE, shop.payment_id, key, OWNER, parts, render_payment, BASE_URL)

        self._ask("initiate", f"retry {act.order}", ask, ("retry", act.order, act.more["key"]), act.more["tries"])

    def refund(self, act: Act) -> None:
        shop, minor = self._shops[act.order], act.more["minor"]
        if not shop.payment_id:
            return
        order = RefundOrder(WORKSPACE, shop.payment_id, minor, "", ReasonCode.CUSTOMER_REQUEST, "")
        key = key_of(WORKSPACE, "refund", f"{act.order}-{act.more['key']}", f"{shop.payment_id} {minor}".encode())

        def ask(parts: Parts) -> object:
            return refund_payment(order, key, OWNER, parts, render_refund)

        same = ("refund", act.order, act.more["key"], str(minor))
        self._ask("refund", f"refund {act.order}", ask, same, act.more["tries"])

    def _ask(self, function: str, name: str, ask: Callable[[Parts], object], same: tuple[str, ...], tries: int) -> None:
        """Ask, and ask again with the same key while there is no good answer. A killed one answers nobody."""
        asked_at = self.cloud.scheduler.now_ms

        def ended(how: Ended) -> None:
            if isinstance(how.value, Reply):
                return self._learn(same, how.value)
            if same in self.answers and isinstance(how.error, DuplicateOrder | KeyReused | InvalidState):
                self.differing.append(f"{same}: answered before, now {type(how.error).__name__}")
            if tries > 0:
                waited = self.cloud.scheduler.now_ms - asked_at
                pause = _AGAIN_MS[min(tries, len(_AGAIN_MS)) - 1]
                wait = max(pause, _API_GIVES_UP_MS - waited) if how.was_killed else pause
                self._after(wait, lambda: self._ask(function, name, ask, same, tries - 1))
            return None

        self.cloud.invoke(function, name, ask, ended)

    def _learn(self, same: tuple[str, ...], reply: Reply) -> None:
        earlier = self.answers.setdefault(same, reply.body)
        if earlier != reply.body:
            self.differing.append(f"{same}: {earlier} and {reply.body}")
        said = json.loads(reply.body)
        if same[-1].isdigit() and said["amount"] != int(same[-1]):
            self.differing.append(f"{same}: answered for another amount, {reply.body}")
        if same[0] == "refund" or same[1] == OTHER_WORKSPACE:
            return
        shop = self._shops[same[2] if same[0] == "initiate" else same[1]]
        shop.payment_id = said["payment_id"]
        if said["url"] and said["attempt_id"] not in shop.pages:
            shop.pages.append(said["attempt_id"])
            shop.tokens.append(capability.return_token(said["checkout_token"], WORKSPACE))

    # The payer.

    def refresh(self, act: Act) -> None:
        shop = self._shops[act.order]
        if shop.payment_id:
            why = Why("user:owner", "refresh")
            self.cloud.invoke(
                "status",
                f"refresh {act.order}",
                lambda parts: refresh_payment(WORKSPACE, shop.payment_id, why, parts),
                _unheard,
            )

    def come_back(self, act: Act) -> None:
        shop = self._shops[act.order]
        if shop.tokens:
            token = shop.tokens[-1]
            self.cloud.invoke(
                "status", f"return {act.order}", lambda parts: return_of_payer(shop.payment_id, token, parts), _unheard
            )

    def at_page(self, act: Act, looks: int = 0) -> None:
        """The payer acts once he has been sent to a page, the newest or the one before."""
        pages = self._shops[act.order].pages
        order = self.cloud.model.orders.by_id.get(pages[max(0, len(pages) - 1 - act.more["page"])]) if pages else None
        if order is not None:
            with suppress(OrderClosedError):
                _AT_PAGE[act.do](self, order)
            self.cloud.sim.post_news()
            self.cloud.watch_gateway()
        elif looks < _LOOKS_MAX:
            self._after(_LOOKS_AGAIN_MS, lambda: self.at_page(act, looks + 1))

    def _pay(self, order: Order) -> None:
        self.cloud.model.orders.pay(order)

    def _decline(self, order: Order) -> None:
        self.cloud.model.orders.decline(order)

    def _fail_then_pay(self, order: Order) -> None:
        self.cloud.model.orders.fail_one_try(order)
        self.cloud.model.orders.pay(order)

    def _wait(self, order: Order) -> None:
        self.cloud.model.orders.wait(order)

    def _abandon(self, order: Order) -> None:
        self.cloud.model.orders.walk_away(order)

    def _pay_late(self, order: Order) -> None:
        with self._armed("late_success"):
            self.cloud.model.orders.pay(order)

    def _pay_twice(self, order: Order) -> None:
        with self._armed("double_pay"):
            self.cloud.model.orders.pay(order)

    @contextmanager
    def _armed(self, fault: str) -> Iterator[None]:
        self.cloud.model.faults.arm(fault, "pay")
        try:
            yield
        finally:
            self.cloud.model.faults.clear()

    # The operator, and whoever is at the gateway's dashboard.

    def close_cases(self, act: Act) -> None:
        def close_all(parts: Parts) -> object:
            for case in cases.list_cases(WORKSPACE, parts):
                cases.close_case(WORKSPACE, case.id, "looked at", OWNER, parts)
            return None

        self.cloud.invoke("reconcile", "close cases", close_all, _unheard)

    def reconcile(self, act: Act | None = None) -> None:
        def run(parts: Parts) -> object:
            now = parts.clock.now()
            start = now - timedelta(days=30)  # No history lasts longer.
            return reconcile(WORKSPACE, start, now, False, OWNER, parts)

        def ended(how: Ended) -> None:
            if isinstance(how.value, dict):
                self.reports.append(how.value)

        self.cloud.invoke("reconcile", "reconcile", run, ended)

    def _paid_order(self, act: Act) -> Order | None:
        for attempt_id in self._shops[act.order].pages:
            order = self.cloud.model.orders.by_id.get(attempt_id)
            if order and order.state == "COMPLETED":
                return order
        return None

    def refund_by_hand(self, act: Act) -> None:
        if order := self._paid_order(act):
            self.cloud.model.refunds.create_by_hand(order.id, max(100, order.amount // act.more["share"]))

    def fail_refund(self, act: Act) -> None:
        for refund in list(self.cloud.model.refunds.by_id.values()):
            if refund.is_open:
                self.cloud.model.refunds.fail(refund)
                return

    def tell_again(self, act: Act) -> None:
        if order := self._paid_order(act):
            self.cloud.model.orders.tell_again(order)

    # Strangers.

    def forge(self, act: Act) -> None:
        """The truth, or a lie about the order, without the proof."""

        def ended(how: Ended) -> None:
            if not isinstance(how.error, WebhookForged) and not how.was_killed:
                self.differing.append("INV-21: a webhook without proof was taken")

        self._tell_lie(act, "f" * 64, ended)

    def lie(self, act: Act) -> None:
        """With the proof, which covers no byte of the body: only the gateway's own answer may count."""
        self._tell_lie(act, _PROOF, _unheard)

    def tell_of_stranger(self, act: Act) -> None:
        self._tell_lie(Act(act.at_ms, act.do), _PROOF, _unheard)

    def _tell_lie(self, act: Act, proof: str, ended: Answered) -> None:
        pages = self._shops[act.order].pages if act.order else ["att_01JD0000000000000000000000"]
        payload = {"merchantOrderId": pages[-1] if pages else "att_none", "state": "COMPLETED", "amount": 1}
        body = json.dumps({"event": "checkout.order.completed", "payload": payload}).encode()
        request = WebhookRequest(body, {"authorization": proof})
        self.cloud.invoke(
            "webhook", f"lie about {act.order}", lambda parts: receive_webhook("phonepe", request, parts), ended
        )


def _unheard(how: Ended) -> None:
    """Nobody waits for this answer."""


_AT_PAGE: dict[str, Callable[[Actors, Order], None]] = {
    "pay": Actors._pay,
    "decline": Actors._decline,
    "fail_then_pay": Actors._fail_then_pay,
    "wait": Actors._wait,
    "abandon": Actors._abandon,
    "pay_late": Actors._pay_late,
    "pay_twice": Actors._pay_twice,
    "pay_after_the_end": Actors._pay_late,
}
_DOES: dict[str, Callable[[Actors, Act], None]] = {
    "initiate": Actors.initiate,
    "retry": Actors.retry,
    "refund": Actors.refund,
    "refresh": Actors.refresh,
    "return": Actors.come_back,
    "close_cases": Actors.close_cases,
    "reconcile": Actors.reconcile,
    "refund_by_hand": Actors.refund_by_hand,
    "fail_refund": Actors.fail_refund,
    "tell_again": Actors.tell_again,
    "forge": Actors.forge,
    "lie": Actors.lie,
    "tell_of_stranger": Actors.tell_of_stranger,
    **dict.fromkeys(_AT_PAGE, Actors.at_page),
}


def render_payment(payment: Payment, checkout_token: str) -> Reply:
    view = {
        "payment_id": payment.id,
        "attempt_id": payment.live.id,
        "status": payment.status,
        "url": payment.live.checkout_url,
        "checkout_token": checkout_token,
        "amount": payment.amount.minor,
    }
    return Reply(201, json.dumps(view))


def render_refund(refund: Refund) -> Reply:
    return Reply(201, json.dumps({"refund_id": refund.id, "status": refund.status, "amount": refund.amount.minor}))
