"""Two workspaces pay at two merchants of PhonePe, over sockets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from dev.local.testing import Answer
from tests.e2e.commands import workspace_tool
from tests.e2e.shop import Shop, until


@dataclass
class Workspace:
    shop: Shop
    id: str
    owner: str
    merchant_id: str

    def ask(self, method: str, path: str, body: Any = None, key: str = "") -> Answer:
        return self.shop.ask(method, path, body, sub=self.owner, workspace=self.id, key=key)

    def order(self) -> Answer:
        wanted = self.shop.an_order()
        return self.ask("POST", "/v1/payments", wanted, key=wanted["merchant_order_id"])

    def paid(self) -> dict[str, Any]:
        payment = self.order().json()
        self.shop.payer(payment, "pay")
        return until(lambda: self.payment(payment), lambda seen: seen["status"] == "completed")

    def payment(self, payment: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("GET", f"/v1/payments/{payment['payment_id']}").json()
        return found

    def has(self, what: str, found_id: str) -> bool:
        """Whether this workspace's merchant at the gateway has it."""
        entries = self.shop.ledger()[what]
        return [entry["merchant_id"] for entry in entries if entry["id"] == found_id] == [self.merchant_id]


@pytest.fixture
def main(shop: Shop) -> Iterator[Workspace]:
    yield Workspace(shop, "ws_demo", "owner", "MSIM0001")
    shop.clear_faults()


@pytest.fixture(scope="module")
def second(shop: Shop) -> Workspace:
    settings = ("--country", "IN", "--gateways", "phonepe:second")
    workspace_tool(shop, "create", "ws_second", "--owner", "priya", "--owner", "ravi", *settings)
    return Workspace(shop, "ws_second", "priya", "MSIM0002")


@pytest.mark.parametrize("account", ["main", "second"])
def test_each_pays_at_its_own_merchant_and_its_refund_goes_home(
    main: Workspace, second: Workspace, account: str
) -> None:
    workspace = {"main": main, "second": second}[account]
    payment = workspace.paid()
    path = f"/v1/payments/{payment['payment_id']}/refunds"
    refund_id = workspace.ask("POST", path, {"amount": 10000}, key=payment["payment_id"]).json()["refund_id"]
    until(lambda: workspace.ask("GET", f"/v1/refunds/{refund_id}").json(), lambda seen: seen["status"] == "completed")
    assert payment["attempts"][0]["account"] == account
    assert workspace.has("orders", payment["attempts"][0]["attempt_id"])
    assert workspace.has("refunds", refund_id)


def test_one_accounts_outage_leaves_the_other_alone(main: Workspace, second: Workspace) -> None:
    begun = second.order().json()
    main.shop.fault("unauthorized", "*", -1, account="second")
    assert second.order().http_status == 503
    assert main.paid()["status"] == "completed"
    second.shop.payer(begun, "pay")
    second.shop.clear_faults()
    until(lambda: second.payment(begun), lambda seen: seen["status"] == "completed")
