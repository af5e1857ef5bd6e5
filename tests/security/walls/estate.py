"""Two workspaces with one of everything each, people with every role, and a case without a workspace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dev.local.testing import blueprint
from dev.tools.workspace.changes import Author, member_added, save
from dev.tools.workspace.state import get_state
from payments.domain.records.case import Case, CaseKind
from payments.store.dynamodb.client import FencedClient
from tests.api.driver import GOOD_ORDER, Edge, Reply
from tests.world import SETTINGS, World

DEMO, OTHER, DEPLOYMENT = "ws_demo", "ws_other", "_deployment"
OWNERS = {DEMO: "owner", OTHER: "other_owner"}
SECONDS = {DEMO: "finance2", OTHER: "other_finance"}  # Who may approve the owner's requests.
KEY = "key-1"
# A day without payments, so that comparing it is cheap.
QUIET_DAY = {"created_from": "2026-01-01T00:00:00Z", "created_to": "2026-01-02T00:00:00Z"}
EXTRA_MEMBERS = (
    (DEMO, "two_hats", "support"),
    (OTHER, "two_hats", "owner"),
    (DEMO, "odd", "superuser"),
    (DEMO, "lost_operator", "operator"),
    (DEPLOYMENT, "deployment_owner", "owner"),
)
READS = {"get_item", "batch_get_item", "query"}


@dataclass(frozen=True)
class Holding:
    """What one workspace has: ids by the name of the path parameter, and the answers."""

    workspace_id: str
    ids: dict[str, str]
    payment: dict[str, Any]
    refund: dict[str, Any]
    report: dict[str, Any]
    open_case: dict[str, Any]

    @property
    def attempt_id(self) -> str:
        return str(self.payment["attempts"][0]["attempt_id"])


def enter(world: World, workspace_id: str, subject: str, role: str) -> None:
    """With its event, whatever the role is."""
    client = FencedClient(world.dynamo, SETTINGS.table_prefix, workspace_id)
    author = Author("operator:test", world.clock.now())
    save(client, member_added(get_state(client, workspace_id), subject, role, author))


def leave(world: World, workspace_id: str, subject: str) -> None:
    key = {"pk": {"S": f"T#{workspace_id}#WS"}, "sk": {"S": f"MEMBER#{subject}"}}
    world.dynamo.delete_item(TableName=f"{SETTINGS.table_prefix}workspaces", Key=key)


def two_persons_above(world: World, workspace_id: str, major_units: int) -> None:
    world.dynamo.update_item(
        TableName=f"{SETTINGS.table_prefix}workspaces",
        Key={"pk": {"S": f"T#{workspace_id}#WS"}, "sk": {"S": "WORKSPACE"}},
        UpdateExpression="SET two_person_above = :limit",
        ExpressionAttributeValues={":limit": {"N": str(major_units)}},
    )


class Staff:
    """The owner of one workspace at work."""

    def __init__(self, edge: Edge, workspace_id: str) -> None:
        self._edge, self._workspace_id = edge, workspace_id

    def call(self, method: str, path: str, body: Any = None, key: str | None = None, sub: str = "") -> Reply:
        sub = sub or OWNERS[self._workspace_id]
        response = self._edge.call(method, path, body, key=key, sub=sub, tenant=self._workspace_id)
        assert response.status in (200, 201), response.text
        return response

    def paid(self, order_id: str, key: str, fault: str = "") -> dict[str, Any]:
        if fault:
            self._edge.world.fault(fault, "pay", 1)
        payment: dict[str, Any] = self.call(
            "POST", "/v1/payments", GOOD_ORDER | {"merchant_order_id": order_id}, key
        ).json
        self._edge.world.payer("pay", payment["attempts"][0]["attempt_id"])
        self._edge.world.advance(1)
        return payment

    def lost_dispute(self, order_id: str, key: str) -> dict[str, Any]:
        payment, world = self.paid(order_id, key), self._edge.world
        wanted = {"order": payment["attempts"][0]["attempt_id"], "amount": 100}
        made = world.admin("POST", "/_sim/disputes", wanted)
        world.admin("POST", f"/_sim/disputes/{made['dispute']}", {"act": "lose"})
        world.advance(1)
        (dispute,) = self.call("GET", f"/v1/payments/{payment['payment_id']}/disputes").json["data"]
        assert dispute["status"] == "lost"
        return dict(dispute)

    def cases(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("GET", "/v1/cases").json["data"]
        return found

    def decide(self, case_id: str) -> Any:
        body = {"outcome": "write_off", "note": "asked the gateway"}
        return self.call("POST", f"/v1/cases/{case_id}/decision", body).json

    def refused_approval(self, case_id: str) -> str:
        """An approval that was refused, for a decision above one person's limit; its case stays open."""
        two_persons_above(self._edge.world, self._workspace_id, 1)
        approval_id = str(self.decide(case_id)["approval"]["approval_id"])
        self.call("POST", f"/v1/approvals/{approval_id}/refuse", {}, sub=SECONDS[self._workspace_id])
        return approval_id


