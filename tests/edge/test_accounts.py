"""Two workspaces, two merchants at one gateway: each pays, is told and gets its refunds at its own account."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from payments.domain.account import Account
from payments.gateways.contract import Gateway
from payments.usecases.sweep import sweep
from simulators.phonepe.settings import Merchant, Settings
from simulators.phonepe.webhooks import constant_proof
from tests.edge.driver import Edge, Said
from tests.runtime.written import Written, written_to
from tests.world import PREFIX, World, make_world

MERCHANTS: Mapping[str, Merchant] = Settings().merchants


class Accounts:
    """The API with workspace `ws_demo` at PhonePe's main account and `ws_other` at its second one."""

    def __init__(self, written: Written) -> None:
        self.world: World = make_world(1, True, ("phonepe", "phonepe:second"))
        self.edge = Edge(self.world, written)
        self.parts = self.edge.parts
        self.names("ws_other", "phonepe:second")

    def names(self, workspace_id: str, *gateways: str) -> None:
        """Changes the list of a workspace."""
        self.world.dynamo.update_item(
            TableName=f"{PREFIX}workspaces",
            Key={"pk": {"S": f"T#{workspace_id}#WS"}, "sk": {"S": "WORKSPACE"}},
            UpdateExpression="SET gateways = :names",
            ExpressionAttributeValues={":names": {"L": [{"S": name} for name in gateways]}},
        )
        self.edge.use(self.parts)  # What is remembered of a workspace lasts a minute.

    def pay(self, workspace_id: str, order: str = "ORDER-1") -> Said:
        body = {
            "merchant_order_id": order,
            "amount": 49900,
            "currency": "INR",
            "return_url": "https://shop.example/thanks",
        }
        return self.call("POST", "/v1/payments", workspace_id, body, key=f"key-{order}")

    def call(self, method: str, path: str, workspace_id: str, body: Any = None, **more: Any) -> Said:
        sub = {"ws_demo": "owner", "ws_other": "other_owner"}[workspace_id]
        return self.edge.call(method, path, body, sub=sub, tenant=workspace_id, **more)

    def orders(self, of: str = "orders") -> dict[str, list[str]]:
        """The ids of what the gateway has, by account."""
        entries = self.world.ledger()[of]
        return {
            name: [entry["id"] for entry in entries if entry["merchant_id"] == merchant.id]
            for name, merchant in MERCHANTS.items()
        }

    def paid(self, workspace_id: str) -> dict[str, Any]:
        payment: dict[str, Any] = self.pay(workspace_id).json
        self.world.payer("pay", payment["attempts"][0]["attempt_id"])
        self.world.advance(3)
        return payment

    def status(self, workspace_id: str, payment: dict[str, Any]) -> str:
        return str(self.call("GET", f"/v1/payments/{payment['payment_id']}", workspace_id).json["status"])


@pytest.fixture
def accounts(capfd: pytest.CaptureFixture[str]) -> Iterator[Accounts]:
    with written_to(capfd) as written:
        yield Accounts(written)


def attempt_id(payment: dict[str, Any]) -> str:
    return str(payment["attempts"][0]["attempt_id"])


def test_each_workspace_pays_and_is_told_at_its_own_account(accounts: Accounts) -> None:
    ours, theirs = accounts.paid("ws_demo"), accounts.paid("ws_other")
    assert (accounts.status("ws_demo", ours), accounts.status("ws_other", theirs)) == ("completed", "completed")
    assert accounts.orders() == {"main": [attempt_id(ours)], "second": [attempt_id(theirs)]}


def test_an_attempt_names_its_account(accounts: Accounts) -> None:
    made = {workspace_id: accounts.pay(workspace_id).json for workspace_id in ("ws_demo", "ws_other")}
    named = {workspace_id: payment["attempts"][0]["account"] for workspace_id, payment in made.items()}
    assert named == {"ws_demo": "main", "ws_other": "second"}


