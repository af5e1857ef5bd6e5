"""The gateways of one history: each by its own simulator, all on one clock, seen only through what they share."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from functools import cache
from importlib import import_module
from typing import Any

from payments.gateways.registry import simulator_url
from simulation.settings import SIMULATOR_URL, webhook_url
from simulators.kit.gateway import GatewayApp, GatewayModel, LedgerCapture, LedgerOrder, LedgerRefund

MODELS = {
    "phonepe": "PhonePeModel",
    "razorpay": "RazorpayModel",
    "paypal": "PayPalModel",
    "stripe": "StripeModel",
    "square": "SquareModel",
}
ENDED = frozenset({"failed", "expired", "cancelled"})
_BEST_FIRST = ("paid", "authorized", "failed", "expired", "cancelled", "open")
# One habit, by the names that the simulators have for it.
_HABITS = {
    "refund_step_s": ("refund_step_seconds", "refund_seconds"),
    "second_pay_s": ("second_pay_after_seconds",),
    "late_success_s": ("late_success_seconds",),
}

Habits = Mapping[str, float]


class Theirs:
    """`outbox` makes, by gateway, what its simulator posts its news to."""

    def __init__(
        self,
        names: Collection[str],
        clock: Callable[[], float],
        rng: Callable[[str], random.Random],
        habits: Habits,
        outbox: Callable[[str], Any],
    ) -> None:
        self.apps: dict[str, GatewayApp] = {}
        for name in names:
            model = _parts_of(name)[1](clock, rng(name), _settings(name, habits))
            self.apps[name] = _parts_of(name)[2](model, outbox(name), lambda seconds: None)

    @property
    def models(self) -> list[GatewayModel]:
        return [app.model for app in self.apps.values()]

    # What happened there.

    def orders(self) -> Iterator[tuple[str, LedgerOrder]]:
        for name, app in self.apps.items():
            for order in app.model.ledger_orders():
                yield name, order

    def order(self, attempt_id: str) -> LedgerOrder | None:
        """Nothing keeps our id from being used twice at some: then it is the one that most has happened to."""
        found = [order for _, order in self.orders() if order.id == attempt_id]
        return min(found, key=lambda order: _BEST_FIRST.index(order.state), default=None)

    def count(self, attempt_id: str) -> int:
        return sum(order.id == attempt_id for _, order in self.orders())

    def captures(self) -> Iterator[LedgerCapture]:
        for model in self.models:
            yield from model.ledger_captures()

    def taken(self, attempt_id: str) -> list[int]:
        return [capture.amount for capture in self.captures() if capture.order == attempt_id]

    def refunds(self) -> Iterator[tuple[str, LedgerRefund]]:
        for name, app in self.apps.items():
            for refund in app.model.ledger_refunds():
                yield name, refund

    def refund(self, refund_id: str) -> LedgerRefund | None:
        return next((refund for _, refund in self.refunds() if refund.id == refund_id), None)

    def knows(self, our_id: str) -> bool:
        return self.refund(our_id) is not None or self.order(our_id) is not None

    # What somebody does there.

    def act(self, order_id: str, act: str, *, under: str = "") -> None:
        """Where they know of it. `under` is a fault that this very act meets, at those who have it."""
        for app in self.apps.values():
            if any(order.id == order_id for order in app.model.ledger_orders()):
                with armed(app.model, under, "pay"):
                    app.model.act(order_id, act)
                app.post_news()

    def end_review(self, order_id: str, *, completes: bool) -> None:
        """Of money that PayPal had not let through yet."""
        if app := self.apps.get("paypal"):
            app.model.act(order_id, "complete_pending" if completes else "deny_pending")
            app.post_news()

    def end_refund(self, refund_id: str, *, completes: bool) -> None:
        for name, refund in self.refunds():
            if refund_id in (refund.id, refund.ref):
                self.apps[name].model.end_refund(refund_id, completes=completes)
                self.apps[name].post_news()
                return

    def refund_by_hand(self, order_id: str, amount: int) -> None:
        for app in self.apps.values():
            if any(order.id == order_id for order in app.model.ledger_orders()):
                app.model.refund_by_hand(order_id, amount)
                app.post_news()


@contextmanager
def armed(model: GatewayModel, fault: str, op: str = "*") -> Iterator[None]:
    """Hits nothing but what is done meanwhile, and is nothing where the gateway has no such fault."""
    if fault and fault in model.faults.allowed:
        model.faults.arm(fault, op)
    try:
        yield
    finally:
        model.faults.clear()


@cache
def _parts_of(name: str) -> tuple[Any, Any, Any]:
    """Settings, model, and what makes an app of it."""
    module = f"simulators.{name}"
    settings, model = import_module(f"{module}.settings"), import_module(f"{module}.model")
    return settings.Settings, getattr(model, MODELS[name]), import_module(f"{module}.app").create_app


def _settings(name: str, habits: Habits) -> Any:
    make = _parts_of(name)[0]
    known = {field.name for field in fields(make)}
    given: dict[str, Any] = {
        theirs: habits[ours] for ours, names in _HABITS.items() if ours in habits for theirs in names
    }
    given |= {"pending_outlasts_expiry": False}  # While our clock ends what is pending at a gateway.
    given |= {"webhook_url": webhook_url(name), "origin": simulator_url(SIMULATOR_URL, name)}
    return make(**{field: value for field, value in given.items() if field in known})
