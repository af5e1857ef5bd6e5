"""Payers, the operator, whoever is at the gateway's dashboard, and strangers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

from payments.gateways.contract import WebhookForged, WebhookRequest
from payments.usecases import cases
from payments.usecases.parts import Parts
from payments.usecases.reconcile import reconcile
from payments.usecases.webhook import receive_webhook
from simulation.cloud import Cloud
from simulation.plan import Act
from simulation.scheduler import Ended
from simulation.settings import WORKSPACE
from simulation.shop import OWNER, Shop, unheard
from simulators.phonepe.orders import OrderClosedError
from simulators.phonepe.records import Order
from simulators.phonepe.webhooks import constant_proof

_PROOF = constant_proof("sim_user", "simPass123")
_LOOKS_AGAIN_MS = 20_000.0
_LOOKS_MAX = 30


class People:
    def __init__(self, cloud: Cloud, shop: Shop) -> None:
        self.cloud, self.shop = cloud, shop
        self.reports: list[dict[str, Any]] = []
        self.took_forged = False

    def at_page(self, act: Act, looks: int = 0) -> None:
        """The payer acts once he has been sent to a page, the newest or the one before."""
        pages = self.shop.orders[act.order].pages
        order = self.cloud.model.orders.by_id.get(pages[max(0, len(pages) - 1 - act.more["page"])]) if pages else None
        if order is not None:
            with suppress(OrderClosedError):
                AT_PAGE[act.do](self, order)
            self.cloud.sim.post_news()
            self.cloud.post.watch_gateway()
        elif looks < _LOOKS_MAX:
            self.cloud.after(_LOOKS_AGAIN_MS, lambda: self.at_page(act, looks + 1))

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

        self.cloud.invoke("reconcile", "close cases", close_all, unheard)

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
        for attempt_id in self.shop.orders[act.order].pages:
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

    def fail_at_gateway(self, act: Act) -> None:
        """The gateway itself ends an order, perhaps before its shop has heard of it."""
        for order in list(self.cloud.model.orders.by_id.values()):
            if order.is_open:
                self.cloud.model.orders.decline(order)
                return

    def tell_again(self, act: Act) -> None:
        if order := self._paid_order(act):
            self.cloud.model.orders.tell_again(order)

    # Strangers.

    def forge(self, act: Act) -> None:
        """The truth, or a lie about the order, without the proof."""

        def ended(how: Ended) -> None:
            if not isinstance(how.error, WebhookForged) and not how.was_killed:
                self.took_forged = True

        self._tell_lie(act, "f" * 64, ended)

    def lie(self, act: Act) -> None:
        """With the proof, which covers no byte of the body: only the gateway's own answer may count."""
        self._tell_lie(act, _PROOF, unheard)

    def tell_of_stranger(self, act: Act) -> None:
        self._tell_lie(Act(act.at_ms, act.do), _PROOF, unheard)

    def _tell_lie(self, act: Act, proof: str, ended: Callable[[Ended], None]) -> None:
        pages = self.shop.orders[act.order].pages if act.order else ["att_01JD0000000000000000000000"]
        payload = {"merchantOrderId": pages[-1] if pages else "att_none", "state": "COMPLETED", "amount": 1}
        body = json.dumps({"event": "checkout.order.completed", "payload": payload}).encode()
        request = WebhookRequest(body, {"authorization": proof})
        self.cloud.invoke(
            "webhook", f"lie about {act.order}", lambda parts: receive_webhook("phonepe", request, parts), ended
        )


AT_PAGE: dict[str, Callable[[People, Order], None]] = {
    "pay": People._pay,
    "decline": People._decline,
    "fail_then_pay": People._fail_then_pay,
    "wait": People._wait,
    "abandon": People._abandon,
    "pay_late": People._pay_late,
    "pay_twice": People._pay_twice,
    "pay_after_the_end": People._pay_late,
}
