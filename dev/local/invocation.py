"""One call of a function, and its outcome."""

import json
import time
import uuid
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field

from dev.local.alarms import Alarm


@dataclass(frozen=True)
class Outcome:
    payload: bytes
    error: str = ""  # The errorType; empty when the function returned.

    @classmethod
    def failed(cls, error: str, message: str) -> "Outcome":
        return cls(json.dumps({"errorType": error, "errorMessage": message}).encode(), error)

    @classmethod
    def reported(cls, payload: bytes, fallback: str) -> "Outcome":
        """The error as the runtime client describes it."""
        try:
            described = json.loads(payload)
        except ValueError:
            described = None
        name = described.get("errorType") if isinstance(described, dict) else None
        return cls(payload, str(name or fallback))

    @property
    def message(self) -> str:
        described = json.loads(self.payload) if self.error else {}
        return str(described.get("errorMessage", "")) if isinstance(described, dict) else ""


@dataclass(eq=False)
class Invocation:
    payload: bytes
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    deadline: float = 0.0  # Epoch seconds; set when a worker takes it.
    outcome: "Future[Outcome]" = field(default_factory=Future)
    overrun: Alarm | None = None

    def start(self, timeout_seconds: float, overrun: Alarm) -> None:
        self.deadline = time.time() + timeout_seconds
        self.overrun = overrun

    def finish(self, outcome: Outcome) -> bool:
        """False if it was finished before: a late answer changes nothing."""
        if self.overrun:
            self.overrun.cancel()
        try:
            self.outcome.set_result(outcome)
        except InvalidStateError:
            return False
        return True
