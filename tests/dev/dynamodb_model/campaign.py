"""Random programs against moto: what they did, and where the two answers differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from dev.histories.workers import results
from tests.dev.dynamodb_model.compare import Call, a_model, agree, answer_of_model
from tests.dev.dynamodb_model.moto_calls import Moto, moto, moto_tables
from tests.dev.dynamodb_model.programs import Program

_CHUNK = 50
_LAST: list[Call] = [("scan", {"TableName": table}) for table in ("things", "locks")]
_COUNTED = {
    "ConditionalCheckFailedException": "conditions refused",
    "TransactionCanceledException": "transactions cancelled",
    "ValidationException": "requests refused",
}


@dataclass
class Tally:
    programs: int = 0
    operations: Counter[str] = field(default_factory=Counter)  # By kind.
    outcomes: Counter[str] = field(default_factory=Counter)
    differing: dict[int, list[str]] = field(default_factory=dict)  # By seed: the call, and both answers.

    def add(self, other: Tally) -> None:
        self.programs += other.programs
        self.operations.update(other.operations)
        self.outcomes.update(other.outcomes)
        self.differing |= other.differing

    def lines(self) -> Iterator[str]:
        yield f"programs                {self.programs:>9,}"
        yield f"operations              {self.operations.total():>9,}"
        for kind, count in sorted(self.operations.items()):
            yield f"  {kind:22}{count:>9,}"
        for outcome in _COUNTED.values():
            yield f"{outcome:24}{self.outcomes[outcome]:>9,}"
        yield f"differences             {len(self.differing):>9,}"


def run_seeds(seeds: range) -> Tally:
    tally = Tally()
    with moto() as other:
        for seed in seeds:
            _run(seed, other, tally)
    return tally


def _run(seed: int, other: Moto, tally: Tally) -> None:
    model, reported = a_model(), a_model()
    tally.programs += 1
    with moto_tables(other):
        for call in [*Program(seed).calls(), *_LAST]:
            tally.operations[call[0]] += 1
            tally.outcomes[_outcome(answer_of_model(reported, call))] += 1
            if words := agree(other, model, call):
                tally.differing[seed] = words
                return


def _outcome(answer: Any) -> str:
    return _COUNTED.get(answer[0], "") if isinstance(answer, tuple) else ""


def run_campaign(first: int, count: int, progress: Callable[[Tally], None]) -> Tally:
    """Seeds `first` to `first + count - 1`, on all cores."""
    total = Tally()
    chunks = (range(start, min(start + _CHUNK, first + count)) for start in range(first, first + count, _CHUNK))
    progress(total)
    for tally in results(run_seeds, chunks):
        total.add(tally)
        progress(total)
    return total
