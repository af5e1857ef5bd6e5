"""Requests to DynamoDB and answers from it in histories, checked by botocore's model of the service."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.model import OperationModel

from dev.dynamodb_model.shapes import Door
from dev.histories.history import draw_case, run

_EVERY = "dev.histories.cloud.CHECKED_EVERY"


@pytest.mark.parametrize("first", range(30_001, 30_051, 10))
def test_every_request_and_answer_of_fifty_histories_is_well_shaped(
    monkeypatch: pytest.MonkeyPatch, first: int
) -> None:
    monkeypatch.setattr(_EVERY, 1)
    assert [response for seed in range(first, first + 10) for response in run(draw_case(seed)).violations] == []


class Planting(Door):
    """The store has sent a parameter that is not there."""

    def _checked(self, of: OperationModel, act: Any, request: dict[str, Any]) -> Any:
        more = {"ReturnValuesOnConditionCheckFailure": "ALL_NEW"} if "ConditionExpression" in request else {}
        return super()._checked(of, act, request | more)


def test_a_history_fails_of_a_parameter_that_the_model_itself_passes_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dev.histories.cloud.Door", Planting)
    response = {each.partition(":")[2] for seed in range(30_001, 30_004) for each in run(draw_case(seed)).violations}
    assert any("ReturnValuesOnConditionCheckFailure" in each for each in response), response
