"""One check of the polling execution. While the payment is open it raises an error that the state machine retries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payments import wiring
from payments.domain.values.clock import from_text
from payments.runtime.task import Task
from payments.usecases.payment.poll import Execution, StillOpen, poll_attempt
from payments.usecases.ports import Ports


def poll(event: Mapping[str, Any], ports: Ports) -> dict[str, Any]:
    execution = Execution(
        workspace_id=event["workspace_id"],
        payment_id=event["payment_id"],
        attempt_id=event["attempt_id"],
        sent_at=from_text(event["sent_at"]),
        expires_at=from_text(event["expires_at"]),
    )
    return {"status": poll_attempt(execution, ports).value}


handler = Task(poll, wiring, 15.0, StillOpen)
