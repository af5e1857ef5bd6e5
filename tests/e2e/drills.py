"""What has gone wrong before a person on call opens the runbook: one drill for each entry."""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dev.local.options import ROOT
from dev.local.provision import WORKSPACES
from payments.domain.records.case import Case, CaseKind
from payments.store.dynamodb.client import FencedClient
from payments.store.dynamodb.transactions import put_case
from tests.e2e.shop import Shop, until

Variables = dict[str, str]
_ABOVE_ONE_PERSON = 6_000_000  # Minor units: the usual limit is 50,000.00.


@dataclass(frozen=True)
class Drill:
    shop: Shop
    gateway: str

    @property
    def workspace(self) -> str:
        return next(name for name, its in WORKSPACES.items() if self.gateway in its.gateways)

    @property
    def currency(self) -> str:
        return "INR" if WORKSPACES[self.workspace].country == "IN" else "USD"

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        return self.shop.ask(method, path, body, workspace=self.workspace, **more)

    def order(self, **changes: Any) -> dict[str, Any]:
        number = f"RUN-{secrets.token_hex(5)}"
        return self.shop.an_order(merchant_order_id=number, gateway=self.gateway, currency=self.currency, **changes)

    def initiate(self, **changes: Any) -> dict[str, Any]:
        order = self.order(**changes)
        answer = self.ask("POST", "/v1/payments", order, key=order["merchant_order_id"])
        assert answer.http_status == 201, answer.body
        payment: dict[str, Any] = answer.json()
        return payment

    def initiate_badly(self) -> dict[str, Any]:
        """The payment of a request that was answered with an error."""
        order = self.order()
        answer = self.ask("POST", "/v1/payments", order, key=order["merchant_order_id"])
        assert answer.http_status >= 500, answer.body
        found = self.ask("GET", f"/v1/payments?merchant_order_id={order['merchant_order_id']}").json()["data"]
        payment: dict[str, Any] = found[0]
        return payment

    def payment(self, payment: dict[str, Any]) -> Any:
        return self.ask("GET", f"/v1/payments/{payment['payment_id']}").json()

    def paid(self, **changes: Any) -> dict[str, Any]:
        payment = self.initiate(**changes)
        self.shop.payer(payment, "pay")
        done: dict[str, Any] = until(lambda: self.payment(payment), lambda seen: seen["status"] == "completed")
        return done

    def refund(self, payment: dict[str, Any]) -> dict[str, Any]:
        path = f"/v1/payments/{payment['payment_id']}/refunds"
        query = self.ask("POST", path, {"reason_code": "customer_request"}, key=f"refund-{payment['payment_id']}")
        assert query.http_status == 201, query.body
        refund: dict[str, Any] = query.json()
        return refund

    def refunded(self, payment: dict[str, Any], *statuses: str) -> dict[str, Any]:
        path = f"/v1/refunds/{self.refund(payment)['refund_id']}"
        done: dict[str, Any] = until(lambda: self.ask("GET", path).json(), lambda seen: seen["status"] in statuses)
        return done

    def reported(self, payment: dict[str, Any], kind: str) -> None:
        path = f"/v1/payments/{payment['payment_id']}/events"
        until(lambda: [event["kind"] for event in self.ask("GET", path).json()["data"]], lambda kinds: kind in kinds)

    def case(self, amount: int = 49900) -> str:
        payment = self.initiate(amount=amount)
        self.shop.payer(payment, "pay")
        until(lambda: self.payment(payment), lambda seen: seen["review"])
        return f"amount_mismatch:{payment['payment_id']}"

    def approval(self) -> str:
        decision = {"outcome": "write_off", "note": "the merchant agrees"}
        query = self.ask("POST", f"/v1/cases/{self.case(_ABOVE_ONE_PERSON)}/decision", decision).json()
        return str(query["approval"]["approval_id"])

    def unknown_order(self) -> str:
        """As a webhook leaves it that was parked for a day."""
        subject = f"att_{secrets.token_hex(8)}"
        note = f"{self.gateway} sent webhooks about {subject}"
        case = Case(CaseKind.UNKNOWN_ORDER, subject, "", datetime.now(UTC), note)
        put_case(FencedClient(self.shop.aws("dynamodb"), "pavati-dev-"), case)
        return case.id

    @contextmanager
    def fault(self, fault: str, op: str, **more: Any) -> Iterator[None]:
        self.shop.fault(fault, op, -1, gateway=self.gateway, **more)
        try:
            yield
        finally:
            self.shop.clear_faults(self.gateway)


Scene = Callable[[Drill], Iterator[Variables]]
SCENES: dict[str, Callable[[Drill], Any]] = {}


def scene(section: str) -> Callable[[Scene], Scene]:
    def keep(play: Scene) -> Scene:
        SCENES[section] = contextmanager(play)
        return play

    return keep


@contextmanager
def nothing_wrong(drill: Drill) -> Iterator[Variables]:
    yield {}


@scene("Workspaces and members")
def _member(drill: Drill) -> Iterator[Variables]:
    yield {"SUB": f"meera-{secrets.token_hex(4)}"}


