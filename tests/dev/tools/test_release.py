"""The release: it changes with whatever ships, and `sam deploy` gets it with every parameter of the stage."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from samcli.cli.types import CfnParameterOverridesType  # type: ignore[import-untyped]

from dev.tools.deploy_check.findings import Refusal
from dev.tools.deploy_check.settings import UNRELEASED, Deployment, Pairs, read_deployment
from dev.tools.expand import ROOT, read_alone
from dev.tools.release import FOLDERS, command, digest
from tests.template.test_parameters import accepts

PAIRS = (("Stage", "sandbox"), ("PublicBaseUrl", ""), ("ReturnUrlAllowList", "https://a.example,https://b.example"))


@pytest.fixture
def build(tmp_path: Path) -> Path:
    for name in (
        "PollFunction/handler.py",
        "CommonLayer/python/payments/a.py",
        "CommonLayer/python/b.pyc",
        "DataStack/template.yaml",
    ):
        path = tmp_path / "build" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (tmp_path / "build/template.yaml").write_text("Resources: {}")
    (tmp_path / "machines").mkdir()
    (tmp_path / "machines/poll.asl.json").write_text("{}")
    return tmp_path


def given(folder: Path, pairs: Pairs = PAIRS, again: str = "") -> list[str]:
    return command(Deployment("sandbox", (*pairs, UNRELEASED), {}), again, (folder / "build", folder / "machines"))


def of(folder: Path, pairs: Pairs = PAIRS, again: str = "") -> str:
    """The release that sam gets."""
    (found,) = (each for each in given(folder, pairs, again) if each.startswith("Release="))
    return found


@pytest.mark.parametrize(
    "changed",
    [
        "build/PollFunction/handler.py",
        "build/CommonLayer/python/payments/a.py",
        "build/CommonLayer/python/b.pyc",
        "build/DataStack/template.yaml",
        "build/template.yaml",
        "machines/poll.asl.json",
    ],
)
def test_whatever_ships_changes_the_release(build: Path, changed: str) -> None:
    before, text = of(build), (build / changed).read_text()
    (build / changed).write_text(f"{text} ")
    assert of(build) != before
    (build / changed).write_text(text)
    assert of(build) == before
    if changed != "build/template.yaml":
        (build / changed).rename((build / changed).with_name("renamed"))
        assert of(build) != before


def test_what_ships_is_the_build_and_the_machines_and_nothing_else(build: Path) -> None:
    assert FOLDERS == (ROOT / ".aws-sam/build", ROOT / "statemachines")
    resources = read_alone()["Resources"].values()
    machines = [each["Properties"]["DefinitionUri"] for each in resources if "DefinitionUri" in each["Properties"]]
    assert {Path(each).parts[0] for each in machines} == {"statemachines"}
    folders = (build / "build", build / "machines")
    assert of(build) == f'Release="{digest(folders, (*PAIRS, UNRELEASED, ("AGAIN", "")))}"'


def test_the_place_of_the_files_does_not_change_the_release(
    build: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "copy"
    assert of(shutil.copytree(build, elsewhere)) == of(build)


def test_a_name_and_its_bytes_stay_apart(tmp_path: Path) -> None:
    for folder, name, text in (("one", "ab", "c"), ("other", "a", "bc")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(text)
    assert digest([tmp_path / "one"], ()) != digest([tmp_path / "other"], ())


def test_a_parameter_changes_the_release_and_the_order_of_the_lines_does_not(build: Path) -> None:
    assert of(build, PAIRS[::-1]) == of(build)
    assert of(build, (*PAIRS[:2], ("ReturnUrlAllowList", "https://a.example"))) != of(build)


def test_sam_gets_every_parameter_and_a_release_that_the_template_accepts(build: Path) -> None:
    name, *begins, overrides = given(build)[:5]
    assert (Path(name).name, begins) == ("sam", ["deploy", "--config-env", "sandbox"])
    assert overrides == "--parameter-overrides"
    pairs = given(build)[5:]
    read = CfnParameterOverridesType().convert(pairs, None, None)
    assert accepts("Release", read.pop("Release"))
    assert read == dict(PAIRS)


def test_the_same_files_make_another_release_if_wanted(build: Path) -> None:
    assert of(build) != of(build, again="2") == of(build, again="2")


@pytest.mark.parametrize("stage", ["sandbox", "production"])
def test_each_stage_has_the_line_for_it(stage: str) -> None:
    assert UNRELEASED in read_deployment(ROOT / "samconfig.toml", stage).pairs


def test_without_the_line_or_a_build_nothing_is_deployed(build: Path) -> None:
    with pytest.raises(Refusal, match="Release=SET-BY-MAKE-DEPLOY is missing"):
        command(Deployment("sandbox", PAIRS, {}), folders=(build / "build", build / "machines"))
    with pytest.raises(Refusal, match="nothing is built"):
        given(build / "nowhere")
