"""The sweep of every minute: it brings whatever is due to its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payments import wiring
from payments.runtime.task import Task
from payments.usecases.ports import Ports
from payments.usecases.sweep import run as usecases


def sweep(event: Mapping[str, Any], ports: Ports) -> dict[str, Any]:
    return usecases.sweep(ports)


handler = Task(sweep, wiring, budget_s=55.0)
