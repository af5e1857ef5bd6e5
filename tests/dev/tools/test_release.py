"""The release: it changes with whatever ships, and `sam deploy` gets it with every parameter of the stage."""

from __future__ import annotations

from pathlib import Path

import pytest
from samcli.cli.types import CfnParameterOverridesType  # type: ignore[import-untyped]

from dev.tools.deploy_check.findings import Refusal
from dev.tools.deploy_check.settings import UNRELEASED, Deployment, read_deployment
from dev.tools.expand import ROOT
from dev.tools.release import command, digest
from tests.template.test_parameters import accepts

PAIRS = (("Stage", "sandbox"), ("PublicBaseUrl", ""), ("ReturnUrlAllowList", "https://a.example,https://b.example"))
DEPLOYMENT = Deployment("sandbox", (*PAIRS, UNRELEASED), {})


@pytest.fixture
def build(tmp_path: Path) -> Path:
    for name in ("PollFunction/handler.py", "CommonLayer/python/payments/a.py", "DataStack/template.yaml"):
        path = tmp_path / "build" / name
        path.parent.mkdir(parents=True)
        path.write_text(name)
    (tmp_path / "build/template.yaml").write_text("Resources: {}")
    (tmp_path / "machines").mkdir()
    (tmp_path / "machines/poll.asl.json").write_text("{}")
    return tmp_path


def of(folder: Path, pairs: tuple[tuple[str, str], ...] = PAIRS) -> str:
    return digest((folder / "build", folder / "machines"), pairs)


@pytest.mark.parametrize(
    "changed",
    [
        "build/PollFunction/handler.py",
        "build/CommonLayer/python/payments/a.py",
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
    (build / changed).rename((build / changed).with_name("renamed"))
    assert of(build) != before


def test_a_parameter_changes_the_release_and_the_order_of_the_lines_does_not(build: Path) -> None:
    assert of(build, PAIRS[::-1]) == of(build)
    assert of(build, (*PAIRS[:2], ("ReturnUrlAllowList", "https://a.example"))) != of(build)


def test_sam_gets_every_parameter_and_a_release_that_the_template_accepts(build: Path) -> None:
    name, *begins, overrides = command(DEPLOYMENT, build / "build", build / "machines")[:5]
    assert (Path(name).name, begins) == ("sam", ["deploy", "--config-env", "sandbox"])
    assert overrides == "--parameter-overrides"
    pairs = command(DEPLOYMENT, build / "build", build / "machines")[5:]
    read = CfnParameterOverridesType().convert(pairs, None, None)
    assert accepts("Release", read.pop("Release"))
    assert read == dict(PAIRS)


def test_the_same_files_make_another_release_if_wanted(build: Path) -> None:
    once, again = (command(DEPLOYMENT, build / "build", build / "machines", text)[-1] for text in ("", "2"))
    assert once == command(DEPLOYMENT, build / "build", build / "machines")[-1] != again


@pytest.mark.parametrize("stage", ["sandbox", "production"])
def test_each_stage_has_the_line_for_it(stage: str) -> None:
    assert UNRELEASED in read_deployment(ROOT / "samconfig.toml", stage).pairs


def test_without_the_line_or_a_build_nothing_is_deployed(build: Path) -> None:
    with pytest.raises(Refusal, match="Release=SET-BY-MAKE-DEPLOY is missing"):
        command(Deployment("sandbox", PAIRS, {}), build / "build", build / "machines")
    with pytest.raises(Refusal, match="nothing is built"):
        command(DEPLOYMENT, build / "nowhere", build / "machines")
