"""A merchant and payers, over real HTTP."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import boto3
from botocore.config import Config

from dev.local.blueprint import REGION
from dev.local.testing import Answer, RunningStack

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
        attempt = payment["attempts"][-1]
        self.control(attempt.get("gateway", "phonepe"), f"/orders/{attempt['attempt_id']}", {"act": act})

    def control(self, gateway: str, path: str, body: Any) -> Any:
        """An act of a payer, a bank or the gateway."""
        answer = self.stack.call("POST", f"{self.stack.sim_url_of(gateway)}/_sim{path}", body)
        assert answer.http_status == 200, answer.body
        return answer.json()

    def fault(self, fault: str, op: str, times: int = 1, gateway: str = "phonepe", **more: float | str) -> None:
        self.control(gateway, "/faults", {"fault": fault, "op": op, "times": times} | more)

    def clear_faults(self, gateway: str = "phonepe") -> None:
        self.stack.call("DELETE", f"{self.stack.sim_url_of(gateway)}/_sim/faults")

    def ledger(self, gateway: str = "phonepe") -> Any:
        return self.stack.call("GET", f"{self.stack.sim_url_of(gateway)}/_sim/ledger").json()

    def captured(self, payment: dict[str, Any]) -> int:
        ours = {attempt["attempt_id"]: attempt["gateway"] for attempt in payment["attempts"]}
        orders = [order for gateway in set(ours.values()) for order in self.ledger(gateway)["orders"]]
        return sum(order["captured"] for order in orders if order["id"] in ours)

    @contextmanager
    def surroundings(self, fault: str, service: str) -> Iterator[None]:
        """A fault of AWS until the body has ended."""
        wanted = {"fault": fault, "service": service, "times": -1}
        assert self.stack.call("POST", "/_local/faults", wanted).http_status == 200
        try:
            yield
        finally:
            self.stack.call("DELETE", "/_local/faults")

    def aws(self, service: str) -> Any:
        session = boto3.Session("local", "local", region_name=REGION)
        config = Config(retries={"total_max_attempts": 1})
        return session.client(service, endpoint_url=self.stack.url, config=config)  # type: ignore[call-overload]

    def log_lines(self, function: str, pattern: str) -> list[dict[str, Any]]:
        group = f"/aws/lambda/pavati-dev-{function}"
        found = self.aws("logs").filter_log_events(logGroupName=group, filterPattern=pattern)["events"]
        return [json.loads(event["message"]) for event in found]

    def metric(self, namespace: str, name: str, **dimension: str) -> float:
        """Its sum over all time."""
        now = datetime.now(UTC)
        (key, value) = next(iter(dimension.items()))
        points = self.aws("cloudwatch").get_metric_statistics(
            Namespace=namespace,
            MetricName=name,
            Dimensions=[{"Name": key, "Value": value}],
            StartTime=now - timedelta(hours=3),
            EndTime=now + timedelta(minutes=1),
            Period=300,
            Statistics=["Sum"],
        )["Datapoints"]
        return float(sum(point["Sum"] for point in points))

    def payment(self, payment_id: str) -> dict[str, Any]:
        payment: dict[str, Any] = self.ask("GET", f"/v1/payments/{payment_id}").json()
        return payment

    def ends(self, payment_id: str, *statuses: str) -> dict[str, Any]:
        """Wait until the payment has one of these statuses; returns it."""
        return until(lambda: self.payment(payment_id), lambda seen: seen["status"] in statuses)

    def paid(self, **changes: Any) -> dict[str, Any]:
        payment = self.initiate(**changes)
        self.payer(payment, "pay")
        return self.ends(payment["payment_id"], "completed")

    def advance(self, *, days: float = 0, minutes: float = 0) -> Any:
        """Let the time pass at once; sweeps and timers on the way have run when it returns.

        Returns {"from", "to", "sweeps", "runs"}, as POST /_local/clock.
        """
        answer = self.stack.call("POST", "/_local/clock", {"advance_days": days + minutes / (24 * 60)})
        assert answer.http_status == 200, answer.body
        return answer.json()

    def sweep(self) -> Any:
        return self.stack.run_schedule("SweepFunction")


def until(
    check: Callable[[], T], is_so: Callable[[T], bool], every_s: float = 0.2, within_s: float = _GIVES_UP_AFTER_S
) -> T:
    gives_up_at = time.monotonic() + within_s
    while True:
        seen = check()
        if is_so(seen):
            return seen
        assert time.monotonic() < gives_up_at, f"still {seen!s:.400}"
        time.sleep(every_s)  # Another process's clock cannot be injected.


def at_once(count: int, act: Callable[[int], T]) -> list[T]:
    with ThreadPoolExecutor(count) as callers:
        return list(callers.map(act, range(count)))
