"""The tests of the layer lie in folders as its source does, and each file in the folder of what it tests."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.tools.house import LAYER, ROOT, imported_names
from gateway_simulators import GATEWAYS

TESTS, SOURCE = ROOT / "tests", LAYER / "payments"
SIMULATED = ROOT / "packages/gateway-simulators/simulator_tests"
LAYERS = ("api", "domain", "usecases", "gateways", "runtime", "store")
# Every test builds its scene of these: that it imports them says nothing of its place.
SHARED = {
    "domain/records", "domain/values", "usecases", "store/contract",
    "gateways", "gateways/contract", "gateways/facts", "gateways/transport",
}  # fmt: skip
ELSEWHERE = {  # Files that import from one folder of their layer alone and lie in another: why.
    "usecases/payment/test_guarantee.py": "what the sweep does for payments, and for a refund among them",
    "usecases/refund/test_force.py": "a decision about a case sends the refund",
    "usecases/sweep/test_rows.py": "the rows of a sweep are those of payments",
}


def test_every_folder_of_tests_is_a_folder_of_the_source() -> None:
    folders = {path.parent.relative_to(TESTS) for layer in LAYERS for path in (TESTS / layer).rglob("test_*.py")}
    assert len(folders) > 15
    assert [str(folder) for folder in sorted(folders) if not (SOURCE / folder).is_dir()] == []


def test_every_test_lies_in_the_folder_of_what_it_tests() -> None:
    found = {}
    for layer in LAYERS:
        for path in sorted((TESTS / layer).rglob("test_*.py")):
            imported = {*folders_tested(ast.parse(path.read_text()), layer)}
            here, tested = path.relative_to(TESTS).parent.as_posix(), imported - SHARED
            if here not in imported and len(tested) == 1 and not tested <= {f"{here}/tables"}:
                found[path.relative_to(TESTS).as_posix()] = tested
    assert found.keys() == ELSEWHERE.keys(), found


def test_a_test_beside_the_folders_is_that_of_a_module_beside_them() -> None:
    """Or that of a module of the tests, which lies beside it."""
    modules = {path.name for folder in (SOURCE, TESTS) for path in folder.glob("*.py")}
    assert [path.name for path in TESTS.glob("test_*.py") if path.name.removeprefix("test_") not in modules] == []


def test_every_test_of_dev_lies_in_the_folder_of_what_it_tests() -> None:
    found = {path: {*parts_of(path, "dev")} for path in sorted((TESTS / "dev").rglob("test_*.py"))}
    elsewhere = [path.name for path, parts in found.items() if parts and path.parts[len(TESTS.parts) + 1] not in parts]
    assert len(found) > 40
    assert elsewhere == []


def test_a_simulators_test_lies_in_its_folder_and_imports_no_other_one() -> None:
    found = {path: {*parts_of(path, "gateway_simulators")} & {*GATEWAYS} for path in SIMULATED.glob("*/test_*.py")}
    assert len(found) > 20
    assert [path.name for path, gateways in found.items() if gateways - {path.parent.name}] == []


def parts_of(path: Path, package: str) -> Iterator[str]:
    """The folders and modules of the package from which the file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        for name in imported_names(node):
            root, _, rest = name.partition(".")
            if root == package and rest:
                yield rest.split(".")[0]


def folders_tested(tree: ast.Module, layer: str) -> Iterator[str]:
    """The folders of the layer from which the file imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith(f"payments.{layer}."):
            module = Path(*str(node.module).split(".")[1:])
            for each in node.names:
                is_module = (SOURCE / module / f"{each.name}.py").is_file()
                yield (module if is_module or (SOURCE / module).is_dir() else module.parent).as_posix()


@pytest.mark.parametrize(
    ("statement", "folder"),
    [
        ("from payments.usecases.sweep import lanes", "usecases/sweep"),
        ("from payments.usecases.sweep.lanes import Line", "usecases/sweep"),
        ("from payments.usecases.commit import commit", "usecases"),
        ("from payments.usecases import commit", "usecases"),
    ],
)
def test_the_folder_of_an_import_is_found(statement: str, folder: str) -> None:
    assert [*folders_tested(ast.parse(statement), "usecases")] == [folder]
