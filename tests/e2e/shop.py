"""A merchant and his payers, over real HTTP."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from local.testing import Answer, RunningStack

T = TypeVar("T")
_GIVES_UP_AFTER_S = 90.0


@dataclass
class Shop:
    stack: RunningStack
    numbers: Any = field(default_factory=itertools.count)

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        sub: str = "owner",
        workspace: str = "ws_demo",
        key: str = "",
        **headers: str,
    ) -> Answer:
        given = {"X-Tenant-ID": workspace} | ({"Idempotency-Key": key} if key else {}) | headers
        return self.stack.call(method, path, body, given, token=self.stack.token(sub))

    def an_order(self, **changes: Any) -> dict[str, Any]:
        return {
            "merchant_order_id": f"E2E-{next(self.numbers)}",
            "amount": 49900,
            "currency": "INR",
            "return_url": f"{self.stack.url}/?back=1",
        } | changes

    def initiate(self, **changes: Any) -> dict[str, Any]:
        order = self.an_order(**changes)
        answer = self.ask("POST", "/v1/payments", order, key=order["merchant_order_id"])
        assert answer.http_status == 201, answer.body
        payment: dict[str, Any] = answer.json()
        return payment

    def payer(self, payment: dict[str, Any], act: str) -> None:
        attempt_id = payment["attempts"][-1]["attempt_id"]
        answer = self.stack.call("POST", f"{self.stack.sim_url}/_sim/orders/{attempt_id}", {"act": act})
        assert answer.http_status == 200, answer.body

    def fault(self, fault: str, op: str, times: int = 1, **more: float) -> None:
        asked = {"fault": fault, "op": op, "times": times} | more
        answer = self.stack.call("POST", f"{self.stack.sim_url}/_sim/faults", asked)
        assert answer.http_status == 200, answer.body

    def clear_faults(self) -> None:
        self.stack.call("DELETE", f"{self.stack.sim_url}/_sim/faults")

    def ledger(self) -> Any:
        return self.stack.call("GET", f"{self.stack.sim_url}/_sim/ledger").json()

    def captured(self, payment: dict[str, Any]) -> int:
        ours = {attempt["attempt_id"] for attempt in payment["attempts"]}
        return sum(order["captured"] for order in self.ledger()["orders"] if order["id"] in ours)

    def payment(self, payment_id: str) -> dict[str, Any]:
        payment: dict[str, Any] = self.ask("GET", f"/v1/payments/{payment_id}").json()
        return payment

    def ends(self, payment_id: str, *statuses: str) -> dict[str, Any]:
        """The payment once it has one of these statuses."""
        return until(lambda: self.payment(payment_id), lambda seen: seen["status"] in statuses)

    def paid(self, **changes: Any) -> dict[str, Any]:
        payment = self.initiate(**changes)
        self.payer(payment, "pay")
        return self.ends(payment["payment_id"], "completed")

    def sweep(self) -> Any:
        return self.stack.run_schedule("ReconcileFunction")


def until(
    look: Callable[[], T], is_so: Callable[[T], bool], every_s: float = 0.2, within_s: float = _GIVES_UP_AFTER_S
) -> T:
    gives_up_at = time.monotonic() + within_s
    while True:
        seen = look()
        if is_so(seen):
            return seen
        assert time.monotonic() < gives_up_at, f"still {seen!s:.400}"
        time.sleep(every_s)  # Another process's clock: there is nothing to hand in.


def at_once(count: int, act: Callable[[int], T]) -> list[T]:
    with ThreadPoolExecutor(count) as callers:
        return list(callers.map(act, range(count)))
