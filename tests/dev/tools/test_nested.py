"""Nested stacks read as one template: parameters go down, outputs come up, and what does not fit is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

from dev.local.intrinsics import UnresolvedError
from dev.local.template import read_template
from dev.tools.nested import HOME, STACKS, NestingError, read_whole

PARENT = """
Parameters: {Stage: {Type: String}}
Conditions: {IsLive: !Equals [!Ref Stage, live]}
Resources:
  Store:
    Type: AWS::CloudFormation::Stack
    DeletionPolicy: RetainExceptOnCreate
    Properties:
      TemplateURL: store.yaml
      Parameters: {Stage: !Ref Stage, Days: 30, Key: !GetAtt Key.Arn, Mail: !Sub "${Stage}@example.com"}
  Watch:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: watch.yaml
      Parameters: {Table: !GetAtt Store.Outputs.Table}
  Key: {Type: AWS::KMS::Key}
  User:
    Type: AWS::IAM::Policy
    Properties:
      One: !GetAtt Store.Outputs.TableArn
      Each: !Sub ${Store.Outputs.TableArn}/index/*
      Note: !Sub "${Store.Outputs.Note}, not ${!Store}"
Outputs:
  Alarm: {Value: !GetAtt Watch.Outputs.Alarm}
"""
STORE = """
Parameters:
  Stage: {Type: String}
  Days: {Type: Number}
  Key: {Type: String}
  Mail: {Type: String}
  Mode: {Type: String, Default: plain}
Conditions: {HasMail: !Not [!Equals [!Ref Mail, ""]]}
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Condition: HasMail
    Properties:
      TableName: !Sub "${Stage}-table-${Days}-${Mode}-${AWS::Region}"
      Key: !Ref Key
      Note: !Sub "${Key} ${Mail} ${Other}"
      Other: !Sub ["${Key} ${Own}", {Own: !Ref Days}]
  Other: {Type: AWS::SNS::Topic}
Outputs:
  Table: {Value: !Ref Table}
  TableArn: {Value: !GetAtt Table.Arn}
  Note: {Value: !If [HasMail, !Ref Mail, none]}
"""
WATCH = """
Parameters: {Table: {Type: String}}
Resources:
  Alarm:
    Type: AWS::CloudWatch::Alarm
    Properties: {Of: !Ref Table, Rule: !Sub "ALARM(${Table})"}
Outputs: {Alarm: {Value: !GetAtt Alarm.Arn}}
"""


def write(folder: Path, changes: tuple[str, str, str] | None = None) -> Path:
    """The three files, one text in one of them changed."""
    texts = {"parent": PARENT, "store": STORE, "watch": WATCH}
    if changes:
        name, old, new = changes
        assert old in texts[name]
        texts[name] = texts[name].replace(old, new, 1)
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text)
    return folder / "parent.yaml"


def whole(folder: Path, changes: tuple[str, str, str] | None = None) -> dict[str, Any]:
    return read_whole(write(folder, changes), yaml_parse)


def test_a_nested_stack_gets_the_parents_values(tmp_path: Path) -> None:
    table = whole(tmp_path)["Resources"]["Table"]
    assert table["Properties"] == {
        "TableName": {"Fn::Sub": "${Stage}-table-30-plain-${AWS::Region}"},
        "Key": {"Fn::GetAtt": ["Key", "Arn"]},
        "Note": {"Fn::Sub": "${Key.Arn} ${Stage}@example.com ${Other}"},
        "Other": {"Fn::Sub": ["${Key.Arn} ${Own}", {"Own": "30"}]},
    }
    assert (table["Condition"], table["Metadata"]) == ("HasMail", {HOME: "Store"})


@pytest.mark.parametrize(("given", "filled"), [('""', ""), ("true", "true"), ("0", "0")])
def test_a_parameter_is_a_text_and_may_be_empty(tmp_path: Path, given: str, filled: str) -> None:
    template = whole(tmp_path, ("parent", "Key: !GetAtt Key.Arn", f"Key: {given}"))
    assert template["Resources"]["Table"]["Properties"]["Key"] == filled


def test_its_outputs_come_up_and_go_down_into_another_one(tmp_path: Path) -> None:
    template = whole(tmp_path)
    assert template["Resources"]["User"]["Properties"] == {
        "One": {"Fn::GetAtt": ["Table", "Arn"]},
        "Each": {"Fn::Sub": "${Table.Arn}/index/*"},
        "Note": {
            "Fn::Sub": [
                "${StoreOutputsNote}, not ${!Store}",
                {"StoreOutputsNote": {"Fn::If": ["HasMail", {"Fn::Sub": "${Stage}@example.com"}, "none"]}},
            ]
        },
    }
    assert template["Resources"]["Alarm"]["Properties"] == {
        "Of": {"Ref": "Table"},
        "Rule": {"Fn::Sub": "ALARM(${Table})"},
    }
    assert template["Outputs"] == {"Alarm": {"Value": {"Fn::GetAtt": ["Alarm", "Arn"]}}}


def test_conditions_of_all_stacks_stand_together_and_no_stack_is_left(tmp_path: Path) -> None:
    template = whole(tmp_path)
    has_mail = {"Fn::Not": [{"Fn::Equals": [{"Fn::Sub": "${Stage}@example.com"}, ""]}]}
    assert template["Conditions"] == {"IsLive": {"Fn::Equals": [{"Ref": "Stage"}, "live"]}, "HasMail": has_mail}
    assert set(template["Resources"]) == {"Key", "User", "Table", "Other", "Alarm"}
    assert set(template["Parameters"]) == {"Stage"}


REFUSED = {
    "Store is not given its parameters: Key": ("parent", " Key: !GetAtt Key.Arn,", ""),
    "Store is given parameters that it does not have: Keys": ("parent", " Key: !GetAtt", " Keys: x, Key: !GetAtt"),
    "Store has no Outputs.Name: its outputs are Table, TableArn, Note": ("parent", "Outputs.TableArn", "Outputs.Name"),
    "Store has no Arn: its outputs": ("parent", "!GetAtt Store.Outputs.TableArn", "!GetAtt Store.Arn"),
    "Store has no Ref: its outputs": ("parent", "!GetAtt Store.Outputs.TableArn", "!Ref Store"),
    "Store has no Outputs.Index: its outputs": ("parent", "${Store.Outputs.TableArn}", "${Store.Outputs.Index}"),
    "Store: there is no file .*stores.yaml": ("parent", "TemplateURL: store.yaml", "TemplateURL: stores.yaml"),
    "Store has attributes that are not followed here: DependsOn": (
        "parent",
        "    DeletionPolicy:",
        "    DependsOn: Key\n    DeletionPolicy:",
    ),
    "Store has properties that are not followed here: Tags": (
        "parent",
        "TemplateURL: store.yaml",
        "TemplateURL: store.yaml\n      Tags: []",
    ),
    "Store: another stack has Resources of the same name: Key": (
        "store",
        "Other: {Type: AWS::SNS::Topic}",
        "Other: {Type: AWS::SNS::Topic}\n  Key: {Type: X}",
    ),
    "Store: another stack has Conditions of the same name: IsLive": (
        "store",
        "Conditions: {HasMail",
        "Conditions: {IsLive: !Equals [a, b], HasMail",
    ),
    "Store has sections that are not followed here: Transform": ("store", "Conditions:", "Transform: X\nConditions:"),
    "Store: output Table has attributes that are not followed here: Condition": (
        "store",
        "Table: {Value: !Ref Table}",
        "Table: {Value: !Ref Table, Condition: HasMail}",
    ),
    "Store has lists as parameters: Mail": ("store", "Mail: {Type: String}", "Mail: {Type: CommaDelimitedList}"),
    "Store refers to what store.yaml does not have: Topic": ("store", "Key: !Ref Key", "Key: !Ref Topic"),
    "Store refers to what store.yaml does not have: User": ("store", "!GetAtt Table.Arn", "!GetAtt User.Arn"),
    "Store refers to what store.yaml does not have: Mall": ("store", "${Key} ${Mail}", "${Key} ${Mall}"),
    "Store refers to what store.yaml does not have: Days2": ("store", "{Own: !Ref Days}", "{Own: !Ref Days2}"),
    "Store refers to what store.yaml does not have: IsLive": ("store", "Condition: HasMail", "Condition: IsLive"),
    "Store refers to what store.yaml does not have: HasMall": ("store", "!If [HasMail", "!If [HasMall"),
    "Store refers to what store.yaml does not have: HasKey": (
        "store",
        '!Not [!Equals [!Ref Mail, ""]]',
        "!Condition HasKey",
    ),
    "Store refers to what store.yaml does not have: Alarm": (
        "store",
        "Other: {Type: AWS::SNS::Topic}",
        "Other: {Type: AWS::SNS::Topic, DependsOn: Alarm}",
    ),
    "Store refers to what store.yaml does not have: Stage2": (
        "store",
        "Other: {Type: AWS::SNS::Topic}",
        "Other: {Type: AWS::SNS::Topic, DependsOn: [Table, Stage2]}",
    ),
    "Store refers to what store.yaml does not have: Mode": (
        "store",
        "Other: {Type: AWS::SNS::Topic}",
        "Other: {Type: AWS::SNS::Topic, DependsOn: Mode}",
    ),
    "parent.yaml refers to parts of nested stacks: Table": ("parent", "!GetAtt Store.Outputs.TableArn", "!Ref Table"),
    "parent.yaml refers to parts of nested stacks: Alarm": (
        "parent",
        "Key: {Type: AWS::KMS::Key}",
        "Key: {Type: AWS::KMS::Key, DependsOn: [Alarm]}",
    ),
    "parent.yaml refers to parts of nested stacks: HasMail": (
        "parent",
        "Key: {Type: AWS::KMS::Key}",
        "Key: {Type: AWS::KMS::Key, Condition: HasMail}",
    ),
    "Store: AWS::StackName would be another one": ("store", "${AWS::Region}", "${AWS::StackName}"),
}


def test_each_stack_is_described_with_its_parameters_and_outputs(tmp_path: Path) -> None:
    described = whole(tmp_path, ("store", "Parameters:", "Description: It stores.\nParameters:"))["Metadata"][STACKS]
    assert described["Store"]["Description"] == "It stores."
    assert described["Store"]["Parameters"] == {
        "Stage": {"Ref": "Stage"},
        "Days": "30",
        "Key": {"Fn::GetAtt": ["Key", "Arn"]},
        "Mail": {"Fn::Sub": "${Stage}@example.com"},
        "Mode": "plain",
    }
    assert described["Watch"] == {
        "Description": "",
        "Parameters": {"Table": {"Ref": "Table"}},
        "Outputs": {"Alarm": {"Fn::GetAtt": ["Alarm", "Arn"]}},
    }


@pytest.mark.parametrize("why", REFUSED)
def test_what_does_not_fit_is_refused_with_what_is_wrong(why: str, tmp_path: Path) -> None:
    with pytest.raises(NestingError, match=why):
        whole(tmp_path, REFUSED[why])


def test_stacks_that_need_each_other_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, ("parent", "Key: !GetAtt Key.Arn", "Key: !GetAtt Watch.Outputs.Alarm"))
    (tmp_path / "store.yaml").write_text(STORE.replace("Table: {Value: !Ref Table}", "Table: {Value: !Ref Key}"))
    (tmp_path / "watch.yaml").write_text(WATCH.replace("!GetAtt Alarm.Arn", "!Ref Table"))
    with pytest.raises(NestingError, match=r"stacks need each other: Watch\S+ needs Store\S+ needs Watch"):
        read_whole(path, yaml_parse)


def test_the_local_stack_tells_the_person_at_the_console(tmp_path: Path) -> None:
    path = write(tmp_path, ("parent", " Key: !GetAtt Key.Arn,", ""))
    with pytest.raises(UnresolvedError, match="Store is not given its parameters: Key"):
        read_template(path, {"Stage": "dev"})
