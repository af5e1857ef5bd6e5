"""SQS by moto: the template's queues, and events whose retries have all failed."""

import json
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from moto.sqs.models import sqs_backends

from dev.local.blueprint import ACCOUNT, LATEST, REGION, FunctionSpec, QueueSpec
from dev.local.invocation import Outcome


def create_queues(specs: Iterable[QueueSpec]) -> None:
    for spec in specs:
        _backend().create_queue(spec.name, {}, **spec.attributes)


def tell_of_failure(function: FunctionSpec, payload: bytes, attempts: int, outcome: Outcome | None) -> None:
    """Send a failed event to its queue, in the form of Lambda's destinations. Without an outcome no worker was free for
    it.
    """
    if function.on_failure:
        record = json.dumps(_record(function, payload, attempts, outcome))
        _backend().send_message(function.on_failure.rpartition(":")[2], record)


def _record(function: FunctionSpec, payload: bytes, attempts: int, outcome: Outcome | None) -> dict[str, Any]:
    record: dict[str, Any] = {
        "version": "1.0",
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "functionArn": f"{function.arn}:{(*function.aliases, LATEST)[0]}",
            "condition": "RetriesExhausted" if outcome else "EventAgeExceeded",
            "approximateInvokeCount": attempts,
        },
        "requestPayload": json.loads(payload),
    }
    if outcome:
        record["responseContext"] = {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}
        record["responsePayload"] = json.loads(outcome.payload)
    return record


def _backend() -> Any:
    return sqs_backends[ACCOUNT][REGION]
