"""make house: each number counts what its name says, and equals its limit."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from dev.tools import house
from dev.tools.counts import Number
from dev.tools.expand import ROOT


def package(root: Path, **modules: str) -> Path:
    folder = root / "sample"
    folder.mkdir()
    for name, source in {"__init__": "", **modules}.items():
        (folder / f"{name}.py").write_text(source)
    return folder


@pytest.mark.parametrize("number", house.numbers(), ids=lambda number: number.what)
def test_a_limit_is_what_is_found_now(number: Number) -> None:
    """A limit that is not lowered with its number would allow the number to rise again."""
    assert len(number.found) == number.most, f"{number.what}: {number.found}"
    assert number.goal <= number.most


def test_functions_with_many_parameters_are_named(tmp_path: Path) -> None:
    folder = package(
        tmp_path, one="def five(a, b, c, *, d, e): ...\ndef six(a, b, c, d, *, e, f): ...", two="class A:\n"
        "    def five(self, a, b, c, d, e): ...\n    def six(self, a, b, c, d, e, f): ...\n"
    )  # fmt: skip
    assert [*house.crowded(folder)] == ["one.six", "two.six"]


@pytest.mark.parametrize("source", ["x: Reply", "found.http_status", "render(1)", "url = base_url"])
def test_modules_that_know_of_http_are_named(tmp_path: Path, source: str) -> None:
    assert [*house.of_http(package(tmp_path, knows=source, does_not="reply = 1"))] == ["knows"]


def test_who_saves_a_change_is_named(tmp_path: Path) -> None:
    folder = package(tmp_path, saves="its.save(1)", of="context.store.save(1)", other="store.read(1)\nsave(1)")
    for name in ("usecases", "store"):
        (folder / name).mkdir()
        (folder / name / "commit.py").write_text("store.save(1)")
    assert sorted(house.saving(folder)) == ["commit", "of", "saves"]


def test_who_makes_a_change_outside_the_domain_is_named(tmp_path: Path) -> None:
    folder = package(
        tmp_path,
        makes="from payments.domain.change import Change\nChange(1)",
        by_module="change.Change(1)",
        renamed="from payments.domain.change import Change as Step\nStep(1)",
        does_not="other.Change\nChanged(1)",
    )
    (tmp_path / "domain").mkdir()
    (tmp_path / "domain" / "rules.py").write_text("Change(1)")
    assert [*house.making_changes(tmp_path)] == ["by_module", "makes", "renamed"]
    assert folder.exists()


def test_long_modules_are_named(tmp_path: Path) -> None:
    folder = package(tmp_path, long="1\n" * 301, enough="1\n" * 300)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "longer.py").write_text("1\n" * 302)
    assert [*house.long_modules(folder, tmp_path / "other")] == ["long.py", "longer.py"]


def test_who_lists_the_kinds_of_due_rows_is_named_and_a_module_with_one_kind_is_not(tmp_path: Path) -> None:
    folder = package(
        tmp_path,
        noun='FIRST = DueKind("first", f)',
        other='SECOND = DueKind("second", f)',
        cursor="FIRST = 1",
        row="from sample.noun import FIRST",
        table='TABLE = {"first": 1, "second": 2, **more}',
        part='TABLE = {"first": 1}\nfrom sample.cursor import FIRST',
    )
    assert [*house.listing_due_kinds(folder)] == ["row.py", "table.py"]


def test_circles_are_named_and_what_only_leads_to_one_is_not(tmp_path: Path) -> None:
    package(
        tmp_path,
        one="from sample.two import x",
        two="from sample import three",
        three="if True:\n    try:\n        import sample.one as first\n    except ImportError: ...",
        leads="from sample.one import y",
        typed="from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from sample.typed2 import z",
        typed2="import sample.typed",
        later="def f():\n    from sample.later2 import z",
        later2="import sample.later",
    )
    assert [*house.circles({"sample": tmp_path})] == ["sample.one", "sample.three", "sample.two"]


def test_an_arrow_is_found_once_for_two_folders_and_none_within_one_or_to_what_all_share(tmp_path: Path) -> None:
    for name, source in {
        "one/__init__": "", "two/__init__": "", "shared": "", "two/b": "from sample.one import a",
        "one/a": "from sample import shared\nfrom sample.two import b\nfrom sample.two.b import x",
        "three/__init__": "import sample.one.a as first",
        "one/c": "from sample import two, shared\nfrom sample.one import a\nfrom elsewhere.two import y",
    }.items():  # fmt: skip
        (tmp_path / f"{name}.py").parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.py").write_text(source)
    assert [*house.arrows(tmp_path, "sample")] == ["one > two", "three > one", "two > one"]


def test_simulators_may_import_the_kit_and_not_one_another(tmp_path: Path) -> None:
    for name, source in {
        "kit/__init__": "", "stripe/__init__": "from gateway_simulators.kit import cli",
        "square/__init__": "from gateway_simulators.stripe import keys",
    }.items():  # fmt: skip
        (tmp_path / f"{name}.py").parent.mkdir()
        (tmp_path / f"{name}.py").write_text(source)
    assert [*house.between_simulators(tmp_path)] == ["square > stripe"]


def test_a_module_that_imports_beyond_the_standard_library_is_named(tmp_path: Path) -> None:
    folder = package(
        tmp_path,
        pure="import hashlib\nfrom payments.record import record",
        early="import cryptography.x509",
        late="def f():\n    from aws_lambda_powertools import Logger",
    )
    assert [*house.foreign(folder)] == ["early", "late"]


def test_mypy_leaves_out_what_pip_builds_beside_the_simulators() -> None:
    """Else make check fails after pip install packages/gateway-simulators and a change."""
    exclude = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]["exclude"]
    sources = {
        f"packages/gateway-simulators/{folder}": folder for folder in ("build/lib/a.py", "gateway_simulators/a.py")
    }
    left_out = [folder for path, folder in sources.items() if any(re.search(each, path) for each in exclude)]
    assert left_out == ["build/lib/a.py"]
