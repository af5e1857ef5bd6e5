"""Two workspaces with two merchants at one gateway: payments, webhooks and refunds go to each one's own account."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from gateway_simulators.phonepe.settings import Merchant, Settings
from gateway_simulators.phonepe.webhooks import constant_proof
from payments.domain.values.account import Account
from payments.gateways.contract.gateway import Gateway
from payments.usecases.dispute.import_list import sync_listed
from payments.usecases.sweep.run import sweep
from tests.api.driver import Edge, Reply
from tests.runtime.written import Written, written_to
from tests.world import PREFIX, World, make_world

MERCHANTS: Mapping[str, Merchant] = Settings().merchants


class Accounts:
    """The API with workspace `ws_demo` at PhonePe's main account and `ws_other` at its second one."""

    def __init__(self, written: Written, *others: str) -> None:
        self.world: World = make_world(1, True, ("phonepe", "phonepe:second", *others))
        self.edge = Edge(self.world, written)
        self.ports = self.edge.ports
        self.names("ws_other", "phonepe:second")

    def names(self, workspace_id: str, *gateways: str) -> None:
        """Set the list of a workspace."""
        self._set(workspace_id, "gateways", {"L": [{"S": name} for name in gateways]})

    def _set(self, workspace_id: str, name: str, value: dict[str, Any]) -> None:
        self.world.dynamo.update_item(
            TableName=f"{PREFIX}workspaces",
            Key={"pk": {"S": f"T#{workspace_id}#WS"}, "sk": {"S": "WORKSPACE"}},
            UpdateExpression=f"SET {name} = :value",
            ExpressionAttributeValues={":value": value},
        )
        self.edge.use(self.ports)  # The settings of a workspace are cached for a minute.

    def pay(self, workspace_id: str, order: str = "ORDER-1", **more: str) -> Reply:
        body = {
            "merchant_order_id": order,
            "amount": 49900,
            "currency": "INR",
            "return_url": "https://shop.example/thanks",
            **more,
        }
        return self.call("POST", "/v1/payments", workspace_id, body, key=f"key-{order}")

    def call(self, method: str, path: str, workspace_id: str, body: Any = None, **more: Any) -> Reply:
        sub = {"ws_demo": "owner", "ws_other": "other_owner"}[workspace_id]
        return self.edge.call(method, path, body, sub=sub, tenant=workspace_id, **more)

    def orders(self, of: str = "orders") -> dict[str, list[str]]:
        """The ids of what the gateway has, by account."""
        entries = self.world.ledger()[of]
        return {
            name: [entry["id"] for entry in entries if entry["merchant_id"] == merchant.id]
            for name, merchant in MERCHANTS.items()
        }

    def refunds_late_money(self, workspace_id: str) -> None:
        self._set(workspace_id, "late_success", {"S": "refund"})

    def post_to_edge(self, body: bytes, headers: dict[str, str], account: str) -> int:
        """A webhook as the gateway sends it to the account's address."""
        path = f"/v1/webhooks/{account.replace(':', '/')}"
        return self.edge.call("POST", path, raw=body, sub=None, tenant=None, headers=headers).status

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


def test_each_workspace_pays_and_gets_webhooks_at_its_own_account(accounts: Accounts) -> None:
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
    report = sweep(accounts.ports)
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
    lacks = "have the operator set up this workspace's account phonepe:us, which this deployment lacks"
    assert refused.json["error"]["message"].endswith(lacks)
    assert refused.json["error"]["details"]["gateways"] == []
    request = accounts.pay("ws_other", "O-2", gateway="phonepe")
    assert (request.status, request.code) == (422, "gateway_not_eligible")
    assert request.json["error"]["message"] == f"this workspace has no account at phonepe; {lacks}"
    reported = [line for line in accounts.edge.written.lines() if line.get("message") == "workspace.unserved"]
    assert [(line["level"], line["workspace_id"], line["account"]) for line in reported] == [
        ("ERROR", "ws_other", "phonepe:us")
    ] * 2
    assert accounts.orders() == {"main": [], "second": []}


@pytest.fixture
def markets(capfd: pytest.CaptureFixture[str]) -> Iterator[Accounts]:
    """With Razorpay's main account beside the two of PhonePe."""
    with written_to(capfd) as written:
        yield Accounts(written, "razorpay")


