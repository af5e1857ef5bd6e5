"""A gateway is its own folders and one line in each table: nothing else in the code knows its name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from payments.gateways.eligibility import TABLE
from payments.gateways.registry import GATEWAYS
from simulators import GATEWAYS as SIMULATED
from tests.contract.conftest import HARNESSES

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ROOT / "layers/common/payments/gateways"
LINES_MAX = 350  # Of adapter.py and wire.py together.
LONGER = {  # Measured, and why.
    "razorpay": (440, "three ways to be paid, each with its own reference; lists instead of idempotency keys"),
    "paypal": (505, "approve, authorize and capture are three calls; an order may have several authorizations"),
    "stripe": (540, "sessions and intents, both captured, cancelled and searched for; refunds are summed up"),
    "square": (575, "links and direct charges, updated before they are captured; lists; refunds one by one"),
}
PLACES = (
    "layers/common/payments/gateways/{name}/__init__.py",
    "layers/common/payments/gateways/{name}/adapter.py",
    "layers/common/payments/gateways/{name}/wire.py",
    "layers/common/payments/gateways/{name}/minimums.py",
    "simulators/{name}/__main__.py",
    "simulators/{name}/app.py",
    "simulators/{name}/model.py",
    "simulators/{name}/settings.py",
    "tests/gateways/{name}",
    "tests/contract/{name}.py",
    "docs/gateways/{name}.md",
)
SECRET = re.compile(
    r"^  (\w+):\n    Type: AWS::SecretsManager::Secret\n(?:    .*\n)+? +Name: !Sub pavati/\S+?/(\w+)/main/(\w+)$", re.M
)
EACH_GATEWAY = pytest.mark.parametrize("name", GATEWAYS)


@EACH_GATEWAY
def test_everything_of_a_gateway_is_in_its_place(name: str) -> None:
    assert [place for place in PLACES if not (ROOT / place.format(name=name)).exists()] == []
    assert list((ROOT / "tests/gateways" / name).glob("test_*.py"))
    simulator_tests = ROOT / "tests/simulators"
    assert [*simulator_tests.glob(f"{name}/test_*.py"), *simulator_tests.glob(f"test_{name}_*.py")]


@EACH_GATEWAY
def test_each_table_has_its_line(name: str) -> None:
    assert SIMULATED.index(name) == GATEWAYS.index(name)
    assert name in {row.gateway for row in TABLE}
    assert name in {run.partition("-")[0] for run in HARNESSES}
    template = (ROOT / "template.yaml").read_text()
    assert {part for _, its_name, part in SECRET.findall(template) if its_name == name} == {"api", "webhook"}
    contracts = (ROOT / "pyproject.toml").read_text()
    assert contracts.count(f'"payments.gateways.{name}",') == 2


@EACH_GATEWAY
def test_an_adapter_is_short_enough_to_be_read_at_once(name: str) -> None:
    lines = {part: len((PACKAGES / name / part).read_text().splitlines()) for part in ("adapter.py", "wire.py")}
    most, why = LONGER.get(name, (LINES_MAX, "the usual limit"))
    assert sum(lines.values()) <= most, f"{name}: {lines} are more than {most} ({why})"


def test_an_exception_is_no_longer_than_it_has_to_be() -> None:
    for name, (most, why) in LONGER.items():
        lines = sum(len((PACKAGES / name / part).read_text().splitlines()) for part in ("adapter.py", "wire.py"))
        assert most > LINES_MAX, f"{name} needs no exception"
        assert most - lines < 50, f"{name} has {lines} lines: its limit of {most} can come down"
        assert why


def names_compared(source: str) -> Iterator[tuple[int, str]]:
    """Where a gateway's name decides: a comparison, a membership, a case of a match, a question about its beginning."""
    for node in ast.walk(ast.parse(source)):
        asked: list[ast.AST] = []
        if isinstance(node, ast.Compare):
            asked = [node.left, *node.comparators]
        elif isinstance(node, ast.MatchValue):
            asked = [node.value]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            asked = list(node.args) if node.func.attr in ("startswith", "endswith", "__eq__") else []
        for each in (inner for part in asked for inner in ast.walk(part)):
            if isinstance(each, ast.Constant) and each.value in GATEWAYS:
                yield each.lineno, str(each.value)


def test_no_code_outside_a_gateways_folder_asks_for_its_name() -> None:
    found = []
    for path in sorted([*ROOT.glob("layers/common/payments/**/*.py"), *ROOT.glob("functions/**/*.py")]):
        owner = path.relative_to(PACKAGES).parts[0] if path.is_relative_to(PACKAGES) else ""
        told = names_compared(path.read_text())
        found += [f"{path.relative_to(ROOT)}:{line}: {name}" for line, name in told if name != owner]
    assert found == []


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("attempt.gateway == 'stripe'", ["stripe"]),
        ("'square' != name", ["square"]),
        ("name in ('phonepe', 'razorpay')", ["phonepe", "razorpay"]),
        ("name not in {'paypal': 1}", ["paypal"]),
        ("match name:\n    case 'stripe' | 'square':\n        pass", ["stripe", "square"]),
        ("match attempt:\n    case Attempt(gateway='paypal'):\n        pass", ["paypal"]),
        ("name.startswith('phone') or name.startswith('phonepe')", ["phonepe"]),
        ("TABLE = {'stripe': 'payments.gateways.stripe'}", []),
        ("name == 'stripes'", []),
        ("word == 'paypal'.upper()", ["paypal"]),
    ],
)
def test_a_comparison_with_a_name_is_seen_in_any_form(source: str, names: list[str]) -> None:
    assert sorted(name for _, name in names_compared(source)) == sorted(names)
