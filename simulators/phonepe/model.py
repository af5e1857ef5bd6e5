"""PhonePe in memory. Pure: clock and random source are handed in; it does no I/O and starts no thread."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from simulators.kit.faults import ON_THE_WIRE, Faults
from simulators.kit.outbox import Webhook
from simulators.kit.timers import Timers
from simulators.phonepe.ids import Ids
from simulators.phonepe.orders import Orders, wrong
from simulators.phonepe.records import News, Order, Refund
from simulators.phonepe.refunds import Refunds
from simulators.phonepe.settings import Settings
from simulators.phonepe.tokens import Tokens
from simulators.phonepe.webhooks import to_webhook

OPS = ("token", "pay", "status", "refund", "refund_status")
OPS_BY_FAULT: dict[str, tuple[str, ...]] = dict.fromkeys(ON_THE_WIRE, OPS) | {
    "no_webhook": ("pay", "refund"),
    "duplicate_webhook": ("pay", "refund"),
    "late_webhook": ("pay", "refund"),
    "webhook_first": ("pay", "refund"),
    "late_success": ("pay",),
    "double_pay": ("pay",),
    "wrong_amount": ("pay", "status", "refund", "refund_status"),
}


class PhonePeModel:
    def __init__(self, clock: Callable[[], float], rng: random.Random, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.clock = clock
        self.timers = Timers(clock)
        self.faults = Faults(OPS_BY_FAULT)
        self._ids = ids = Ids(self.timers.now, rng, self.settings.id_suffixes)
        self.tokens = Tokens(self.timers.now, ids, self.settings)
        shared = (self.timers, ids, self.settings, self.faults, self._announce)
        self.orders = Orders(*shared)
        self.refunds = Refunds(self.orders, *shared)
        self.calls: Counter[tuple[str, str]] = Counter()
        self._news: list[Webhook] = []

    def tick(self) -> None:
        """Lets happen what was due by now: expiries, refunds moving on, acts of the payer."""
        self.timers.run_due()

    def take_webhooks(self) -> list[Webhook]:
        taken, self._news = self._news, []
        return taken

    def count(self, op: str, subject: str = "") -> None:
        self.calls[op, subject] += 1

    def overtake(self, op: str, subject: str) -> bool:
        """True when the news of this call has to arrive before its answer."""
        if op not in ("pay", "refund") or not self.faults.take(op, "webhook_first"):
            return False
        if op == "pay":
            self.orders.pay(self.orders.get(subject))
        else:
            self.refunds.complete(self.refunds.get(subject))
        return True

    def amount_shown(self, op: str, amount: int, asked: int) -> int:
        """Only this one answer is wrong, and never back to right."""
        return wrong(asked) if self.faults.take(op, "wrong_amount") else amount

    def reset(self) -> None:
        """Forgets all but the tokens: whoever holds one may go on."""
        for forgets in (self.orders.by_id, self.orders.captures, self.refunds.by_id, self.calls, self._news):
            forgets.clear()
        self.timers.clear()
        self.faults.clear()
        self.tokens.issued = 0
        self._ids.start_again()

    def ledger(self) -> dict[str, Any]:
        return {
            "orders": [self._order_entry(order) for order in self.orders.by_id.values()],
            "captures": [asdict(capture) for capture in self.orders.captures],
            "refunds": [self._refund_entry(refund) for refund in self.refunds.by_id.values()],
            "calls": {op: sum(n for (name, _), n in self.calls.items() if name == op) for op in OPS},
        }

    def _announce(self, op: str, news: News) -> None:
        late = self.faults.take(op, "late_webhook")
        copies = self._copies(op)
        delay = 0.0 if late is None else self._seconds(late.seconds, self.settings.late_webhook_seconds)
        self._news += [to_webhook(news, self.settings, news.at + delay) for _ in range(copies)]

    def _copies(self, op: str) -> int:
        if self.faults.take(op, "no_webhook"):
            return 0
        return 2 if self.faults.take(op, "duplicate_webhook") else 1

    @staticmethod
    def _seconds(wanted: float | None, usual: float) -> float:
        return usual if wanted is None else wanted

    def _order_entry(self, order: Order) -> dict[str, Any]:
        entry = asdict(order)
        captured, refunded = self.orders.captured(order.id), self.refunds.refunded(order.id)
        return entry | {"captured": captured, "refunded": refunded, "calls": self._calls_of(order.id)}

    def _refund_entry(self, refund: Refund) -> dict[str, Any]:
        return asdict(refund) | {"calls": self._calls_of(refund.id)}

    def _calls_of(self, subject: str) -> dict[str, int]:
        return {op: self.calls[op, subject] for op in OPS if self.calls[op, subject]}
