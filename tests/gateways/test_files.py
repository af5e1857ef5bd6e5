"""Every gateway has the same files with the same names in them, and marks what is private to a file."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

from payments.gateways.registry import GATEWAYS

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ROOT / "layers/common/payments/gateways"
FILES = {  # Names in each file at every gateway, beside its own.
    "__init__": ("NAME", "Settings", "build"),
    "adapter": (),  # The methods of the contract, which mypy asks for.
    "disputes": ("from_dispute", "from_list", "to_list"),
    "fields": (),  # What several of its objects have.
    "requests": ("to_refund",),
    "webhook": ("from_webhook",),
    "wire": ("from_refund", "from_refusal"),
    "codes": ("FAILURE_BY_CODE", "HINTS", "REFUND_STATUS", "CODES_BY_FAILURE"),
}
FURTHER = {  # The docstring of each says why.
    "paypal": {"certificate", "money"},
    "razorpay": {"tries"},
    "stripe": {"form"},
}
EACH_GATEWAY = pytest.mark.parametrize("name", GATEWAYS)


def files_of(name: str) -> set[str]:
    """Without `disputes` where the gateway has no API for them."""
    has_disputes = "def fetch_dispute(" in (PACKAGES / name / "adapter.py").read_text()
    return set(FILES) if has_disputes else {*FILES} - {"disputes"}


@EACH_GATEWAY
def test_a_gateway_has_the_files_of_every_gateway_and_few_of_its_own(name: str) -> None:
    assert {path.stem for path in (PACKAGES / name).iterdir() if path.suffix == ".py"} == {
        *files_of(name),
        *FURTHER.get(name, ()),
    }


def test_what_is_stamped_has_the_files_of_every_gateway() -> None:
    stamped = ROOT / "dev/tools/gateway_templates/adapter"
    assert {path.name.removesuffix(".py.tmpl") for path in stamped.iterdir()} == set(FILES)


@pytest.mark.parametrize(
    ("name", "file"), [(name, file) for name in GATEWAYS for file in FILES if file in files_of(name)]
)
def test_a_file_has_the_same_names_at_every_gateway(name: str, file: str) -> None:
    module = import_module(f"payments.gateways.{name}" + ("" if file == "__init__" else f".{file}"))
    assert module.__doc__
    assert [wanted for wanted in FILES[file] if not hasattr(module, wanted)] == []


@EACH_GATEWAY
def test_settings_can_be_checked_for_calls_and_for_webhooks(name: str) -> None:
    settings = import_module(f"payments.gateways.{name}").Settings
    assert {"check", "require_webhook"} <= set(vars(settings))


def made(tree: ast.Module) -> Iterator[str]:
    """Names that a module makes at its top level."""
    for node in tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        yield from (each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name))
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name


def used(tree: ast.Module) -> Iterator[str]:
    """Names that a module uses from others: imported, or looked up in a module or object."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.Attribute) and not (isinstance(node.value, ast.Name) and node.value.id == "self"):
            yield node.attr


@cache
def used_by_tests() -> frozenset[str]:
    """Names that a test uses from elsewhere."""
    return frozenset(each for path in (ROOT / "tests").rglob("*.py") for each in used(ast.parse(path.read_text())))


@EACH_GATEWAY
def test_what_no_other_module_uses_begins_with_an_underscore_and_nothing_else_does(name: str) -> None:
    trees = {path: ast.parse(path.read_text()) for path in (PACKAGES / name).glob("*.py")}
    wrong = []
    for path, tree in trees.items():
        elsewhere = {each for other, its in trees.items() if other != path for each in used(its)}
        for each in sorted({*made(tree)} - {"build"}):
            is_used = each in elsewhere or (each in used_by_tests() and not each.startswith("_"))
            if is_used is each.startswith("_"):
                wrong.append(f"{path.stem}.{each}")
    assert wrong == []
