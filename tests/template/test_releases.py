"""SAM's own transform, by release: another one publishes another version of every function, the same one none."""

from __future__ import annotations

import pytest
from samtranslator.model.exceptions import InvalidDocumentException  # type: ignore[import-untyped]
from samtranslator.model.preferences.deployment_preference_collection import (  # type: ignore[import-untyped]
    CODEDEPLOY_PREDEFINED_CONFIGURATIONS_LIST,
)

from dev.tools.expand import Template, expand, read_alone, read_template
from tests.template.functions import TIMEOUTS_S
from tests.template.releases import configuration
from tests.template.rulebook import of_type
from tests.template.test_parameters import accepts, overrides

ONE, OTHER = "1" * 64, "a1" * 32


def published(template: Template) -> set[str]:
    """The logical ids of versions: CloudFormation makes one for each new id."""
    return set(of_type(template, "AWS::Lambda::Version"))


@pytest.mark.parametrize("read", [read_template, read_alone])
def test_another_release_publishes_every_function_anew_and_the_same_one_publishes_nothing(read: type) -> None:
    once, again, other = (published(expand(read(), Release=release)) for release in (ONE, ONE, OTHER))
    assert len(once) == len(other) == len(TIMEOUTS_S)
    assert once == again
    assert not once & other


def test_the_release_changes_each_function_itself() -> None:
    """Lambda publishes no version of a function that is as it was, and CloudFormation would fail."""
    for release in (ONE, OTHER):
        found = of_type(expand(read_template(), Release=release), "AWS::Lambda::Function").values()
        assert {function["Description"] for function in found} == {release}


def test_old_versions_stay_for_a_rollback_by_hand() -> None:
    resources = expand(read_template())["Resources"].values()
    policies = {each.get("DeletionPolicy") for each in resources if each["Type"] == "AWS::Lambda::Version"}
    assert policies == {"Retain"}


def test_nothing_is_deployed_without_a_release() -> None:
    template = read_alone()
    assert "Default" not in template["Parameters"]["Release"]
    assert not accepts("Release", "")
    del template["Parameters"]["Release"]
    with pytest.raises(InvalidDocumentException, match="AutoPublishCodeSha256 must be a string"):
        expand(template, Release=None)  # type: ignore[arg-type]


@pytest.mark.parametrize("preference", read_alone()["Parameters"]["DeploymentPreference"]["AllowedValues"])
def test_each_way_of_taking_over_is_one_that_codedeploy_has(preference: str) -> None:
    groups = of_type(expand(read_alone(), DeploymentPreference=preference), "AWS::CodeDeploy::DeploymentGroup").values()
    assert preference in CODEDEPLOY_PREDEFINED_CONFIGURATIONS_LIST
    assert [group["DeploymentConfigName"] for group in groups] == [configuration(preference)] * len(TIMEOUTS_S)


def test_production_has_a_canary_and_other_stages_take_over_at_once() -> None:
    assert overrides("production")["DeploymentPreference"].startswith("Canary")
    assert "DeploymentPreference" not in overrides("sandbox")
    assert read_alone()["Parameters"]["DeploymentPreference"]["Default"] == "AllAtOnce"
