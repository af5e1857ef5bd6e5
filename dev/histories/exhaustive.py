"""Every flow, killed before and after each of its I/O points, with each possible next actor.

`python -m dev.histories.exhaustive` runs all flows at all gateways. It prints how many cases each flow has, and what
they broke.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from dev.histories.chaos import Script
from dev.histories.flows import ACTORS, Flow
from dev.histories.history import Case, Outcome, run
from dev.histories.kill_table import report
from dev.histories.kinds import flows
from dev.histories.plan import Act, Plan
from dev.histories.trace import Passed
from dev.histories.workers import exit_code_of, results

_KILLS = ("kill_before", "kill_after")
# A read changes nothing, so dying after it equals dying before the next point: one of the two is enough.
FAULTS = {
    "clock": ("kill_before",),
    "read": ("kill_before",),
    "write": (*_KILLS, "lost_after", "resent"),
    "http": (*_KILLS, "late_effect", "timeout_after", "reset_after"),
    "flow": (*_KILLS, "refused", "lost_after"),
}
_READINGS = ("clock", "read")
_WITHOUT_EFFECT = ("kill_before", "late_effect", "refused")
_WRITES = ("put_item", "update_item", "transact")
_EFFECT_BY_MS = 32.0  # By then the call has taken effect: no delay is longer.
_SEED = 1


def kind_of(label: str) -> str:
    verb = label.partition(" ")[0]
    if verb in ("GET", "POST", "PUT", "DELETE"):
        return "http"
    if verb in ("clock", "sleep"):
        return "clock"
    return "flow" if verb == "start" else "write" if verb in _WRITES else "read"


@dataclass(frozen=True)
class Kill:
    """One fault at one point of a flow, and the next actor. `is_doubled`: the point is a read that another point
    follows, so dying here equals dying before that one.
    """

    flow: Flow
    point: Passed
    fault: str
    actor: str
    given: Script
    is_doubled: bool = False

    @property
    def name(self) -> str:
        point = self.point
        return f"{self.flow.where}, {self.fault} at {point.task} {point.number} ({point.label}), then {self.actor}"

    def case(self) -> Case:
        at_ms = self.point.at_ms + _EFFECT_BY_MS
        first = tuple(Act(at_ms, do, "A", more) for do, more in self.flow.acts_of(self.actor))
        return _case(self.flow, first, {**self.given, (self.point.task, self.point.number): self.fault})


def _case(flow: Flow, more: tuple[Act, ...], script: Script) -> Case:
    plan = Plan(
        late_success=flow.late_success,
        refund_step_s=2.0,
        second_pay_s=5.0,
        late_success_s=30.0,
        amounts={"A": flow.amount},
        lives_s={"A": flow.lives_s},
        acts=(*flow.acts, *more),
        gateways=flow.gateways,
        is_routed=len(flow.gateways) > 1,
        ways={"A": flow.way},
    )
    return Case(_SEED, plan, flow.profile, script)


def plain(flow: Flow) -> tuple[Outcome, Script]:
    """The flow with only the faults that belong to it."""
    given: Script = {}
    for fault in flow.given:
        passed = run(_case(flow, (), dict(given)), keeps_story=True).passed
        where = next(p for p in passed if p.task == fault.task and p.label.startswith(fault.label))
        given[where.task, where.number] = fault.fault
    return run(_case(flow, (), dict(given)), keeps_story=True), given


def points_of(flow: Flow, outcome: Outcome) -> list[Passed]:
    """The points of the victim and its threads, with times from the start."""
    start_ms = outcome.passed[0].at_ms
    return [replace(p, at_ms=p.at_ms - start_ms) for p in outcome.passed if _is_of(p.task, flow.victim)]


def _is_of(task: str, victim: str) -> bool:
    return task == victim or task.startswith(f"{victim}.")


def kills(flow: Flow, undisturbed: tuple[Outcome, Script] | None = None) -> Iterator[Kill]:
    outcome, given = undisturbed or plain(flow)
    points = points_of(flow, outcome)
    for point in points:
        is_doubled = kind_of(point.label) in _READINGS and point != points[-1]
        for fault in FAULTS[kind_of(point.label)]:
            for actor in ACTORS:
                if _exists(flow, actor, point, fault, points):
                    yield Kill(flow, point, fault, actor, given, is_doubled)


def _exists(flow: Flow, actor: str, point: Passed, fault: str, points: list[Passed]) -> bool:
    """False if the next actor needs an effect that never happened."""
    if actor not in flow.needs:
        return True
    needed = next((n for n, p in enumerate(points) if p.label.startswith(flow.needs[actor])), len(points))
    place = points.index(point)
    return place > needed or (place == needed and fault not in _WITHOUT_EFFECT)


def broken(kill: Kill, outcome: Outcome) -> list[str]:
    """What this case broke: an invariant, or the flow's expected end."""
    where = kill.point.task, kill.point.number
    if outcome.happened.get(where) != kill.fault:
        return [f"the fault never happened: {where}"]
    return broken_promises(kill.flow, outcome, is_late=kill.fault == "late_effect")


def broken_promises(flow: Flow, outcome: Outcome, *, is_late: bool = False) -> list[str]:
    may = (flow.ends, *flow.or_ends, *(flow.late_ends if is_late else ()))
    if outcome.violations or outcome.ends in [tuple(sorted(ends)) for ends in may]:
        return outcome.violations
    return [f"expected {sorted(flow.ends)}, found {list(outcome.ends)}"]


@dataclass
class Tally:
    flow: str
    gateway: str
    points: int = 0
    faults: int = 0
    actors: int = 0
    cases: int = 0
    seconds: float = 0.0
    violations: list[tuple[str, list[str]]] = field(default_factory=list)


Takes = Callable[[int, Kill], bool]  # Whether a case is run, by its number.


def prove(flow: Flow, takes: Takes = lambda number, kill: True) -> Tally:
    """Run the cases that `takes` selects. The tally counts all cases; its violations are of the cases that ran."""
    started_at, undisturbed = time.process_time(), plain(flow)
    all_kills = list(kills(flow, undisturbed))
    tally = Tally(
        flow.where,
        flow.gateways[0],
        points=len({kill.point for kill in all_kills}),
        faults=len({(kill.point, kill.fault) for kill in all_kills}),
        actors=len({kill.actor for kill in all_kills}),
        cases=len(all_kills),
    )
    if wrong := broken_promises(flow, undisturbed[0]):
        tally.violations.append((f"{flow.where}, undisturbed", wrong))
    for kill in (kill for number, kill in enumerate(all_kills) if takes(number, kill)):
        if wrong := broken(kill, run(kill.case())):
            tally.violations.append((kill.name, wrong))
    tally.seconds = time.process_time() - started_at
    return tally


def main() -> int:
    longest_first = sorted(flows(), key=lambda flow: flow.profile.until_ms, reverse=True)
    tallies: dict[str, Tally] = {}
    sys.stderr.write(f"0 of {len(longest_first)} flows ")
    for tally in results(prove, longest_first):
        tallies[tally.flow] = tally
        wrong = sum(len(each.violations) for each in tallies.values())
        sys.stderr.write(f"\r{len(tallies)} of {len(longest_first)} flows, violations {wrong} ")
        sys.stderr.flush()
    sys.stderr.write("\n")
    sys.stdout.writelines(f"{line}\n" for line in report(tallies))
    return 1 if any(tally.violations for tally in tallies.values()) else 0


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
