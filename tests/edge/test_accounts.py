"""Two workspaces, two merchants at one gateway: each pays, is told and gets its refunds at its own account."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import httpx
import pytest

from local.credentials import secret_named
from payments.domain.account import Account
from payments.gateways.contract import Gateway
from payments.gateways.deadline import Deadline
from payments.gateways.registry import GatewayParts, build_gateway
from payments.store.tokens import DynamoTokenVault
from payments.usecases.sweep import sweep
from simulators.kit.inprocess import InProcessTransport
from simulators.phonepe.app import PhonePeApp
from tests.edge.driver import Edge, Said
from tests.runtime.written import Written, written_to
from tests.simulated import make_simulator
from tests.world import BASE_URL, PREFIX, SETTINGS, World, make_world

EU = Account("phonepe", "eu")
LOGINS = {"main": "sim_user:simPass123", "eu": "eu_user:euPass12345"}
LOGIN = {"webhook_user": "eu_user", "webhook_password": "euPass12345"}
ITS = {"client_id": "PAVATIEU", "client_secret": "eu-client-secret", "merchant_id": "MEU00001"}


class Accounts:
    """The API with workspace `ws_demo` at the main account and `ws_other` at another one."""

    def __init__(self, written: Written) -> None:
        self.world: World = make_world(1, delivers_webhooks=True)
        self.secrets: dict[str, Any] = {}
        self.loses_webhooks = False
        self.edge = Edge(self.world, written)
        url = f"{BASE_URL}/v1/webhooks/phonepe/eu"
        clock = self.world.clock
        sim: Any = make_simulator("phonepe", clock.epoch_s, 7, self._post, url, clock.sleep, **ITS, **LOGIN)
        self.sims: dict[str, PhonePeApp] = {"main": self.world.sim, "eu": sim}
        given = GatewayParts(
            settings=SETTINGS,
            read_secret=self._read_secret,
            vault=DynamoTokenVault(self.world.client, PREFIX),
            clock=clock,
            deadline=Deadline(),
            transport=InProcessTransport(sim),
        )
        self._eu, self._others = build_gateway(EU, given), self.edge.parts.gateway
        parts = replace(self.edge.parts, gateway=self._gateway, accounts=(Account("phonepe"), EU))
        self.edge.use(parts)
        self.parts = parts
        self.names("ws_other", "phonepe:eu")

    def _gateway(self, account: Account) -> Gateway:
        return self._eu if account == EU else self._others(account)

    def _read_secret(self, name: str) -> Mapping[str, Any]:
        assert name.startswith("pavati/dev/phonepe/eu/"), "another account's secret"
        return secret_named(name, "") | ITS | {"webhook_logins": [LOGINS["eu"]]} | self.secrets

    def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        if self.loses_webhooks:
            return 503
        sent = {name.lower(): text for name, text in headers.items()}
        return self.edge.call("POST", url.removeprefix(BASE_URL), raw=body, sub=None, tenant=None, headers=sent).status

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

    def admin(self, account: str, method: str, path: str, body: Any = None) -> Any:
        with httpx.Client(transport=InProcessTransport(self.sims[account]), base_url="http://127.0.0.1:8101") as client:
            answer = client.request(method, path, json=body)
            answer.raise_for_status()
            return answer.json() if answer.content else None

    def ledger(self, account: str) -> dict[str, Any]:
        found: dict[str, Any] = self.admin(account, "GET", "/_sim/ledger")
        return found

    def revoke(self, account: str) -> None:
        """The gateway takes neither the keys nor the tokens that were made with them."""
        self.secrets = {"client_secret": "revoked"}
        self.sims[account].model.tokens.expires_at.clear()

    def pass_time(self, seconds: float) -> None:
        self.world.clock.sleep(seconds)
        for sim in self.sims.values():
            sim.pump()

    def paid(self, workspace_id: str, account: str) -> dict[str, Any]:
        payment: dict[str, Any] = self.pay(workspace_id).json
        attempt_id = payment["attempts"][0]["attempt_id"]
        self.admin(account, "POST", f"/_sim/orders/{attempt_id}", {"act": "pay"})
        self.pass_time(3)
        return payment

    def status(self, workspace_id: str, payment: dict[str, Any]) -> str:
        return str(self.call("GET", f"/v1/payments/{payment['payment_id']}", workspace_id).json["status"])


@pytest.fixture
def accounts(capfd: pytest.CaptureFixture[str]) -> Iterator[Accounts]:
    with written_to(capfd) as written:
        yield Accounts(written)


def test_each_workspace_pays_and_is_told_at_its_own_account(accounts: Accounts) -> None:
    ours, theirs = accounts.paid("ws_demo", "main"), accounts.paid("ws_other", "eu")
    assert (accounts.status("ws_demo", ours), accounts.status("ws_other", theirs)) == ("completed", "completed")
    orders = {name: [order["id"] for order in accounts.ledger(name)["orders"]] for name in ("main", "eu")}
    assert orders == {"main": [ours["attempts"][0]["attempt_id"]], "eu": [theirs["attempts"][0]["attempt_id"]]}


def test_a_refund_goes_home_wherever_the_workspace_pays_by_now(accounts: Accounts) -> None:
    payment = accounts.paid("ws_other", "eu")
    accounts.names("ws_other", "phonepe")
    path = f"/v1/payments/{payment['payment_id']}/refunds"
    refund = accounts.call("POST", path, "ws_other", {"amount": 10000}, key="refund-1")
    accounts.pass_time(10)
    assert refund.status == 201
    done = accounts.call("GET", f"/v1/refunds/{refund.json['refund_id']}", "ws_other")
    assert done.json["status"] == "completed"
    refunds = {name: [each["id"] for each in accounts.ledger(name)["refunds"]] for name in ("main", "eu")}
    assert refunds == {"main": [], "eu": [refund.json["refund_id"]]}
    assert accounts.pay("ws_other", "ORDER-2").status == 201
    assert len(accounts.ledger("main")["orders"]) == 1


def test_one_accounts_revoked_keys_leave_the_other_alone(accounts: Accounts) -> None:
    theirs, ours = accounts.pay("ws_other").json, accounts.pay("ws_demo").json
    accounts.loses_webhooks = True
    for name, payment in (("eu", theirs), ("main", ours)):
        accounts.admin(name, "POST", f"/_sim/orders/{payment['attempts'][0]['attempt_id']}", {"act": "pay"})
    accounts.revoke("eu")
    accounts.world.clock.sleep(301)
    report = sweep(accounts.parts)
    assert (report["failed"], report["recovered"]) == (1, 1)
    assert (accounts.status("ws_other", theirs), accounts.status("ws_demo", ours)) == ("pending", "completed")
    assert (accounts.pay("ws_other", "ORDER-2").status, accounts.pay("ws_demo", "ORDER-2").status) == (503, 201)


def test_a_webhook_proves_itself_by_the_secret_of_its_own_account(accounts: Accounts) -> None:
    body = json.dumps({"event": "checkout.order.completed", "payload": {"merchantOrderId": "att_1"}}).encode()
    proofs = {name: hashlib.sha256(login.encode()).hexdigest() for name, login in LOGINS.items()}
    tried = {
        (path, name): accounts.edge.call(
            "POST", f"/v1/webhooks/phonepe{path}", raw=body, sub=None, tenant=None, headers={"authorization": proof}
        ).status
        for path in ("", "/", "/main", "/eu", "/eu/", "/us")
        for name, proof in proofs.items()
    }
    assert {place for place, status in tried.items() if status == 200} == {
        ("", "main"), ("/", "main"), ("/main", "main"), ("/eu", "eu"), ("/eu/", "eu"),
    }  # fmt: skip
    assert {status for (path, _), status in tried.items() if path == "/us"} == {404}


def test_an_account_that_this_deployment_does_not_have_is_not_replaced_by_another_one(accounts: Accounts) -> None:
    accounts.names("ws_other", "phonepe:us")
    refused = accounts.pay("ws_other")
    assert (refused.status, refused.code) == (422, "gateway_not_eligible")
    named = {"merchant_order_id": "O-2", "amount": 100, "currency": "INR", "return_url": "https://shop.example/thanks"}
    asked = accounts.call("POST", "/v1/payments", "ws_other", named | {"gateway": "phonepe"}, key="k2")
    assert (asked.status, asked.code) == (400, "unknown_gateway")
    assert [accounts.ledger(name)["orders"] for name in ("main", "eu")] == [[], []]


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
