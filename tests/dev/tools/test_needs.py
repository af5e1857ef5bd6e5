"""What is missing is installed where that is possible; in CI it fails, elsewhere pytest lists what it skipped."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dev.tools import needs
from dev.tools.needs import NEEDS

ONE = "tests/browser/test_pages.py::test_an_expired_page_is_sound"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of programs; nothing else is on the path."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return tmp_path


def put(machine: Path, name: str, does: str = "") -> None:
    program = machine / name
    program.write_text(f"#!/bin/sh\n{does}\n")
    program.chmod(0o755)


def put_apt_get(machine: Path) -> None:
    put(machine, "apt-get", f'echo "$@" >> {machine}/asked\n[ "$2" = update ] || {{ echo > {machine}/chromium; }}')


def wanted(machine: Path) -> list[str]:
    return (machine / "asked").read_text().splitlines() if (machine / "asked").exists() else []


def test_what_is_missing_is_installed(machine: Path) -> None:
    put_apt_get(machine)
    assert needs.main() == 0
    assert wanted(machine) == ["-qq update", "-qq install --yes --no-install-recommends chromium"]


def test_what_is_there_is_not_installed_again(machine: Path) -> None:
    put_apt_get(machine)
    put(machine, "google-chrome")
    assert (needs.main(), wanted(machine)) == (0, [])


def test_only_root_installs(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    put_apt_get(machine)
    assert (needs.main(), wanted(machine)) == (0, [])


@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("false", 0), ("", 0)])
def test_what_cannot_be_had_fails_in_ci_alone(
    machine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ci: str, code: int
) -> None:
    monkeypatch.setenv("CI", ci)
    put(machine, "apt-get", "echo no network >&2; exit 100")
    assert needs.main() == code
    response = capsys.readouterr().err
    assert "no network" in response
    assert ("chromium is needed by tests/browser" in response) is (ci == "true")


def a_run(path: Path, ci: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PATH": str(path), "CI": ci}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "1", ONE]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_pytest_says_at_the_end_what_it_left_out(tmp_path: Path) -> None:
    ran = a_run(tmp_path, "")
    assert (ran.returncode, ran.stdout.splitlines()[-2]) == (0, NEEDS["chromium"].left_out)


def test_pytest_fails_in_ci_where_something_is_missing(tmp_path: Path) -> None:
    ran = a_run(tmp_path, "true")
    assert ran.returncode == 1
    assert f"Failed: {NEEDS['chromium'].left_out}" in ran.stdout
