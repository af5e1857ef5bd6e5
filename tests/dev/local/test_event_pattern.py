"""EventBridge's patterns: a field of the pattern is in the event, with one of its values."""

import json
from typing import Any

import pytest

from dev.local.event_pattern import BadPatternError, compiled

EVENT = {"eventName": "INSERT", "count": 1, "is_new": True, "gone": None, "dynamodb": {"Keys": {"pk": {"S": "a"}}}}


@pytest.mark.parametrize(
    "pattern",
    [
        {"eventName": ["INSERT"]},
        {"eventName": ["REMOVE", "INSERT"]},
        {"count": [1]},
        {"is_new": [True], "gone": [None]},
        {"dynamodb": {"Keys": {"pk": {"S": ["b", "a"]}}}},
        {"eventName": ["INSERT"], "dynamodb": {"Keys": {"pk": {"S": ["a"]}}}},
    ],
)
def test_an_event_is_let_through(pattern: Any) -> None:
    assert compiled(json.dumps(pattern))(EVENT)


@pytest.mark.parametrize(
    "pattern",
    [
        {"eventName": ["insert"]},
        {"count": [True]},
        {"count": ["1"]},
        {"is_new": [1]},
        {"missing": [None]},
        {"dynamodb": ["a"]},
        {"eventName": {"S": ["INSERT"]}},
        {"dynamodb": {"Keys": {"pk": {"S": ["b"]}}}},
        {"eventName": ["INSERT"], "count": [2]},
    ],
)
def test_an_event_is_passed_over(pattern: Any) -> None:
    assert not compiled(json.dumps(pattern))(EVENT)


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("{", "is JSON"),
        ("[]", "is an object"),
        ('"INSERT"', "is an object"),
        ("{}", "must name a field"),
        ('{"a": {}}', "a must name a field"),
        ('{"a": "INSERT"}', "a must be an object or a list of exact values"),
        ('{"a": []}', "a must be an object or a list of exact values"),
        ('{"a": {"b": [{"prefix": "x"}]}}', r"a\.b must be an object or a list of exact values"),
        ('{"$or": [{"a": [1]}]}', r"\$or must be an object or a list of exact values"),
    ],
)
def test_a_pattern_that_is_not_understood_is_refused(pattern: str, why: str) -> None:
    with pytest.raises(BadPatternError, match=why):
        compiled(pattern)
