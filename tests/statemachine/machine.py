"""The deployed definition, and a poll function that knows only when its payment becomes final."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from dev.tools.asl import Definition, Run, Task, TaskFailed, run
from dev.tools.expand import ROOT
from payments.domain.values import polling

DEFINITION: Definition = json.loads((ROOT / "statemachines/poll_payment.asl.json").read_text())


def open_until(final_s: float) -> Task:
    """A poll function: it raises the step's error while the payment is open, and answers from `final_s` on."""

    def task(now_s: float) -> Mapping[str, Any]:
        if now_s < final_s:
            raise TaskFailed(f"PendingEvery{polling.rung(now_s)}s")
        return {"status": "expired"}

    return task


@lru_cache
def run_until(final_s: float) -> Run:
    return run(DEFINITION, open_until(final_s))
