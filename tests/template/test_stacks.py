"""What lies in which stack: what outlives the application, the application, and what watches it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dev.tools.expand import ROOT, Template, read_alone
from dev.tools.nested import STACK
from tests.template.operations import OF_RELEASES

STACKS = {name: read_alone(ROOT / f"stacks/{name}.yaml") for name in ("data", "alarms")}
APPLICATION = read_alone()
OUTLIVE = {"AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::SecretsManager::Secret"}
WATCH = {
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::SNS::Subscription",
    "AWS::SNS::Topic",
    "AWS::SNS::TopicPolicy",
}


def kinds(template: Template) -> set[str]:
    return {resource["Type"] for resource in template["Resources"].values()}


def test_the_data_stack_is_what_must_not_be_lost_and_the_alarms_stack_what_tells_people() -> None:
    assert kinds(STACKS["data"]) == OUTLIVE
    assert kinds(STACKS["alarms"]) == WATCH
    beside = {name for name, each in APPLICATION["Resources"].items() if each["Type"] in OUTLIVE | WATCH}
    assert beside == {f"{name}Alarm" for name in OF_RELEASES}


def test_the_application_nests_both_and_keeps_the_data_stack_when_it_is_deleted() -> None:
    nested = {name: each for name, each in APPLICATION["Resources"].items() if each["Type"] == STACK}
    assert {name: each["Properties"]["TemplateURL"] for name, each in nested.items()} == {
        "DataStack": "stacks/data.yaml",
        "AlarmsStack": "stacks/alarms.yaml",
    }
    policies = {name: (each.get("DeletionPolicy"), each.get("UpdateReplacePolicy")) for name, each in nested.items()}
    assert policies == {"DataStack": ("RetainExceptOnCreate", "Retain"), "AlarmsStack": (None, None)}


@pytest.mark.parametrize("name", STACKS)
def test_a_nested_stack_needs_no_transform_and_every_parameter_from_its_parent(name: str) -> None:
    """So it needs no CAPABILITY_AUTO_EXPAND, and no default hides a forgotten parameter."""
    assert "Transform" not in STACKS[name]
    assert [key for key, declared in STACKS[name]["Parameters"].items() if "Default" in declared] == []


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("Outputs.DataKeyArn", "Outputs.DataKeyArm", "E1010"),
        ("        DeletionProtection: !Ref DeletionProtection\n", "", "E3043"),
        ("        HttpApi: !Ref HttpApi\n", "        HttpApis: !Ref HttpApi\n", "E3043"),
    ],
)
def test_the_linter_sees_into_the_nested_stacks(tmp_path: Path, old: str, new: str, rule: str) -> None:
    text = (ROOT / "template.yaml").read_text()
    assert old in text
    found = linted(tmp_path, text.replace(old, new, 1))
    assert (found.returncode != 0, rule in found.stdout) == (True, True)


def test_the_linter_accepts_the_stacks_as_they_are(tmp_path: Path) -> None:
    found = linted(tmp_path, (ROOT / "template.yaml").read_text())
    assert (found.returncode, found.stdout) == (0, "")


def linted(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    """The linter's run over a copy of the stacks whose root is `text`."""
    for each in ("stacks", "statemachines"):
        shutil.copytree(ROOT / each, folder / each)
    (folder / "template.yaml").write_text(text)
    lint = [str(Path(sys.executable).parent / "cfn-lint"), "--regions", "ap-south-1", "--template", "template.yaml"]
    return subprocess.run(lint, cwd=folder, capture_output=True, text=True, check=False)
