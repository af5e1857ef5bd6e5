"""The gateways of one history: each with its own simulator, all on one clock, used only through their common
interface.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import fields
from typing import Any

from dev.histories.settings import SIMULATOR_URL, webhook_url
from gateway_simulators.kit.gateway import (
    GatewayApp,
    GatewayModel,
    LedgerCapture,
    LedgerDispute,
    LedgerOrder,
    LedgerRefund,
    NotOfferedError,
    UnknownError,
)
from gateway_simulators.kit.parts import parts_of
from payments.gateways.registry import simulator_url

ENDED = frozenset({"failed", "expired", "cancelled"})
_BEST_FIRST = ("paid", "authorized", "failed", "expired", "cancelled", "open")
# One setting, by the names that the simulators have for it.
_HABITS = {
    "refund_step_s": ("refund_step_seconds", "refund_seconds"),
    "second_pay_s": ("second_pay_after_seconds",),
    "late_success_s": ("late_success_seconds",),
}
_RESPOND_IN_S = 7 * 86_400.0

Habits = Mapping[str, float]


class Theirs:
    """`outbox` returns, by gateway, the outbox for its simulator."""

    def __init__(
        self,
        names: Collection[str],
        clock: Callable[[], float],
        rng: Callable[[str], random.Random],
        habits: Habits,
        outbox: Callable[[str], Any],
    ) -> None:
        self.apps: dict[str, GatewayApp] = {}
        self._slept: list[float] = []
        for name in names:
            model = parts_of(name).model(clock, rng(name), _settings(name, habits))
            self.apps[name] = parts_of(name).app(model, outbox(name), self._slept.append)

    @property
    def models(self) -> list[GatewayModel]:
        return [app.model for app in self.apps.values()]

    def take_sleep_s(self) -> float:
        """How long (seconds) the call that was just served took there."""
        slept_s = sum(self._slept)
        self._slept.clear()
        return slept_s

    def disarm(self) -> int:
        """Clear all armed faults; returns how many had hit no call."""
        waiting = sum(len(model.faults.list()) for model in self.models)
        for model in self.models:
            model.faults.clear()
        return waiting

    # The gateways' records.

    def orders(self) -> Iterator[tuple[str, LedgerOrder]]:
        for name, app in self.apps.items():
            for order in app.model.ledger_orders():
                yield name, order

    def order(self, attempt_id: str) -> LedgerOrder | None:
        """The order with our id. Some gateways accept an id twice: then the order to which most has happened."""
        found = [order for _, order in self.orders() if order.id == attempt_id]
        return min(found, key=lambda order: _BEST_FIRST.index(order.state), default=None)

    def count(self, attempt_id: str) -> int:
        return sum(order.id == attempt_id for _, order in self.orders())

    def captures(self) -> Iterator[LedgerCapture]:
        for model in self.models:
            yield from model.ledger_captures()

    def captured(self, attempt_id: str) -> list[int]:
        return [capture.amount for capture in self.captures() if capture.order == attempt_id]

    def refunds(self) -> Iterator[tuple[str, LedgerRefund]]:
        for name, app in self.apps.items():
            for refund in app.model.ledger_refunds():
                yield name, refund

    def refund(self, refund_id: str) -> LedgerRefund | None:
        return next((refund for _, refund in self.refunds() if refund.id == refund_id), None)

    def refunded_at_gateway(self, attempt_id: str) -> int:
        """Refunded by others: at the dashboard, or by the gateway itself."""
        others = (one for _, one in self.refunds() if one.order == attempt_id and one.made_by != "api")
        return sum(one.amount for one in others if one.state in ("open", "completed"))

    def ever_refunded(self, attempt_id: str) -> int:
        """Refunded by others, including what has come back since."""
        others = (one for _, one in self.refunds() if one.order == attempt_id and one.made_by != "api")
        return sum(one.amount for one in others if one.state in ("open", "completed", "returned"))

    def disputes(self) -> Iterator[tuple[str, LedgerDispute]]:
        for name, app in self.apps.items():
            for dispute in app.model.ledger_disputes():
                yield name, dispute

    def under_way(self) -> set[str]:
        """Attempts whose payer has acted and whose money only the gateway ends."""
        return set().union(*(model.under_way() for model in self.models))

    def knows(self, our_id: str) -> bool:
        return self.refund(our_id) is not None or self.order(our_id) is not None

    # Acts at the gateways.

    def act(self, order_id: str, act: str, *, under: str = "", ref: str = "") -> None:
        """Act on the order at each gateway that has it.

        `under` is a fault for this act. `ref` selects the order where two have one name.
        """
        for app in self.apps.values():
            if any(order.id == order_id for order in app.model.ledger_orders()):
                with armed(app.model, under, "pay"):
                    app.model.act(ref if ref and self.count(order_id) > 1 else order_id, act)
                app.post_webhooks()

    def end_pending(self, order_id: str, *, completes: bool) -> None:
        """End pending money."""
        self._at_order(order_id, lambda model: model.end_pending(order_id, completes=completes))

    def end_refund(self, refund_id: str, *, completes: bool) -> None:
        self._at_refund(refund_id, lambda model, name: model.end_refund(name, completes=completes))

    def return_refund(self, refund_id: str) -> None:
        self._at_refund(refund_id, lambda model, name: model.return_refund(name))

    def refund_by_hand(self, order_id: str, amount: int) -> None:
        self._at_order(order_id, lambda model: model.refund_by_hand(order_id, amount))

    def reverse(self, order_id: str, amount: int) -> None:
        self._at_order(order_id, lambda model: model.reverse(order_id, amount))

    def open_dispute(self, order_id: str, amount: int, phase: str) -> None:
        self._at_order(order_id, lambda model: model.open_dispute(order_id, amount, phase, "", _RESPOND_IN_S))

    def contest_dispute(self, ref: str) -> None:
        """The merchant answers at the dashboard, where the simulator offers it."""
        for app in self.apps.values():
            if any(dispute.ref == ref for dispute in app.model.ledger_disputes()):
                with suppress(NotOfferedError):
                    app.model.contest_dispute(ref)
                    app.post_webhooks()

    def end_dispute(self, ref: str, act: str) -> None:
        for app in self.apps.values():
            if any(dispute.ref == ref for dispute in app.model.ledger_disputes()):
                app.model.end_dispute(ref, act)
                app.post_webhooks()

    def add_foreign(self, count: int, over_s: float) -> None:
        """Add objects of other systems, at every gateway whose lists are read."""
        for model in self.models:
            with suppress(NotOfferedError):
                model.add_foreign(count, over_s)

    def _at_order(self, order_id: str, do: Callable[[GatewayModel], object]) -> None:
        for app in self.apps.values():
            if any(order.id == order_id for order in app.model.ledger_orders()):
                do(app.model)
                app.post_webhooks()

    def _at_refund(self, refund_id: str, do: Callable[[GatewayModel, str], object]) -> None:
        """Act on the refund, found by our id or by the gateway's, whichever its controls use; do nothing where none has
        it.
        """
        for name, refund in self.refunds():
            if refund_id in (refund.id, refund.ref):
                try:
                    do(self.apps[name].model, refund.ref)
                except UnknownError:
                    do(self.apps[name].model, refund.id)
                return self.apps[name].post_webhooks()
        return None


@contextmanager
def armed(model: GatewayModel, fault: str, op: str = "*", **more: object) -> Iterator[None]:
    """Arm the fault for what is done inside the block; do nothing where the gateway has no such fault."""
    waits = model.faults.arm(fault, op, **more) if fault in model.faults.allowed else None
    try:
        yield
    finally:
        if waits:
            model.faults.disarm(waits)


def _settings(name: str, habits: Habits) -> Any:
    make = parts_of(name).settings
    known = {field.name for field in fields(make)}
    given: dict[str, Any] = {
        theirs: habits[ours] for ours, names in _HABITS.items() if ours in habits for theirs in names
    }
    given |= {"webhook_url": webhook_url(name), "origin": simulator_url(SIMULATOR_URL, name)}
    return make(**{field: value for field, value in given.items() if field in known})
