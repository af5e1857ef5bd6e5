"""One workspace's store on DynamoDB."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from payments.domain.change import Change
from payments.domain.records.approval import Approval
from payments.domain.records.case import Case
from payments.domain.records.dispute import Dispute, DisputeStatus
from payments.domain.records.event import Event
from payments.domain.records.payment import Payment
from payments.domain.records.refund import Refund
from payments.store.contract.claims import Claim, KeyUsed
from payments.store.contract.deliveries import Delivery, Location
from payments.store.contract.errors import Conflict, NotFound
from payments.store.contract.lists import Cursor, Page
from payments.store.contract.payments import Checkpoint, OrderExists
from payments.store.contract.workspaces import Member, Workspace
from payments.store.dynamodb import keys, workspace_rows
from payments.store.dynamodb import transactions as writes
from payments.store.dynamodb.client import Cancelled, ConditionFailed, FencedClient, Write
from payments.store.dynamodb.codec import Item, decode, encode
from payments.store.dynamodb.lists import Lists

CLAIM_RETENTION = timedelta(days=7)
_MEMBER_READS = 2  # Rows of one read may be of different times: if they do not match, read again.


class DynamoWorkspaceStore:
    def __init__(self, client: FencedClient, workspace_id: str, gateways: Collection[str]) -> None:
        self._client, self.workspace_id, self._gateways = client, workspace_id, gateways
        self._lists = Lists(client, workspace_id)

    def save(
        self,
        change: Change,
        *,
        opens: Claim | None = None,
        closes: Claim | None = None,
        handled: Delivery | None = None,
    ) -> None:
        actions = writes.of_change(change)
        if opens:
            now = change.payment.updated_at
            ttl = None if opens.is_permanent else int((now + CLAIM_RETENTION).timestamp())
            actions.append(writes.open_claim(opens, self.workspace_id, int(now.timestamp()), ttl))
        if closes:
            actions.append(writes.close_claim(closes, self.workspace_id))
        if handled:
            actions.append(writes.mark_handled(handled))
        try:
            self._client.transact(actions)
        except Cancelled as cancelled:
            raise _refusal_of(cancelled, actions) from cancelled

    def get_payment(self, payment_id: str) -> Payment:
        return decode(Payment, self._get("payment_transactions", keys.payment(self.workspace_id, payment_id)))

    def get_payment_by_order(self, merchant_order_id: str) -> Payment:
        lock = self._get("payment_transactions", keys.order(self.workspace_id, merchant_order_id))
        return self.get_payment(lock["payment_id"]["S"])

    def list_payments(
        self, created_from: datetime, created_to: datetime, limit: int, cursor: str | None, status: str | None
    ) -> Page[Payment]:
        return self._lists.payments(created_from, created_to, limit, cursor, status)

    def cursor_after(self, payment: Payment) -> str:
        return keys.place_in_list(payment.created_at, payment.id)

    def list_checkpoints(
        self, before: datetime, limit: int, cursor: Cursor | None = None
    ) -> tuple[Sequence[Checkpoint], Cursor | None]:
        values = {":pk": encode(keys.checkpoints(self.workspace_id)), ":before": encode(before)}
        options = {"IndexName": "checkpoint", "Limit": limit} | ({"ExclusiveStartKey": cursor} if cursor else {})
        condition = "checkpoint_pk = :pk AND checkpoint_at <= :before"
        page = self._client.query("payment_transactions", condition, values, **options)
        rows = [(row["pk"]["S"].split("#")[3], row["checkpoint_at"]["S"]) for row in page["Items"]]
        found = [Checkpoint(payment_id, datetime.fromisoformat(at)) for payment_id, at in rows]
        return found, page.get("LastEvaluatedKey")

    def pass_checkpoints(self, payment: Payment) -> None:
        values = {":now": encode(payment.reconciled_at), ":read": encode(payment.version)}
        expression = "SET reconciled_at = :now REMOVE checkpoint_pk, checkpoint_at"
        if following := writes.checkpoint(payment):
            expression = "SET reconciled_at = :now, checkpoint_at = :next"
            values[":next"] = following["checkpoint_at"]
        self._update_payment(payment.id, expression, values, "version = :read")

    def defer_checkpoint(self, checkpoint: Checkpoint, until: datetime) -> None:
        values = {":until": encode(until), ":old": encode(checkpoint.at)}
        self._update_payment(checkpoint.payment_id, "SET checkpoint_at = :until", values, "checkpoint_at = :old")

    def _update_payment(self, payment_id: str, expression: str, values: Item, condition: str) -> None:
        item_key = keys.payment(self.workspace_id, payment_id)
        with suppress(ConditionFailed):  # Another writer was first.
            self._client.update("payment_transactions", item_key, expression, values, condition)

    def get_refund(self, refund_id: str) -> Refund:
        where = decode(Location, self._get("payment_refunds", keys.reference(refund_id)))
        if where.workspace_id != self.workspace_id:
            raise NotFound(refund_id)
        return decode(Refund, self._get("payment_refunds", keys.refund(*_ids(where), refund_id)))

    def get_refunding(self, payment_id: str, refund_id: str) -> tuple[Payment, Refund]:
        payment, refund = self._client.get_pair(
            ("payment_transactions", keys.payment(self.workspace_id, payment_id)),
            ("payment_refunds", keys.refund(self.workspace_id, payment_id, refund_id)),
        )
        if payment is None or refund is None:
            raise NotFound(refund_id)
        return decode(Payment, payment), decode(Refund, refund)

    def list_refunds(self, payment_id: str) -> list[Refund]:
        rows = self._partition("payment_refunds", keys.of_payment(self.workspace_id, payment_id), "RF#")
        return [decode(Refund, row) for row in rows]

    def get_dispute(self, dispute_id: str) -> Dispute:
        where = decode(Location, self._get("payment_disputes", keys.reference(dispute_id)))
        if where.workspace_id != self.workspace_id:
            raise NotFound(dispute_id)
        return decode(Dispute, self._get("payment_disputes", keys.dispute(*_ids(where), dispute_id)))

    def get_disputing(self, payment_id: str, dispute_id: str) -> tuple[Payment, Dispute]:
        payment, dispute = self._client.get_pair(
            ("payment_transactions", keys.payment(self.workspace_id, payment_id)),
            ("payment_disputes", keys.dispute(self.workspace_id, payment_id, dispute_id)),
        )
        if payment is None or dispute is None:
            raise NotFound(dispute_id)
        return decode(Payment, payment), decode(Dispute, dispute)

    def list_disputes(self, payment_id: str) -> list[Dispute]:
        rows = self._partition("payment_disputes", keys.of_payment(self.workspace_id, payment_id), "DSP#")
        return [decode(Dispute, row) for row in rows]

    def list_all_disputes(
        self, statuses: Collection[DisputeStatus], limit: int, cursor: str | None = None
    ) -> Page[Dispute]:
        return self._lists.disputes(statuses, limit, cursor)

    def list_events(self, stream_id: str) -> list[Event]:
        rows = self._partition("payment_events_log", keys.stream(self.workspace_id, stream_id), "E#")
        return [decode(Event, row) for row in rows]

    def get_claim(self, operation: str, key_hash: str) -> Claim:
        return decode(Claim, self._get("idempotency_keys", keys.claim(self.workspace_id, operation, key_hash)))

    def take_lease(self, claim: Claim, now: datetime, until: datetime) -> Claim:
        item_key = keys.claim(self.workspace_id, claim.operation, claim.key_hash)
        values = {":now": encode(now), ":until": encode(until)}
        condition = "attribute_not_exists(answer) AND lease_until < :now"
        try:
            self._client.update("idempotency_keys", item_key, "SET lease_until = :until", values, condition)
        except ConditionFailed as failed:
            raise Conflict("the claim is worked on") from failed
        return self.get_claim(claim.operation, claim.key_hash)

    def end_lease(self, claim: Claim, now: datetime) -> None:
        item_key = keys.claim(self.workspace_id, claim.operation, claim.key_hash)
        values = {":now": encode(now - timedelta(seconds=1))}
        try:
            self._client.update("idempotency_keys", item_key, "SET lease_until = :now", values, "attribute_exists(pk)")
        except ConditionFailed:
            return  # Another request has taken the lease since.

    def close_claim(self, claim: Claim) -> None:
        try:
            self._client.transact([writes.close_claim(claim, self.workspace_id)])
        except Cancelled as cancelled:
            raise Conflict("the claim has its answer") from cancelled

    def get_workspace(self) -> Workspace:
        row = self._get("workspaces", keys.workspace(self.workspace_id))
        return workspace_rows.to_workspace(self.workspace_id, row, self._gateways)

    def get_late_success(self) -> str:
        row = self._get("workspaces", keys.workspace(self.workspace_id))
        return workspace_rows.late_success_of(self.workspace_id, row, self._gateways)

    def get_member(self, subject: str) -> Member | None:
        for _ in range(_MEMBER_READS):
            member, grant, workspace = self._member_rows(subject)
            if member is None:
                return None
            if workspace_rows.is_backed(self.workspace_id, subject, member, grant):
                its = workspace_rows.to_workspace(self.workspace_id, workspace, self._gateways) if workspace else None
                return Member(member["role"]["S"], its)
        return None

    def _member_rows(self, subject: str) -> list[Item | None]:
        of = (keys.member, keys.grant)
        wanted = [*(key(self.workspace_id, subject) for key in of), keys.workspace(self.workspace_id)]
        rows = {item["sk"]["S"]: item for item in self._client.get_many("workspaces", wanted)}
        return [rows.get(key["sk"]["S"]) for key in wanted]

    def get_case(self, case_id: str) -> Case:
        return decode(Case, self._get("reconciliation", keys.case(self.workspace_id, case_id)))

    def list_cases(self, limit: int, cursor: str | None = None) -> Page[Case]:
        return self._lists.cases(limit, cursor)

    def get_approval(self, approval_id: str) -> Approval:
        return decode(Approval, self._get("reconciliation", keys.approval(self.workspace_id, approval_id)))

    def list_approvals(self, limit: int, cursor: str | None = None) -> Page[Approval]:
        return self._lists.approvals(limit, cursor)

    def put_report(self, report_id: str, document: str) -> None:
        item = keys.report(self.workspace_id, report_id) | {"document": encode(document)}
        self._client.put("reconciliation", item)

    def get_report(self, report_id: str) -> str:
        document: str = self._get("reconciliation", keys.report(self.workspace_id, report_id))["document"]["S"]
        return document

    def list_reports(self, limit: int, cursor: str | None = None) -> Page[str]:
        return self._lists.reports(limit, cursor)

    def _get(self, table: str, item_key: Item) -> Item:
        item = self._client.get(table, item_key)
        if item is None:
            raise NotFound(item_key["sk"]["S"])
        return item

    def _partition(self, table: str, pk: str, prefix: str) -> list[Item]:
        values = {":pk": encode(pk), ":prefix": encode(prefix)}
        return list(self._client.query_all(table, "pk = :pk AND begins_with(sk, :prefix)", values))


def _ids(where: Location) -> tuple[str, str]:
    return where.workspace_id, where.stream_id


def _refusal_of(cancelled: Cancelled, actions: list[Write]) -> KeyUsed | OrderExists | Conflict:
    """The error for a cancelled transaction, by the condition that failed: the key, the order, or any other."""
    tables = {actions[place].table: item for place, item in cancelled.items.items() if item}
    claim = tables.get("idempotency_keys")
    if claim and "key_hash" in claim and not _is_close(actions):
        return KeyUsed(decode(Claim, claim))
    lock = next((item for item in cancelled.items.values() if item and item["sk"] == {"S": "LOCK"}), None)
    return OrderExists(lock["payment_id"]["S"]) if lock else Conflict("another writer was first")


def _is_close(actions: list[Write]) -> bool:
    return any(action.table == "idempotency_keys" and action.verb == "Update" for action in actions)
