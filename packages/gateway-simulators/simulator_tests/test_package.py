"""The package alone: built, installed into a folder, and started there without the rest of the project."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from importlib import import_module
from pathlib import Path

import pytest

from gateway_simulators import GATEWAYS
from gateway_simulators.kit.ports import free_row

PACKAGE = Path(__file__).parents[1]
START_SECONDS_MAX = 60
LEFT_OUT = shutil.ignore_patterns("__pycache__", "build", "*.egg-info", "simulator_tests")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the installation. It is built from a copy, because a build leaves files beside its sources."""
    copy, target = tmp_path_factory.mktemp("source") / "package", tmp_path_factory.mktemp("installed")
    shutil.copytree(PACKAGE, copy, ignore=LEFT_OUT)
    offline = ("--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check")
    command = [sys.executable, "-m", "pip", "install", *offline, "--target", str(target), str(copy)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return target


def answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/_sim/ledger", timeout=5).close()
    except urllib.error.URLError:
        return False
    return True


def test_it_runs_all_five_where_nothing_else_of_the_project_is(installed: Path, tmp_path: Path) -> None:
    first = free_row(5)
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, str(installed / "bin" / "gateway-simulators"), "--port", str(first)]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=log, stderr=log)
        try:
            give_up_at = time.monotonic() + START_SECONDS_MAX
            while not all(answers(first + number) for number in range(5)):
                assert process.poll() is None, (tmp_path / "log").read_text()
                assert time.monotonic() < give_up_at
                time.sleep(0.1)
        finally:
            process.terminate()
            process.wait()


def test_its_pages_and_scripts_are_installed_with_it(installed: Path) -> None:
    def data(folder: Path) -> set[Path]:
        files = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
        return {path for path in files if path.suffix not in (".py", ".pyc")}

    assert data(installed / "gateway_simulators") == data(PACKAGE / "gateway_simulators")


def test_it_names_every_package_that_it_imports() -> None:
    """It is installed here beside the rest of the project, which brings those packages, too."""
    paths = sorted((PACKAGE / "gateway_simulators").rglob("*.py"))
    nodes = [node for path in paths for node in ast.walk(ast.parse(path.read_text()))]
    names = [each.name for node in nodes if isinstance(node, ast.Import) for each in node.names]
    names += [str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)]
    imported = {name.split(".")[0] for name in names} - sys.stdlib_module_names - {"gateway_simulators", "_typeshed"}
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["project"]
    assert {re.split(r"[<>=]", each)[0] for each in project["dependencies"]} == imported


@pytest.mark.parametrize("name", GATEWAYS)
def test_the_readme_has_the_keys_of_each_simulator(name: str) -> None:
    calls, webhooks = import_module(f"gateway_simulators.{name}.settings").Settings().secrets
    keys = [calls[field] for field in _KEYS if field in calls]
    keys += [
        webhooks[field] if field == "webhook_id" else webhooks[field][0] for field in _PROOFS if field in webhooks
    ][:1]
    row = next(
        line for line in (PACKAGE / "README.md").read_text().splitlines() if line.lower().startswith(f"| {name} ")
    )
    assert len(keys) > 1
    assert [key for key in keys if f"`{key}`" not in row] == []


_KEYS = ("client_id", "client_secret", "key_id", "key_secret", "secret_key", "access_token", "location_id")
_PROOFS = ("webhook_logins", "webhook_secrets", "webhook_id", "webhook_signature_keys")
