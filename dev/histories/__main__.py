"""`make prove`: run many seeds, or replay one and print its story.

Environment: SEEDS and SEED_BASE (how many, from where), MINUTES (as many seeds as they allow), or SEED (one, replayed).
DETAIL=1 prints every call.
"""

from __future__ import annotations

import math
import os
import re
import sys
from collections.abc import Iterator
from itertools import pairwise

from dev.histories import corpus
from dev.histories.campaign import Summary, run_campaign
from dev.histories.commit import clean_commit
from dev.histories.history import Case, draw_case, run
from dev.histories.minimise import minimise
from dev.histories.workers import exit_code_of

_ENDLESS = "1000000000"
_STORY_LINES_MAX = 400
_TASK_AT = len("   0:00:00.000  ")
_FAILURES_SHOWN_MAX = 3


def main() -> int:
    try:
        by_clock = bool(os.environ.get("MINUTES"))
        usual = (("SEEDS", _ENDLESS if by_clock else "3000"), ("SEED_BASE", "1"), ("SEED", "-1"), ("MINUTES", "-1"))
        seeds, base, seed, minutes = (_number(name, of_name) for name, of_name in usual)
        if os.environ.get("SEED") and (by_clock or os.environ.get("SEEDS")):
            raise ValueError("SEED replays one history: leave out SEEDS and MINUTES, or SEED")
    except ValueError as wrong:
        sys.stderr.write(f"{wrong}\n")
        return 2
    if seeds < 1 or (by_clock and minutes < 1):
        sys.stderr.write("run at least one history, or one minute: for example make prove SEEDS=1000\n")
        return 2
    return _tell(draw_case(seed)) if seed >= 0 else _prove(base, seeds, minutes if by_clock else math.inf)


def _number(name: str, usual: str) -> int:
    text = os.environ.get(name) or usual
    if text != usual and not (text.isascii() and text.isdigit()):
        example = {"MINUTES": 40, "SEED": 4711}.get(name, 1000)
        raise ValueError(f"{name}={text}: give a whole number, for example make prove {name}={example}")
    return int(text)


def _prove(base: int, count: int, minutes: float) -> int:
    reported = set[int]()

    def progress(so_far: Summary) -> None:
        for seed in sorted(so_far.failing.keys() - reported):
            reported.add(seed)
            sys.stderr.write(f"\rseed {seed}: {so_far.failing[seed]}\n")
        rate = so_far.histories / max(so_far.seconds, 0.001)
        of = f"of {count:,}" if math.isinf(minutes) else f"in {minutes:.0f} minutes"
        sys.stderr.write(f"\r{so_far.histories:,} {of}  {rate:,.1f}/s  violations {len(so_far.failing)} ")
        sys.stderr.flush()

    summary = run_campaign(base, count, progress, minutes=minutes)
    sys.stderr.write("\n")
    _say(
        f"seeds {base} to {base + summary.histories - 1}" if not summary.stopped else f"incomplete: {summary.stopped}",
        *summary.lines(),
        "",
        *summary.alarms(),
        "",
        *_row(base, summary),
    )
    failing = sorted(summary.failing.items())
    for seed, violation in failing[_FAILURES_SHOWN_MAX:]:
        _say(f"seed {seed}: {violation}")
    for seed, violation in failing[:_FAILURES_SHOWN_MAX]:
        _say("", f"seed {seed}: {violation}")
        _tell_small(draw_case(seed), violation)
    return 1 if summary.failing or summary.stopped else 0


def _row(base: int, summary: Summary) -> Iterator[str]:
    """The run's row for the table of docs/proof.md; "" if the run is incomplete or the code differs from its commit."""
    if summary.stopped:
        return
    if not (commit := clean_commit()):
        yield "no line for docs/proof.md: the code differs from its commit"
    else:
        seeds = f"{base:,} to {base + summary.histories - 1:,}"
        yield f"| {commit} | {seeds} | {summary.histories:,} | {len(summary.failing)} |"


def _tell(case: Case) -> int:
    """Replay one seed: print its hash and story, or the smallest story that still breaks."""
    outcome = run(case, keeps_story=True)
    if outcome.violations:
        return _tell_small(case, outcome.violations[0])
    _say(*_readable(outcome.story), f"seed {case.seed}: no violation, trace {outcome.hash}")
    return 0


def _tell_small(case: Case, violation: str) -> int:
    def progress(line: str) -> None:
        sys.stderr.write(f"\r{line:<70}")
        sys.stderr.flush()

    small = minimise(case, progress)
    sys.stderr.write("\n")
    outcome = run(small, keeps_story=True)
    _say("the smallest history that breaks:", *_readable(outcome.story))
    path = corpus.write(small, outcome.violations[0] if outcome.violations else violation)
    _say(f"stored as {os.path.relpath(path)}; replay the whole of it with: make prove SEED={case.seed}")
    return 1


def _readable(story: list[str]) -> list[str]:
    """The story and its violations as text; with every call where DETAIL=1."""
    lines = (
        story
        if os.environ.get("DETAIL")
        else _eventful([line for line in story if " · " not in line or " <- " in line])
    )
    if len(lines) <= _STORY_LINES_MAX:
        return lines
    half = _STORY_LINES_MAX // 2
    return [*lines[:half], f"... {len(lines) - 2 * half} more lines ...", *lines[-half:]]


def _eventful(story: list[str]) -> list[str]:
    """The story without invocations that only began and ended."""
    dull = [number for number, (line, then) in enumerate(pairwise(story)) if _is_dull(line, then)]
    skipped = {*dull, *(number + 1 for number in dull)}
    return [line for number, line in enumerate(story) if number not in skipped]


def _is_dull(line: str, then: str) -> bool:
    began = line[_TASK_AT:].removesuffix(" begins")
    return (
        line.endswith(" begins")
        and re.fullmatch(re.escape(began) + r" ends(: PendingEvery\d+s)?", then[_TASK_AT:]) is not None
    )


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
