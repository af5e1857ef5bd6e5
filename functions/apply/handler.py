"""Applies webhooks that were just stored. The stream of their table invokes it with one or more records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payments import wiring
from payments.runtime.task import Task
from payments.usecases.ports import Ports
from payments.usecases.webhook.apply import apply_added


def apply(event: Mapping[str, Any], ports: Ports) -> dict[str, Any]:
    """Apply the deliveries of a stream's batch. The template filters the stream: `event` has only added items."""
    return {"states": [apply_added(record["dynamodb"]["Keys"], ports) for record in event["Records"]]}


handler = Task(apply, wiring, budget_s=8.0)  # What takes longer the sweep does: others of the shard wait.
