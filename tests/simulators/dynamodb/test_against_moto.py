from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulators.dynamodb.compare import a_model, agree, answer_of_model
from tests.simulators.dynamodb.moto_calls import Moto, moto, moto_tables
from tests.simulators.dynamodb.programs import Program

_CHUNKS, _PROGRAMS = 25, 200
_LAST = [("scan", {"TableName": table}) for table in ("things", "locks")]


@pytest.fixture(scope="module")
def other() -> Iterator[Moto]:
    with moto() as made:
        yield made


@pytest.mark.parametrize("chunk", range(_CHUNKS))
def test_random_programs_get_the_same_answers_from_the_model_and_from_moto(other: Moto, chunk: int) -> None:
    differing = {
        seed: words
        for seed in range(chunk * _PROGRAMS, (chunk + 1) * _PROGRAMS)
        if (words := _difference(other, Program(seed)))
    }
    assert differing == {}


def _difference(other: Moto, program: Program) -> list[str]:
    model = a_model()
    with moto_tables(other):
        for call in [*program.calls(), *_LAST]:
            if words := agree(other, model, call):
                return words
    return []


def test_the_programs_succeed_and_fail_in_every_way() -> None:
    """A grammar that only ever fails, or never does, would prove nothing."""
    seen: dict[str, int] = {}
    for seed in range(400):
        model = a_model()
        for call in Program(seed).calls():
            answer = answer_of_model(model, call)
            outcome = answer[0] if isinstance(answer, tuple) else "paged" if "LastEvaluatedKey" in answer else "ok"
            seen[f"{call[0]} {outcome}"] = seen.get(f"{call[0]} {outcome}", 0) + 1
    assert {name for name, count in seen.items() if count >= 20} >= {
        "batch_get_item ok",
        "delete_item ConditionalCheckFailedException",
        "delete_item ok",
        "get_item ok",
        "put_item ConditionalCheckFailedException",
        "put_item ok",
        "query ok",
        "query paged",
        "scan ok",
        "transact_write_items TransactionCanceledException",
        "transact_write_items ValidationException",
        "transact_write_items ok",
        "update_item ConditionalCheckFailedException",
        "update_item ValidationException",
        "update_item ok",
    }, seen
