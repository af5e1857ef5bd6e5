"""Applies webhooks that were just kept: the stream of their table starts it, one record or several at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payments import wiring
from payments.runtime.task import Task
from payments.usecases.ports import Ports
from payments.usecases.webhook.apply import apply_added


def apply(event: Mapping[str, Any], ports: Ports) -> dict[str, Any]:
    """`event` is a batch of a DynamoDB stream, of which the template lets only added items through."""
    return {"states": [apply_added(record["dynamodb"]["Keys"], ports) for record in event["Records"]]}


handler = Task(apply, wiring, 20.0)