def settle_in(edge: Edge, workspace_id: str) -> Holding:
    staff = Staff(edge, workspace_id)
    payment = staff.paid("ORDER-1", KEY)
    refund = staff.call("POST", f"/v1/payments/{payment['payment_id']}/refunds", {"amount": 100}, key="refund-1").json
    staff.paid("ORDER-2", "key-2", "wrong_amount")
    (closed,) = staff.cases()
    staff.decide(closed["case_id"])
    staff.paid("ORDER-3", "key-3", "wrong_amount")
    dispute = staff.lost_dispute("ORDER-4", "key-4")
    report = staff.call("POST", "/v1/reconciliations", {"dry_run": False}).json
    open_case = next(case for case in staff.cases() if case["case_id"] != closed["case_id"])
    ids = {
        "payment_id": payment["payment_id"],
        "refund_id": refund["refund_id"],
        "dispute_id": dispute["dispute_id"],
        "reconciliation_id": report["reconciliation_id"],
        "case_id": closed["case_id"],
        "approval_id": staff.refused_approval(open_case["case_id"]),
    }
    return Holding(workspace_id, ids, payment, refund, report, open_case)


def traces(world: World, *, calls: bool = True) -> tuple[Any, ...]:
    """Everything that is stored: every table, the gateway's ledger, the executions. Equal twice: no effect.

    `calls`: the number of calls to the gateway counts, too.
    """
    ledger = {name: part for name, part in world.ledger().items() if calls or name != "calls"}
    return stored(world), ledger, list(world.flow.started)


def stored(world: World) -> dict[str, list[dict[str, Any]]]:
    """The items of every table by its plain name."""
    names = [table.name for table in blueprint().tables]
    return {name.removeprefix(SETTINGS.table_prefix): world.dynamo.scan(TableName=name)["Items"] for name in names}


@dataclass(frozen=True)
class Estate:
    edge: Edge
    demo: Holding
    other: Holding


def build(edge: Edge) -> Estate:
    enter(edge.world, OTHER, SECONDS[OTHER], "finance")
    demo, other = settle_in(edge, DEMO), settle_in(edge, OTHER)
    edge.world.ports.store.put_case(Case(CaseKind.UNKNOWN_ORDER, "att_nobodys", "", edge.world.clock.now(), "not ours"))
    for workspace_id, subject, role in EXTRA_MEMBERS:
        enter(edge.world, workspace_id, subject, role)
    enter(edge.world, DEMO, "removed_member", "owner")
    assert edge.call("GET", "/v1/payments", sub="removed_member").status == 200
    leave(edge.world, DEMO, "removed_member")
    edge.world.clock.sleep(61)
    return Estate(edge, demo, other)
