"""One workspace's store on DynamoDB: the tables of its nouns, and the transaction that saves a change."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from payments.domain.change import Change
from payments.store.contract.claims import Claim, KeyUsed
from payments.store.contract.deliveries import Delivery
from payments.store.contract.errors import Conflict
from payments.store.contract.payments import OrderExists
from payments.store.dynamodb import transactions as writes
from payments.store.dynamodb.client import Cancelled, FencedClient, Write
from payments.store.dynamodb.codec import decode
from payments.store.dynamodb.tables.cases import Approvals, Cases
from payments.store.dynamodb.tables.claims import Claims
from payments.store.dynamodb.tables.disputes import Disputes
from payments.store.dynamodb.tables.payments import Checkpoints, Payments
from payments.store.dynamodb.tables.refunds import Refunds
from payments.store.dynamodb.tables.reports import Reports
from payments.store.dynamodb.tables.workspaces import Workspaces

CLAIM_RETENTION = timedelta(days=7)


class DynamoWorkspaceStore(Payments, Checkpoints, Refunds, Disputes, Cases, Approvals, Reports, Claims, Workspaces):
    """Implements `WorkspaceStore`. `client` accepts only keys of the workspace."""

    def __init__(self, client: FencedClient, workspace_id: str, gateways: Collection[str]) -> None:
        super().__init__(client, workspace_id, gateways)

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
