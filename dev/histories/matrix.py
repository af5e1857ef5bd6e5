"""Each fault of each operation of each gateway, once and for an hour, in a history that calls every operation.

The table is built from the simulators' own lists, so new operations and faults are in it. `python -m
dev.histories.matrix` prints it.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dev.histories.assumed import Holds, assumed_of
from dev.histories.chaos import CALM, Profile
from dev.histories.flows_at import authorized
from dev.histories.history import Case, run
from dev.histories.plan import HOUR, MINUTE, SECOND, Act, Plan
from dev.histories.settings import START_MS
from dev.histories.theirs import Theirs
from dev.histories.workers import exit_code_of, results
from gateway_simulators import GATEWAYS
from gateway_simulators.kit.faults import EVERY_OP, ON_THE_WIRE, REJECT, STATUSES, UNTIL_CLEARED

_AMOUNT = 49_900
_LASTS_MS = HOUR
_PROFILE = Profile(until_ms=30 * HOUR, webhook_delay_max_ms=CALM.webhook_delay_max_ms)
_SEED = 1
# Operations that no history calls, and why.
NOT_CALLED: Mapping[tuple[str, str], str] = {}


@dataclass(frozen=True, slots=True)
class Cell:
    gateway: str
    op: str
    fault: str
    lasts: bool = False  # For an hour; otherwise it hits one call.
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        text = " ".join(str(value) for value in self.more.values())
        return f"{self.gateway} {self.op} {self.fault} {text}".rstrip() + (", for an hour" if self.lasts else "")

    def case(self) -> Case:
        times = UNTIL_CLEARED if self.lasts else 1
        armed = {"fault": self.fault, "op": self.op, "times": times, **self.more}
        acts = [Act(0.0, "arm", more=armed), Act(_LASTS_MS, "disarm"), *_acts(self.gateway)]
        return Case(_SEED, _plan(self.gateway, acts), _PROFILE, {})


def cells() -> Iterator[Cell]:
    for gateway in GATEWAYS:
        model = Theirs(
            (gateway,), lambda: START_MS / 1000, lambda name: random.Random(0), {}, lambda name: None
        ).models[0]
        for fault, ops in model.faults.allowed.items():
            for op in ops:
                if op != EVERY_OP and fault in {*ON_THE_WIRE, REJECT}:
                    for more in _kinds(fault, model.faults.reasons.get(op, ())):
                        yield Cell(gateway, op, fault, more=more)
                        yield Cell(gateway, op, fault, lasts=True, more=more)


def _kinds(fault: str, reasons: Any) -> Iterator[dict[str, Any]]:
    if fault == REJECT:
        yield from ({"reason": reason} for reason in reasons)
    else:
        yield from ({"status": status} for status in STATUSES[fault]) if fault in STATUSES else ({},)


def _holds(gateway: str) -> bool:
    return assumed_of(gateway).holds is not Holds.NEVER


def _plan(gateway: str, acts: list[Act]) -> Plan:
    way = authorized(gateway)[0] if _holds(gateway) else None
    return Plan(
        late_success="grant",
        refund_step_s=2.0,
        second_pay_s=5.0,
        late_success_s=30.0,
        amounts={"A": _AMOUNT, "B": _AMOUNT},
        lives_s={"A": 3600, "B": 3600},
        acts=tuple(sorted(acts, key=lambda act: act.at_ms)),
        gateways=(gateway,),
        ways={"A": way, "B": way} if way else {},
    )


def _acts(gateway: str) -> Iterator[Act]:
    """Two orders: A is paid, captured, refunded in part and disputed; B is cancelled. All acts are repeated later."""
    for order in ("A", "B"):
        yield Act(0.0, "initiate", order, {"key": "k1", "tries": 3})
        for again_ms in (2 * MINUTE, 65 * MINUTE):
            yield Act(again_ms, "retry", order, {"key": f"r{again_ms:.0f}", "tries": 2})
        for pays_ms in (20 * SECOND, 3 * MINUTE, 66 * MINUTE):
            yield Act(pays_ms, "pay", order, {"page": 0})
            yield Act(pays_ms + SECOND, "return", order)
    for late_ms in (0.0, 4 * MINUTE, 70 * MINUTE):
        if _holds(gateway):
            yield Act(late_ms + MINUTE, "capture", "A", {"minor": None})
            yield Act(late_ms + MINUTE, "cancel", "B")
        yield Act(late_ms + 90 * SECOND, "refund", "A", {"key": f"f{late_ms:.0f}", "minor": 100, "tries": 3})
    yield Act(10 * MINUTE, "dispute", "A", {"phase": "chargeback", "share": 1})
    for lists_ms in (15 * MINUTE, 80 * MINUTE):
        yield Act(lists_ms, "list_disputes")
    yield Act(85 * MINUTE, "end_dispute", more={"how": "win"})
    yield Act(90 * MINUTE, "reconcile")


@dataclass(frozen=True, slots=True)
class Met:
    cell: Cell
    violations: tuple[str, ...]
    is_met: bool


def meet(cell: Cell) -> Met:
    outcome = run(cell.case())
    return Met(cell, tuple(outcome.violations), cell.lasts or not outcome.waiting)


def wrong(met: Met) -> str:
    """What is wrong with a cell, or ""."""
    is_excused = (met.cell.gateway, met.cell.op) in NOT_CALLED
    if met.is_met and is_excused:
        return "a call met the fault, although the operation counts as never called"
    if not met.is_met and not is_excused:
        return "the fault met no call"
    return met.violations[0] if met.violations else ""


def main() -> int:
    every = list(cells())
    broken: list[tuple[str, str]] = []
    counted: dict[tuple[str, str], list[int]] = {}
    sys.stderr.write(f"0 of {len(every)} ")
    for number, met in enumerate(results(meet, every), 1):
        row = counted.setdefault((met.cell.gateway, met.cell.op), [0, 0])
        row[0] += 1
        if text := wrong(met):
            row[1] += 1
            broken.append((met.cell.name, text))
        sys.stderr.write(f"\r{number} of {len(every)}, wrong {len(broken)} ")
        sys.stderr.flush()
    sys.stderr.write("\n")
    sys.stdout.write("{:10}{:16}{:>8}{:>8}\n".format("gateway", "operation", "faults", "wrong"))
    for (gateway, op), (faults, bad) in sorted(counted.items()):
        sys.stdout.write(f"{gateway:10}{op:16}{faults:>8}{bad:>8}\n")
    sys.stdout.write(f"{'all':26}{len(every):>8}{len(broken):>8}\n")
    for name, text in sorted(broken):
        sys.stdout.write(f"  {name}: {text}\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
