"""The programs use all of DynamoDB that the production store uses."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from dev.dynamodb_model.shapes import Door, operations
from dev.histories.history import draw_case, run
from tests.dev.dynamodb_model.features import features
from tests.dev.dynamodb_model.programs import Program

_STORE = {"get_item", "batch_get_item", "put_item", "update_item", "query", "transact_write_items"}
_DRAWN = {
    "transact_write_items: Update UpdateExpression REMOVE",
    "update_item: UpdateExpression if_not_exists",
    "update_item: ReturnValues UPDATED_NEW",
    "update_item: ConditionExpression >",
    "query: KeyConditionExpression BETWEEN",
    "query: ScanIndexForward False",
    "put_item: ReturnValuesOnConditionCheckFailure ALL_OLD",
}
_RARE = {"query: ExclusiveStartKey", "query: ExclusiveStartKey of S", "put_item: Item of BOOL"}


class Recording(Door):
    seen: ClassVar[set[str]] = set()

    def __getattr__(self, method: str) -> Any:
        act = super().__getattr__(method)

        def call(**request: Any) -> Any:
            self.seen.update(features(method, request))
            return act(**request)

        return call


def test_the_programs_draw_all_that_the_store_sends_in_histories(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: set[str] = set()
    monkeypatch.setattr(Recording, "seen", seen)
    monkeypatch.setattr("dev.histories.cloud.Door", Recording)
    for seed in range(30_001, 30_011):
        assert not run(draw_case(seed)).violations
    assert {feature.partition(":")[0] for feature in seen} == _STORE <= operations().keys()
    assert seen >= _DRAWN, _DRAWN - seen
    assert (seen | _RARE) - _drawn() == set()


def _drawn() -> set[str]:
    return {
        feature
        for seed in range(400)
        for method, wanted in Program(seed).calls()
        for feature in features(method, wanted)
    }


@pytest.mark.parametrize(
    ("feature", "method", "request_"),
    [
        ("query: FilterExpression size", "query", {"FilterExpression": "size(l) > :n"}),
        ("put_item: ConditionExpression #", "put_item", {"ConditionExpression": "#a = :b"}),
        ("update_item: UpdateExpression +", "update_item", {"UpdateExpression": "SET n = n + :n"}),
        ("batch_get_item: ConsistentRead", "batch_get_item", {"RequestItems": {"t": {"ConsistentRead": True}}}),
        (
            "transact_write_items: Put Item of SS",
            "transact_write_items",
            {"TransactItems": [{"Put": {"Item": {"g": {"SS": ["a"]}}}}]},
        ),
    ],
)
def test_what_a_request_uses_is_reported(feature: str, method: str, request_: dict[str, Any]) -> None:
    assert feature in features(method, request_)
