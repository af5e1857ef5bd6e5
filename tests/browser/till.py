"""The merchant's side of a stack: orders at each gateway, acts of their payers, and the books."""

from __future__ import annotations

import itertools
import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from dev.local.testing import RunningStack
from tests.browser.payer import Payer

Payment = dict[str, Any]
_US = ("stripe", "square", "paypal")


def workspace_of(gateway: str) -> str:
    return "ws_us" if gateway in _US else "ws_demo"


@dataclass
class Till:
    stack: RunningStack
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def ask(self, method: str, path: str, body: Any = None, *, workspace: str = "ws_demo", key: str = "") -> Any:
        headers = {"X-Tenant-ID": workspace} | ({"Idempotency-Key": key} if key else {})
        answer = self.stack.call(method, path, body, headers, token=self.stack.token())
        assert answer.http_status < 300, answer.body
        return answer.json()

    def order(self, gateway: str, **more: Any) -> Payment:
        workspace, number = workspace_of(gateway), f"SHOP/2026/{next(self.numbers):05}"
        terms = {"merchant_order_id": number, "amount": 49900, "currency": "USD" if workspace == "ws_us" else "INR"}
        body = terms | {"gateway": gateway, "return_url": f"{self.stack.url}/?from=checkout"} | more
        payment: Payment = self.ask("POST", "/v1/payments", body, workspace=workspace, key=number)
        return payment

    def page_of(self, payment: Payment) -> str:
        """The payer's page; for Razorpay the page that its script puts into a frame."""
        action = payment["next_action"]
        if payment["gateway"] != "razorpay":
            return str(action["url"])
        described = urlsafe_b64encode(action["values"]["description"].encode()).decode().rstrip("=")
        return f"{self.sim('razorpay')}/v1/checkout/page/{action['values']['order_id']}~~~retry~{described}"

    def sim(self, gateway: str) -> str:
        return self.stack.sim_url_of(gateway)

    def at_sim(self, gateway: str, path: str, **body: Any) -> Any:
        answer = self.stack.call("POST", f"{self.sim(gateway)}/_sim/{path}", body)
        assert answer.http_status == 200, answer.body
        return answer.json()

    def act(self, payment: Payment, act: str) -> Payment:
        self.at_sim(payment["gateway"], f"orders/{payment['attempts'][-1]['attempt_id']}", act=act)
        return payment

    def pass_days(self, days: float) -> None:
        assert self.stack.call("POST", "/_local/clock", {"advance_days": days}).http_status == 200

    def newest(self, workspace: str) -> Payment:
        listed = self.ask("GET", "/v1/payments?limit=1", workspace=workspace)["data"]
        return self.read(listed[0])

    def read(self, payment: Payment) -> Payment:
        workspace = workspace_of(payment["gateway"])
        seen: Payment = self.ask("GET", f"/v1/payments/{payment['payment_id']}", workspace=workspace)
        return seen

    def captured_at_gateway(self, payment: Payment) -> int:
        ledger = self.stack.call("GET", f"{self.sim(payment['gateway'])}/_sim/ledger").json()
        ours = {attempt["attempt_id"] for attempt in payment["attempts"]}
        return sum(order["captured"] for order in ledger["orders"] if order["id"] in ours)

    def show_order(self, payer: Payer, payment: Payment) -> None:
        """The shop's page of an order, in the browser that made it."""
        workspace = workspace_of(payment["gateway"])
        known = {"workspace": workspace, "gateway": payment["gateway"], "isManual": payment["capture"] == "manual"}
        reported = {f"token:{payment['payment_id']}": payment["checkout_token"], f"of:{payment['payment_id']}": known}
        payer.open(self.stack.url)
        for name, value in reported.items():
            payer.run(f"sessionStorage.setItem({json.dumps(name)}, {json.dumps(json.dumps(value))})")
        payer.go(f"{self.stack.url}/?payment_id={payment['payment_id']}")