@scene("Find a payment")
def _found(drill: Drill) -> Iterator[Variables]:
    payment = drill.paid()
    refund = drill.refunded(payment, "completed")
    attempt_id = payment["attempts"][0]["attempt_id"]
    yield {"ORDER": payment["merchant_order_id"], "ATTEMPT_ID": attempt_id, "REFUND_ID": refund["refund_id"]}


@scene("Read a timeline")
def _timeline(drill: Drill) -> Iterator[Variables]:
    yield {"PAYMENT_ID": drill.paid()["payment_id"]}


@scene("Payment stuck")
def _stuck(drill: Drill) -> Iterator[Variables]:
    drill.shop.stack.stop_executions(start="off")
    try:
        with drill.fault("error_before", "status"):
            payment = drill.initiate()
            pattern = f'{{ $.message = "gateway.failed" && $.gateway = "{drill.gateway}" }}'
            until(lambda: drill.shop.log_lines("sweep", pattern), bool)
    finally:
        drill.shop.stack.stop_executions(start="on")
    yield {"PAYMENT_ID": payment["payment_id"]}


@scene("Outcome unknown")
def _unknown(drill: Drill) -> Iterator[Variables]:
    with drill.fault("lose_answer", "pay"):
        yield {"PAYMENT_ID": drill.initiate_badly()["payment_id"]}


@scene("Webhook rejected")
def _forged(drill: Drill) -> Iterator[Variables]:
    assert drill.shop.stack.call("POST", f"/v1/webhooks/{drill.gateway}", {}).http_status == 401
    drill.paid()
    yield {}


@scene("Webhooks silent")
def _silent(drill: Drill) -> Iterator[Variables]:
    drill.paid()
    pattern = f'{{ $.message = "delivery.applied" && $.gateway = "{drill.gateway}" }}'
    until(lambda: drill.shop.log_lines("apply", pattern), bool)
    yield {}


@scene("Webhooks slow")
def _deferred(drill: Drill) -> Iterator[Variables]:
    with drill.fault("error_before", "status"):
        payment = drill.initiate()
        drill.shop.payer(payment, "pay")
        pattern = f'{{ $.message = "delivery.deferred" && $.gateway = "{drill.gateway}" }}'
        until(lambda: drill.shop.log_lines("apply", pattern), bool)
        yield {}


@scene("Report with an issue")
def _reported(drill: Drill) -> Iterator[Variables]:
    yield {
        "RECONCILIATION_ID": drill.ask("POST", "/v1/reconciliations", {"dry_run": False}).json()["reconciliation_id"]
    }


@scene("Refund failed")
def _refused_refund(drill: Drill) -> Iterator[Variables]:
    payment = drill.paid()
    with drill.fault("reject", "refund", reason="too_much"):
        yield {"REFUND_ID": drill.refunded(payment, "failed")["refund_id"]}


def _open_refund(drill: Drill) -> Iterator[Variables]:
    payment = drill.paid()
    with drill.fault("error_before", "refund_status"):
        if drill.gateway == "stripe":  # Its refunds complete at once.
            drill.shop.fault("error_before", "refund", -1, gateway="stripe")
        refund = drill.refund(payment)
        pattern = f'{{ $.operation = "fetch_refund" && $.refund_id = "{refund["refund_id"]}" }}'
        until(lambda: drill.shop.log_lines("sweep", pattern), bool)
        yield {"REFUND_ID": refund["refund_id"], "PAYMENT_ID": payment["payment_id"]}


scene("Refund stuck")(_open_refund)
scene("Refund open for more than 24 hours")(_open_refund)


@scene("Case opened")
def _cases(drill: Drill) -> Iterator[Variables]:
    with drill.fault("wrong_amount", "status"):
        yield {
            "CASE_ID": drill.case(),
            "OTHER_CASE_ID": drill.case(),
            "APPROVAL_ID": drill.approval(),
            "OTHER_APPROVAL_ID": drill.approval(),
            "UNKNOWN_CASE_ID": drill.unknown_order(),
            "OTHER_UNKNOWN_CASE_ID": drill.unknown_order(),
            "PAYMENT_ID": drill.initiate()["payment_id"],
            "SECOND_TOKEN": drill.shop.stack.token("finance"),
            "OPERATOR_TOKEN": drill.shop.stack.token("operator"),
        }


@scene("Money reversed")
def _capture_denied(drill: Drill) -> Iterator[Variables]:
    payment = drill.paid()
    order = payment["attempts"][0]["attempt_id"]
    drill.shop.control(drill.gateway, "/dashboard_refunds", {"order": order, "amount": 1000})
    drill.reported(payment, "refund.imported")
    yield {"PAYMENT_ID": payment["payment_id"]}


@scene("Refund returned")
def _returned(drill: Drill) -> Iterator[Variables]:
    refund = drill.refunded(drill.paid(), "completed")
    drill.shop.control(drill.gateway, f"/refunds/{refund['refund_id']}", {"act": "return"})
    path = f"/v1/refunds/{refund['refund_id']}"
    until(lambda: drill.ask("GET", path).json(), lambda seen: seen["status"] == "returned")
    yield {"REFUND_ID": refund["refund_id"]}


