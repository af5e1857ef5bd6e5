"""Many things at once: payers, competing checks of the gateway, and workers that are killed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import boto3

from dev.local.blueprint import REGION
from tests.e2e.crowd import Crowd
from tests.e2e.shop import Shop

Json = dict[str, Any]
Act = Callable[[], object]


def webhooks_of(shop: Shop, attempt_ids: Iterable[str]) -> list[bytes]:
    """The bodies of the webhooks, sent or due, about these attempts."""
    wanted = set(attempt_ids)
    return [webhook["body"].encode() for webhook in shop.ledger()["webhooks"] if webhook["about"] in wanted]


def variants(body: bytes, count: int) -> list[bytes]:
    """The same event in other bytes: to a receiver they are different deliveries."""
    return [body, *(json.dumps(json.loads(body), indent=width).encode() for width in range(1, count))]


def untrue_event(attempt_id: str) -> list[bytes]:
    """A webhook by a sender with a valid proof who claims that an order is paid."""
    words = ("checkout.order.failed", "checkout.transaction.attempt.failed", "pg.order.failed")
    payload = {"merchantOrderId": attempt_id, "state": "FAILED", "amount": 1}
    return [json.dumps({"event": code, "payload": payload}).encode() for code in words]


@dataclass(frozen=True)
class Racers:
    """Everything that may find out about a payment's end."""

    shop: Shop
    crowd: Crowd
    lambdas: Any

    @classmethod
    def of(cls, shop: Shop, crowd: Crowd) -> Racers:
        credentials: Any = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
        return cls(shop, crowd, boto3.client("lambda", REGION, endpoint_url=shop.stack.url, **credentials))

    def of_one(self, payment: Json, snapshot: list[bytes], return_url: str, times: int) -> list[Act]:
        path = f"/v1/payments/{payment['payment_id']}/refresh"
        back = return_url.removeprefix(self.shop.stack.url)
        each: list[Act] = [
            lambda: self.crowd.webhook(snapshot[0]).http_status == 200,
            lambda: self.crowd.api("POST", path).http_status == 200,
            lambda: self.crowd.until_captured("GET", back, None, {}).http_status == 302,
            lambda: self.poll(payment),
        ]
        return each * times

    def poll(self, payment: Json) -> bool:
        """As the state machine does: an answer, or the name of its next step."""
        attempt = payment["attempts"][0]
        query = {"workspace_id": "ws_demo", "payment_id": payment["payment_id"], "attempt_id": attempt["attempt_id"]}
        query |= {"sent_at": attempt["created_at"], "expires_at": attempt["expires_at"]}
        answer = self.lambdas.invoke(FunctionName="PollFunction", Payload=json.dumps(query))
        response = json.loads(answer["Payload"].read())
        return "status" in response or response["errorType"].startswith("PendingEvery")

    def sweep(self) -> bool:
        report = self.shop.sweep()
        return "skipped" in report or report["failed"] == 0
