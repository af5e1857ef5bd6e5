"""Many histories on all cores: what occurred in them, and the seeds that broke something."""

from __future__ import annotations

import gc
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from dev.histories.aftermath import NEW_FLOWS
from dev.histories.conditions import CONDITIONS
from dev.histories.history import draw_case, run
from dev.histories.workers import WorkerDied, results

_CHUNK = 25


@dataclass
class Summary:
    histories: int = 0
    points: int = 0
    kills: int = 0
    days: float = 0.0
    seconds: float = 0.0
    after_the_end: int = 0  # Histories with at least one act of `aftermath`.
    faults: Counter[str] = field(default_factory=Counter)
    acted: Counter[str] = field(default_factory=Counter)  # By act: in how many histories.
    seen: Counter[tuple[str, str]] = field(default_factory=Counter)  # By alarm and colour: in how many histories.
    failing: dict[int, str] = field(default_factory=dict)  # By seed: the first violation.
    stopped: str = ""  # Why the campaign is incomplete.

    def add(self, other: Summary) -> None:
        self.histories += other.histories
        self.points += other.points
        self.kills += other.kills
        self.days += other.days
        self.after_the_end += other.after_the_end
        self.faults.update(other.faults)
        self.acted.update(other.acted)
        self.seen.update(other.seen)
        self.failing |= other.failing

    def lines(self) -> Iterator[str]:
        kinds = ", ".join(f"{fault} {count:,}" for fault, count in sorted(self.faults.items()))
        acted = ", ".join(f"{what} {count:,}" for what, count in sorted(self.acted.items()))
        yield f"histories   {self.histories:,}"
        yield f"after ends  {self.after_the_end:,} histories (in which: {acted})"
        yield f"I/O points  {self.points:,}"
        yield f"kills       {self.kills:,}"
        yield f"faults      {sum(self.faults.values()):,} ({kinds})"
        yield f"time lived  {self.days / 365:,.0f} years"
        yield f"rate        {self.histories / max(self.seconds, 0.001):,.1f} histories a second"
        yield f"violations  {len(self.failing):,}"

    def alarms(self) -> Iterator[str]:
        yield f"{'alarm':<28}{'red in':>10}{'green in':>10}  histories"
        for name in CONDITIONS:
            yield f"{name:<28}{self.seen[name, 'red']:>10,}{self.seen[name, 'green']:>10,}"


def run_seeds(seeds: range) -> Summary:
    summary = Summary()
    for seed in seeds:
        outcome = run(draw_case(seed))
        summary.add(
            Summary(
                1,
                outcome.points,
                outcome.kills,
                outcome.days,
                after_the_end=any(outcome.acted[flow] for flow in NEW_FLOWS),
                faults=outcome.faults,
                acted=Counter(what for what, count in outcome.acted.items() if count),
                seen=Counter(outcome.seen),
            )
        )
        if outcome.violations:
            summary.failing[seed] = outcome.violations[0]
    gc.collect()
    return summary


def run_campaign(
    first: int,
    count: int,
    progress: Callable[[Summary], None] = lambda summary: None,
    processes: int | None = None,
    minutes: float = math.inf,
) -> Summary:
    """Run seeds `first` to `first + count - 1` over processes; start none after `minutes`.

    If it is stopped or a process dies, `stopped` says so, and the summary covers what was done until then.
    """
    total, started_at = Summary(), time.monotonic()

    def chunks() -> Iterator[range]:
        for start in range(first, first + count, _CHUNK):
            if time.monotonic() - started_at >= 60 * minutes:
                return
            yield range(start, min(start + _CHUNK, first + count))

    progress(total)
    try:
        for summary in results(run_seeds, chunks(), processes):
            total.add(summary)
            total.seconds = time.monotonic() - started_at
            progress(total)
    except (KeyboardInterrupt, WorkerDied) as why:
        total.stopped = str(why) or "stopped by hand"
    return total