@scene("Money under way for more than five days")
def _under_way(drill: Drill) -> Iterator[Variables]:
    payment = drill.initiate(expires_in_s=300)
    drill.shop.payer(payment, "wait")
    drill.shop.advance(minutes=6)
    drill.reported(payment, "attempt.in_progress")
    yield {"PAYMENT_ID": payment["payment_id"]}


@scene("Workspace settings invalid")
def _invalid(drill: Drill) -> Iterator[Variables]:
    workspace = f"ws_{secrets.token_hex(4)}"
    command = ["create", workspace, "--name", "Shop", "--country", "IN", "--owner", "owner", "--owner", "owner2"]
    environment = {"PORT": str(drill.shop.stack.port), "PATH": "/usr/bin:/bin"}
    subprocess.run(
        [sys.executable, "-m", "dev.tools.workspace", *command, "--local"],
        cwd=ROOT,
        env=environment,
        check=True,
        timeout=60,
    )
    drill.shop.aws("dynamodb").update_item(
        TableName="pavati-dev-workspaces",
        Key={"pk": {"S": f"T#{workspace}#WS"}, "sk": {"S": "WORKSPACE"}},
        UpdateExpression="SET late_success = :bad",
        ExpressionAttributeValues={":bad": {"S": "keep"}},
    )
    order = drill.order()
    answer = drill.shop.ask("POST", "/v1/payments", order, key=order["merchant_order_id"], workspace=workspace)
    assert answer.json()["error"]["code"] == "workspace_invalid"
    yield {"WS": workspace}


@scene("Late success")
def _late(drill: Drill) -> Iterator[Variables]:
    payment = drill.initiate(expires_in_s=300)
    drill.shop.fault("late_success", "pay", gateway=drill.gateway)
    drill.shop.payer(payment, "pay")
    drill.shop.advance(minutes=4)  # The expiry passes by itself: it must be seen before the late money is.
    drill.reported(payment, "attempt.completed")
    yield {"PAYMENT_ID": payment["payment_id"]}


@scene("Dispute opened")
def _disputed(drill: Drill) -> Iterator[Variables]:
    payment = drill.paid()
    query = {"order": payment["attempts"][0]["attempt_id"], "amount": payment["amount"]}
    drill.shop.control(drill.gateway, "/disputes", query)
    path = f"/v1/payments/{payment['payment_id']}/disputes"
    (dispute,) = until(lambda: drill.ask("GET", path).json()["data"], bool)
    yield {"PAYMENT_ID": payment["payment_id"], "DISPUTE_ID": dispute["dispute_id"]}


@scene("Dead-letter queue not empty")
def _dead_letters(drill: Drill) -> Iterator[Variables]:
    sqs, functions = drill.shop.aws("sqs"), drill.shop.aws("lambda")
    queue = sqs.get_queue_url(QueueName="pavati-dev-dead-letters")["QueueUrl"]
    functions.put_function_concurrency(FunctionName="pavati-dev-sweep", ReservedConcurrentExecutions=0)

    def waiting() -> int:
        wanted = ["ApproximateNumberOfMessages"]
        return int(sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=wanted)["Attributes"][wanted[0]])

    try:
        until(waiting, bool)
    finally:
        functions.delete_function_concurrency(FunctionName="pavati-dev-sweep")
    yield {}


@scene("Poll executions failed")
def _stopped(drill: Drill) -> Iterator[Variables]:
    attempt_id = drill.initiate()["attempts"][0]["attempt_id"]
    drill.shop.stack.stop_executions()
    machine = "arn:aws:states:ap-south-1:123456789012:execution:pavati-dev-poll-payment"
    yield {"EXECUTION": f"{machine}:{attempt_id}"}


@scene("Token renewal failing")
def _tokenless(drill: Drill) -> Iterator[Variables]:
    drill.shop.fault("unauthorized", "pay", gateway=drill.gateway)
    with drill.fault("unauthorized", "token"):
        drill.initiate_badly()
        yield {}


@scene("A gateway refuses its credentials")
def _unauthorized(drill: Drill) -> Iterator[Variables]:
    with drill.fault("unauthorized", "pay"):
        drill.initiate_badly()
        yield {}


@scene("Gateway outage")
def _outage(drill: Drill) -> Iterator[Variables]:
    with drill.fault("error_before", "pay"):
        drill.initiate_badly()
        yield {}


@scene("Success rate has dropped")
def _declined(drill: Drill) -> Iterator[Variables]:
    payment = drill.initiate()
    drill.shop.payer(payment, "decline")
    until(lambda: drill.payment(payment), lambda seen: seen["status"] == "failed")
    yield {}


@scene("Drill, once a quarter, touches nothing live")
def _live_tables(drill: Drill) -> Iterator[Variables]:
    drill.paid()
    yield {"PREFIX": "pavati-dev-"}


@scene("Store throttled or unreachable")
def _throttled(drill: Drill) -> Iterator[Variables]:
    order = drill.order()
    with drill.shop.surroundings("throttle", "dynamodb"):
        drill.ask("POST", "/v1/payments", order, key=order["merchant_order_id"])
        yield {}
