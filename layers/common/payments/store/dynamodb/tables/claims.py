"""Claims: the first use of an Idempotency-Key, its lease and its answer."""

from __future__ import annotations

from datetime import datetime, timedelta

from payments.store.contract.claims import Claim
from payments.store.contract.errors import Conflict
from payments.store.dynamodb import keys
from payments.store.dynamodb import transactions as writes
from payments.store.dynamodb.client import Cancelled, ConditionFailed
from payments.store.dynamodb.codec import decode, encode
from payments.store.dynamodb.tables.rows import WorkspaceRows


class Claims(WorkspaceRows):
    """Implements `ClaimStore`."""

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
