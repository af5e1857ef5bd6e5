"""The leases of jobs, and the positions at which they continue."""

from __future__ import annotations

from datetime import datetime

from payments.store.dynamodb import keys
from payments.store.dynamodb.client import ConditionFailed
from payments.store.dynamodb.codec import encode
from payments.store.dynamodb.tables.rows import Rows


class Jobs(Rows):
    """Implements `JobStore`."""

    def take_job_lease(self, job: str, owner: str, now: datetime, until: datetime) -> int | None:
        values = {":until": encode(until), ":owner": encode(owner), ":one": encode(1), ":zero": encode(0)}
        expression = "SET held_until = :until, held_by = :owner, fence = if_not_exists(fence, :zero) + :one"
        # A lease that ends too late is from a clock that was ahead: it is taken over.
        condition = "attribute_not_exists(pk) OR held_until < :now OR held_until > :far OR held_by = :owner"
        values |= {":now": encode(now), ":far": encode(until + (until - now))}
        try:
            updated = self._client.update("reconciliation", keys.lease(job), expression, values, condition)
        except ConditionFailed:
            return None
        return int(updated["fence"]["N"])

    def renew_job_lease(self, job: str, fence: int, until: datetime) -> bool:
        values = {":until": encode(until), ":fence": encode(fence)}
        try:
            self._client.update("reconciliation", keys.lease(job), "SET held_until = :until", values, "fence = :fence")
        except ConditionFailed:
            return False
        return True

    def end_job_lease(self, job: str, fence: int) -> None:
        self.renew_job_lease(job, fence, datetime.fromisoformat("1970-01-01T00:00:00+00:00"))

    def get_position(self, job: str) -> str:
        item = self._client.get("reconciliation", keys.position(job))
        return str(item["position"]["S"]) if item else ""

    def put_position(self, job: str, position: str) -> None:
        self._client.put("reconciliation", keys.position(job) | {"position": encode(position)})
