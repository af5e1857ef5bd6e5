from typing import Any

import pytest

from dev.local.intrinsics import Resolver, UnresolvedError


def attribute(name: str, attribute: str) -> str:
    return f"<{name}.{attribute}>" if attribute else f"<{name}>"


resolve = Resolver(
    {"Stage": "dev", "Origins": ["a", "b"], "AWS::Region": "ap-south-1"},
    {"IsDev": {"Fn::Equals": [{"Ref": "Stage"}, "dev"]}, "IsLive": {"Fn::Not": [{"Condition": "IsDev"}]}},
    {"Sizes": {"dev": {"memory": 512}}},
    attribute,
)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"Ref": "Stage"}, "dev"),
        ({"Ref": "Table"}, "<Table>"),
        ({"Fn::GetAtt": ["Table", "Arn"]}, "<Table.Arn>"),
        ({"Fn::GetAtt": "Table.Arn"}, "<Table.Arn>"),
        ({"Fn::Sub": "${Stage}-${Table}-${Table.Arn}-${!Kept}"}, "dev-<Table>-<Table.Arn>-${Kept}"),
        ({"Fn::Sub": ["${X}/${Stage}", {"X": {"Ref": "AWS::Region"}}]}, "ap-south-1/dev"),
        ({"Fn::Join": [",", {"Ref": "Origins"}]}, "a,b"),
        ({"Fn::Join": ["-", ["x", {"Ref": "Stage"}]]}, "x-dev"),
        ({"Fn::If": ["IsDev", "yes", "no"]}, "yes"),
        ({"Fn::If": ["IsLive", "yes", {"Ref": "Stage"}]}, "dev"),
        ({"Fn::And": [{"Condition": "IsDev"}, {"Fn::Equals": ["1", 1]}]}, True),
        ({"Fn::Or": [{"Condition": "IsLive"}, {"Fn::Equals": ["a", "b"]}]}, False),
        ({"Fn::Select": [1, {"Fn::Split": ["/", "a/b/c"]}]}, "b"),
        ({"Fn::Select": ["0", {"Ref": "Origins"}]}, "a"),
        ({"Fn::FindInMap": ["Sizes", {"Ref": "Stage"}, "memory"]}, 512),
        ({"Fn::Base64": "hi"}, "aGk="),
        ({"A": [{"Ref": "AWS::NoValue"}, 1], "B": {"Ref": "AWS::NoValue"}}, {"A": [1]}),
        ({"Kept": {"Fn::If": ["IsLive", 1, {"Ref": "AWS::NoValue"}]}, "Other": 2}, {"Other": 2}),
        ({"Condition": {"StringEquals": {"a": "b"}}, "Effect": "Allow"},) * 2,
    ],
)
def test_each_intrinsic_function_gives_its_plain_value(given: Any, wanted: Any) -> None:
    assert resolve(given) == wanted


@pytest.mark.parametrize("given", [{"Fn::ImportValue": "x"}, {"Fn::If": ["IsAbsent", 1, 2]}])
def test_what_cannot_be_resolved_is_reported_and_not_guessed(given: Any) -> None:
    with pytest.raises(UnresolvedError):
        resolve(given)


def test_a_name_that_is_not_in_the_template_is_refused() -> None:
    with pytest.raises(UnresolvedError, match="Nowhere"):
        Resolver({})({"Fn::Sub": "${Nowhere.Arn}"})