def test_a_main_account_that_is_not_deployed_is_not_replaced_by_another_gateways(markets: Accounts) -> None:
    further = tuple(account for account in markets.ports.accounts if account != Account("phonepe"))
    markets.names("ws_demo", "phonepe")
    markets.edge.use(replace(markets.ports, accounts=further))
    refused = markets.pay("ws_demo")
    assert refused.json["error"]["details"]["gateways"] == ["razorpay"]
    assert refused.json["error"]["message"].endswith(
        "send gateway razorpay, or have the operator set up this workspace's account phonepe:main, "
        "which this deployment lacks"
    )
    assert markets.world.ledger("razorpay")["orders"] == []


@pytest.mark.parametrize("gateways", [("phonepe:us",), ("phonepe:us", "razorpay:us")])
def test_nor_by_the_account_of_another_gateway(markets: Accounts, gateways: tuple[str, ...]) -> None:
    markets.names("ws_other", *gateways)
    assert markets.pay("ws_other").code == "gateway_not_eligible"
    code = "gateway_not_eligible" if "razorpay:us" in gateways else "unknown_gateway"
    assert markets.pay("ws_other", "O-2", gateway="razorpay").code == code
    assert (markets.orders(), markets.world.ledger("razorpay")["orders"]) == ({"main": [], "second": []}, [])


def test_a_workspace_with_an_account_of_its_own_pays_at_no_account_that_it_does_not_list(markets: Accounts) -> None:
    offered = markets.call("GET", "/v1/gateways?currency=INR", "ws_other").json["data"]
    assert [offer["name"] for offer in offered] == ["phonepe"]
    refused = markets.pay("ws_other", gateway="razorpay")
    assert (refused.code, refused.json["error"]["details"]["gateways"]) == ("unknown_gateway", ["phonepe"])
    markets.world.admin("POST", "/_sim/faults", {"fault": "refuse", "op": "pay", "times": -1})
    assert markets.pay("ws_other", "O-2").code == "gateway_unavailable"
    assert markets.world.ledger("razorpay")["orders"] == []


@pytest.mark.parametrize(("first", "account"), [("phonepe", "main"), ("phonepe:second", "second")])
def test_a_workspace_without_a_list_pays_at_the_first_account_of_a_gateway(
    markets: Accounts, first: str, account: str
) -> None:
    markets.names("ws_demo")
    accounts = sorted(markets.ports.accounts, key=lambda each: each != Account.of(first))
    markets.edge.use(replace(markets.ports, accounts=accounts))
    assert markets.pay("ws_demo").json["attempts"][0]["account"] == account


def test_a_workspace_that_only_orders_the_gateways_may_be_sent_to_the_others(markets: Accounts) -> None:
    markets.names("ws_other", "phonepe")
    assert markets.pay("ws_other", gateway="razorpay").json["attempts"][0]["account"] == "main"
    markets.names("ws_other", "stripe")
    assert markets.pay("ws_other", "O-2").json["gateway"] == "phonepe"


def test_late_money_goes_back_at_its_own_account(accounts: Accounts) -> None:
    late = accounts.pay("ws_other").json
    accounts.world.advance(1400)
    sweep(accounts.ports)
    accounts.refunds_late_money("ws_other")
    accounts.world.fault("late_success", "pay")
    accounts.world.payer("pay", attempt_id(late))
    for _ in range(20):
        accounts.world.advance(301)
        sweep(accounts.ports)
    assert accounts.status("ws_other", late) == "expired"
    refunds = [refund for refund in accounts.world.ledger()["refunds"] if refund["state"] == "COMPLETED"]
    assert [(refund["amount"], refund["merchant_id"]) for refund in refunds] == [(49900, "MSIM0002")]


def test_a_dispute_is_found_and_accepted_at_its_own_account(accounts: Accounts) -> None:
    payment = accounts.paid("ws_other")
    opened = accounts.world.admin("POST", "/_sim/disputes", {"order": attempt_id(payment), "amount": 49900})
    accounts.world.advance(5)
    (dispute,) = accounts.call("GET", "/v1/disputes", "ws_other").json["data"]
    accepted = accounts.call("POST", f"/v1/disputes/{dispute['dispute_id']}/accept", "ws_other", {"reason": "late"})
    assert (accepted.status, accepted.json["status"]) == (200, "lost")
    (there,) = accounts.world.ledger()["disputes"]
    assert (there["ref"], there["state"]) == (opened["dispute"], "lost")


