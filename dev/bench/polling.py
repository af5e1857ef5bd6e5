"""State transitions per payment: the deployed definition and a naive loop, both executed on a virtual clock."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dev.bench.packages import ROOT
from dev.bench.table import Line
from dev.tools.asl import Definition, Task, TaskFailed, run
from dev.tools.polling_cost import DEFAULT_MIX
from payments.domain.values import polling

GOAL = 9.4
_LONGEST_S = DEFAULT_MIX[-1][-1]
# The usual tutorial: wait, check, choose. Three transitions a check, where a retry is one.
NAIVE: Definition = {
    "StartAt": "FirstWait",
    "States": {
        "FirstWait": {"Type": "Wait", "Seconds": polling.FIRST_CHECK_S, "Next": "Ask"},
        "Wait": {"Type": "Wait", "SecondsPath": "$.wait_s", "Next": "Ask"},
        "Ask": {"Type": "Task", "Resource": "${PollFunctionArn}", "Next": "IsItOver"},
        "IsItOver": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.status", "StringEquals": "pending", "Next": "Wait"}],
            "Default": "Done",
        },
        "Done": {"Type": "Succeed"},
    },
}


def lines() -> list[Line]:
    ours, naive = mean_of_ours(), mean_of_naive()
    what = f"state transitions per payment ({_mix()})"
    return [Line(what, f"{ours:.2f}", f"{naive:.2f} naive loop", f"{ours / naive:.2f}x", f"<= {GOAL}", ours <= GOAL)]


def mean_of_ours() -> float:
    definition = json.loads((ROOT / "statemachines/poll_payment.asl.json").read_text())
    longest = run(definition, _retried_until(_LONGEST_S))
    last = len(longest.called_at)
    # Each check after the first is one retry, so ending one check earlier saves one transition.
    return _mean(longest.called_at, [longest.transitions - (last - checks) for checks in range(1, last + 1)])


def mean_of_naive() -> float:
    longest = run(NAIVE, _answered_until(_LONGEST_S))
    last = len(longest.called_at)
    transitions = longest.transitions - (last - 1)  # The count includes retries, of which this execution has none.
    return _mean(longest.called_at, [transitions - 3 * (last - checks) for checks in range(1, last + 1)])


def _retried_until(final_s: float) -> Task:
    def task(now_s: float) -> Mapping[str, Any]:
        if now_s < final_s:
            raise TaskFailed(f"PendingEvery{polling.rung(now_s)}s")
        return {"status": "expired"}

    return task


def _answered_until(final_s: float) -> Task:
    def task(now_s: float) -> Mapping[str, Any]:
        return {"status": "pending" if now_s < final_s else "expired", "wait_s": polling.rung(now_s)}

    return task


def _mean(called_at: Sequence[int], transitions_by_check: Sequence[int]) -> float:
    """The mean over the mix. A payment that becomes final between two checks ends at the later one."""
    mean = 0.0
    for share, from_s, to_s in DEFAULT_MIX:
        before_s = 0
        for called_s, transitions in zip(called_at, transitions_by_check, strict=True):
            overlap_s = max(0, min(called_s, to_s) - max(before_s, from_s))
            mean += share * transitions * overlap_s / (to_s - from_s)
            before_s = called_s
    return mean


def _mix() -> str:
    return ", ".join(f"{share:.0%} final at {from_s}-{to_s} s" for share, from_s, to_s in DEFAULT_MIX)
