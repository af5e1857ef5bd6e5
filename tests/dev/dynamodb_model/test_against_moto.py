from __future__ import annotations

import pytest

from tests.dev.dynamodb_model.campaign import run_seeds
from tests.dev.dynamodb_model.compare import a_model, answer_of_model
from tests.dev.dynamodb_model.programs import Program

_PROGRAMS, _CHUNK = 2_000, 200  # `make prove-dynamodb` runs 20,000.


@pytest.mark.parametrize("first", range(0, _PROGRAMS, _CHUNK))
def test_random_programs_get_the_same_answers_from_the_model_and_from_moto(first: int) -> None:
    assert run_seeds(range(first, first + _CHUNK)).differing == {}


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