class Left:
    """`ws_other` has paid at the second account, which has been retired since."""

    def __init__(self, accounts: Accounts, former: tuple[Account, ...]) -> None:
        self.payment = accounts.paid("ws_other")
        accounts.names("ws_other", "phonepe")
        self.ports = replace(
            accounts.ports, accounts=(Account("phonepe"),), former_accounts=former, known_gateways=("phonepe",)
        )
        accounts.edge.use(self.ports)
        accounts.world.webhook = accounts.post_to_edge  # type: ignore[method-assign,assignment]


def test_a_former_account_gets_webhooks_and_its_disputes_are_listed(accounts: Accounts) -> None:
    left = Left(accounts, (Account("phonepe", "second"),))
    accounts.world.fault("no_webhook", "dispute")
    accounts.world.admin("POST", "/_sim/disputes", {"order": attempt_id(left.payment), "amount": 100})
    report = sync_listed(left.ports)
    assert (report["listed"], report["synced"], report["complete"]) == (1, 1, True)
    accounts.world.admin("POST", "/_sim/disputes", {"order": attempt_id(left.payment), "amount": 200})
    accounts.world.advance(5)
    assert len(accounts.call("GET", "/v1/disputes", "ws_other").json["data"]) == 2
    assert accounts.pay("ws_other", "ORDER-2").json["attempts"][0]["account"] == "main"


def test_a_former_account_without_its_secrets_is_reported_as_unlisted(accounts: Accounts) -> None:
    left = Left(accounts, (Account("phonepe", "nobody"),))
    report = sync_listed(left.ports)
    assert (report["failed"], report["complete"]) == (1, False)


def test_a_webhook_at_an_account_that_is_not_here_is_counted_and_reported(accounts: Accounts) -> None:
    login = MERCHANTS["second"]
    headers = {"authorization": constant_proof(login.webhook_user, login.webhook_password)}
    path = "/v1/webhooks/phonepe/us"
    refused = accounts.edge.call("POST", path, raw=b"{}", sub=None, tenant=None, headers=headers)
    assert refused.status == 404
    lines = accounts.edge.written.lines()
    (line,) = [line for line in lines if line.get("message") == "delivery.refused"]
    reported = {name: line.get(name) for name in ("level", "gateway", "account", "error")}
    assert reported == {"level": "WARNING", "gateway": "phonepe", "account": None, "error": "UnknownGateway"}
    assert [line["WebhookRejected"] for line in lines if "WebhookRejected" in line] == [[1.0]]


def test_equal_webhooks_at_two_accounts_are_two_deliveries(accounts: Accounts) -> None:
    """Otherwise a webhook to one account would be dropped as a copy of the other's."""
    body = json.dumps({"event": "checkout.order.completed", "payload": {"merchantOrderId": "att_1"}}).encode()
    for account, its in MERCHANTS.items():
        headers = {"authorization": constant_proof(its.webhook_user, its.webhook_password)}
        accounts.world.webhook(body, headers, f"phonepe:{account}")
    rows = accounts.world.tables()["payment_webhook_logs"]
    assert sorted(row["pk"]["S"].split("#")[1] for row in rows) == ["phonepe:main", "phonepe:second"]


def test_a_further_account_of_razorpay_gets_webhooks_at_its_alias_for_it_sends_nothing_to_its_own_name(
    accounts: Accounts,
) -> None:
    us = Account("razorpay", "us")
    others, opened = accounts.ports.gateway, list[Account]()

    def gateway(account: Account) -> Gateway:
        opened.append(account)
        return others(Account("razorpay") if account == us else account)

    accounts.edge.use(replace(accounts.ports, gateway=gateway, accounts=(*accounts.ports.accounts, us)))
    refused = accounts.edge.call("POST", "/v1/webhooks/rzp/us", raw=b"{}", sub=None, tenant=None)
    assert (refused.status, refused.code, opened[-1]) == (401, "invalid_signature", us)
    unknown = accounts.edge.call("POST", "/v1/webhooks/rzp/eu", raw=b"{}", sub=None, tenant=None)
    assert (unknown.status, unknown.code) == (404, "not_found")
    assert Account("razorpay", "eu") not in opened