def test_a_refund_goes_home_wherever_the_workspace_pays_by_now(accounts: Accounts) -> None:
    payment = accounts.paid("ws_other")
    accounts.names("ws_other", "phonepe")
    path = f"/v1/payments/{payment['payment_id']}/refunds"
    refund = accounts.call("POST", path, "ws_other", {"amount": 10000}, key="refund-1")
    accounts.world.advance(10)
    assert refund.status == 201
    done = accounts.call("GET", f"/v1/refunds/{refund.json['refund_id']}", "ws_other")
    assert done.json["status"] == "completed"
    assert accounts.orders("refunds") == {"main": [], "second": [refund.json["refund_id"]]}
    assert accounts.pay("ws_other", "ORDER-2").status == 201
    assert len(accounts.orders()["main"]) == 1


def test_one_accounts_outage_leaves_the_other_alone(accounts: Accounts) -> None:
    theirs, ours = accounts.pay("ws_other").json, accounts.pay("ws_demo").json
    accounts.world.admin("POST", "/_sim/faults", {"fault": "no_webhook", "times": 2})
    for payment in (theirs, ours):
        accounts.world.payer("pay", attempt_id(payment))
    accounts.world.admin("POST", "/_sim/faults", {"fault": "unauthorized", "times": -1, "account": "second"})
    accounts.world.clock.sleep(301)
    report = sweep(accounts.parts)
    assert (report["failed"], report["recovered"]) == (1, 1)
    assert (accounts.status("ws_other", theirs), accounts.status("ws_demo", ours)) == ("pending", "completed")
    assert (accounts.pay("ws_other", "ORDER-2").status, accounts.pay("ws_demo", "ORDER-2").status) == (503, 201)


def test_a_webhook_proves_itself_by_the_secret_of_its_own_account(accounts: Accounts) -> None:
    body = json.dumps({"event": "checkout.order.completed", "payload": {"merchantOrderId": "att_1"}}).encode()
    proofs = {name: constant_proof(its.webhook_user, its.webhook_password) for name, its in MERCHANTS.items()}
    tried = {
        (path, name): accounts.edge.call(
            "POST", f"/v1/webhooks/phonepe{path}", raw=body, sub=None, tenant=None, headers={"authorization": proof}
        ).status
        for path in ("", "/", "/main", "/second", "/second/", "/us")
        for name, proof in proofs.items()
    }
    assert {place for place, status in tried.items() if status == 200} == {
        ("", "main"), ("/", "main"), ("/main", "main"), ("/second", "second"), ("/second/", "second"),
    }  # fmt: skip
    assert {status for (path, _), status in tried.items() if path == "/us"} == {404}


def test_an_account_that_this_deployment_does_not_have_is_not_replaced_by_another_one(accounts: Accounts) -> None:
    accounts.names("ws_other", "phonepe:us")
    refused = accounts.pay("ws_other")
    assert (refused.status, refused.code) == (422, "gateway_not_eligible")
    named = {"merchant_order_id": "O-2", "amount": 100, "currency": "INR", "return_url": "https://shop.example/thanks"}
    asked = accounts.call("POST", "/v1/payments", "ws_other", named | {"gateway": "phonepe"}, key="k2")
    assert (asked.status, asked.code) == (400, "unknown_gateway")
    assert accounts.orders() == {"main": [], "second": []}


def test_a_further_account_of_razorpay_is_told_at_its_alias_for_it_sends_nothing_to_its_own_name(
    accounts: Accounts,
) -> None:
    us = Account("razorpay", "us")
    others, opened = accounts.parts.gateway, list[Account]()

    def gateway(account: Account) -> Gateway:
        opened.append(account)
        return others(Account("razorpay") if account == us else account)

    accounts.edge.use(replace(accounts.parts, gateway=gateway, accounts=(*accounts.parts.accounts, us)))
    refused = accounts.edge.call("POST", "/v1/webhooks/rzp/us", raw=b"{}", sub=None, tenant=None)
    assert (refused.status, refused.code, opened[-1]) == (401, "invalid_signature", us)
    unknown = accounts.edge.call("POST", "/v1/webhooks/rzp/eu", raw=b"{}", sub=None, tenant=None)
    assert (unknown.status, unknown.code) == (404, "not_found")
    assert Account("razorpay", "eu") not in opened
