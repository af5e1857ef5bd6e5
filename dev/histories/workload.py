"""The histories that coverage is measured over, each one job."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import islice

from dev.histories import corpus
from dev.histories.exhaustive import Kill, kills, plain
from dev.histories.flows import Flow
from dev.histories.history import draw_case, run
from dev.histories.kinds import flows, flows_in_full
from dev.histories.matrix import cells

SEEDS = range(1, 1_001)

Job = Callable[[], object]


def _seeds() -> Iterator[Job]:
    for seed in SEEDS:
        yield partial(_drawn, seed)


def _drawn(seed: int) -> object:
    return run(draw_case(seed))


def _corpus() -> Iterator[Job]:
    for path in corpus.paths():
        yield partial(run, corpus.read(path))


def _flows() -> Iterator[Job]:
    """Each flow undisturbed; and at the gateway where `make test` kills it, killed in each way at each point."""
    for flow in flows():
        yield partial(plain, flow)
    for flow in flows_in_full():
        yield partial(_killed, flow)


def _killed(flow: Flow) -> None:
    """Each kill, with one next actor."""
    for kill in _once(kills(flow)):
        run(kill.case())


def _once(every: Iterator[Kill]) -> Iterator[Kill]:
    """One kill of each point and fault; the next actors take turns."""
    by_fault: dict[tuple[str, int, str], list[Kill]] = {}
    for kill in every:
        by_fault.setdefault((kill.point.task, kill.point.number, kill.fault), []).append(kill)
    for number, same in enumerate(by_fault.values()):
        yield same[number % len(same)]


def _cells() -> Iterator[Job]:
    """Each fault of each operation of each gateway, for one call."""
    yield from (partial(run, cell.case()) for cell in cells() if not cell.lasts)


JOBS: Mapping[str, Callable[[], Iterator[Job]]] = {
    "seeds": _seeds,
    "corpus": _corpus,
    "flows": _flows,
    "cells": _cells,
}


def run_part(kind: str, number: int, of: int) -> None:
    """The jobs `number`, `number + of`, `number + 2 * of` … of one kind."""
    for job in islice(JOBS[kind](), number, None, of):
        job()
