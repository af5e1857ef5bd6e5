"""A gateway is its own folders and modules and one line in each table: few other files may name it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway_simulators import GATEWAYS as SIMULATED
from payments.gateways.registry import GATEWAYS, all_rows
from tests.contract.conftest import HARNESSES

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ROOT / "layers/common/payments/gateways"
LINES_MAX = 350  # Of adapter.py and wire.py together.
LONGER = {  # Measured, and why.
    "razorpay": (375, "three ways to be paid, each with its own reference; lists instead of idempotency keys"),
    "paypal": (490, "approve, authorize and capture are three calls; an order may have several authorizations"),
    "stripe": (425, "sessions and intents, both captured, cancelled and searched for; refunds are summed up"),
    "square": (490, "links and direct charges, updated before they are captured; lists; refunds one by one"),
}
PLACES = (
    "layers/common/payments/gateways/{name}/__init__.py",
    "layers/common/payments/gateways/{name}/adapter.py",
    "layers/common/payments/gateways/{name}/requests.py",
    "layers/common/payments/gateways/{name}/wire.py",
    "layers/common/payments/gateways/facts/{name}.py",
    "dev/histories/assumed/{name}.py",
    "packages/gateway-simulators/gateway_simulators/{name}/__main__.py",
    "packages/gateway-simulators/gateway_simulators/{name}/app.py",
    "packages/gateway-simulators/gateway_simulators/{name}/model.py",
    "packages/gateway-simulators/gateway_simulators/{name}/settings.py",
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
    simulator_tests = ROOT / "packages/gateway-simulators/simulator_tests"
    assert [*simulator_tests.glob(f"{name}/test_*.py")]


@EACH_GATEWAY
def test_each_table_has_its_line(name: str) -> None:
    assert SIMULATED.index(name) == GATEWAYS.index(name)
    assert name in {row.gateway for row in all_rows()}
    assert name in {run.partition("-")[0] for run in HARNESSES}
    template = (ROOT / "stacks/data.yaml").read_text()
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


# Shared modules that name a gateway, and why.
NAMING = {
    "layers/common/payments/domain/values/terms.py": "PayPal is a way to pay as well",
    "layers/common/payments/gateways/registry.py": "the list of gateways",
    "layers/common/payments/api/fields.py": "PayPal is a way to pay as well; an example in the API's description",
    "layers/common/payments/runtime/settings.py": "the default of the setting GATEWAYS",
    "dev/local/demo_client.py": "where the demo's faults happen",
    "dev/local/provision.py": "which workspace of the demo sells by which gateways",
    "dev/local/stories.py": "where the demo's orders are paid",
    "dev/histories/kinds.py": "at which gateway make test runs a kind of flow in full",
    "dev/histories/plan.py": "which share of the histories is whose",
}
SHARED = (
    "layers/common/payments",
    "functions",
    "packages/gateway-simulators/gateway_simulators",
    *(f"dev/{part}" for part in ("local", "dynamodb_model", "histories", "tools")),
)


def names_shown(source: str) -> Iterator[tuple[int, str]]:
    """Where a gateway is named: by a text that is its name, or by an import from its folder."""
    for node in ast.walk(ast.parse(source)):
        words: list[object] = []
        if isinstance(node, ast.Constant):
            words = [node.value]
        elif isinstance(node, ast.ImportFrom):
            words = [*(node.module or "").split("."), *(each.name for each in node.names)]
        elif isinstance(node, ast.Import):
            words = [code for each in node.names for code in each.name.split(".")]
        yield from ((getattr(node, "lineno", 0), code) for code in words if isinstance(code, str) and code in GATEWAYS)


def is_of_one_gateway(path: Path) -> bool:
    return bool({*path.relative_to(ROOT).parts, path.stem} & set(GATEWAYS))


def test_no_shared_module_names_a_gateway_but_for_a_reason() -> None:
    paths = sorted(path for folder in SHARED for path in (ROOT / folder).rglob("*.py"))
    reported = {
        str(path.relative_to(ROOT)): [*names_shown(path.read_text())] for path in paths if not is_of_one_gateway(path)
    }
    assert {path: where for path, where in reported.items() if where and path not in NAMING} == {}
    assert [path for path in NAMING if not reported[path]] == [], "these name none any more: take them out of NAMING"


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("attempt.gateway == 'stripe'", ["stripe"]),
        ("name in ('phonepe', 'razorpay')", ["phonepe", "razorpay"]),
        ("TABLE = {'paypal': 1}", ["paypal"]),
        ("match name:\n    case 'stripe' | 'square':\n        pass", ["stripe", "square"]),
        ("name.startswith('phone') or name.startswith('phonepe')", ["phonepe"]),
        ("from gateway_simulators.phonepe.settings import SECOND", ["phonepe"]),
        ("from payments.gateways import square as it", ["square"]),
        ("import gateway_simulators.stripe", ["stripe"]),
        ("name == 'stripes'", []),
        ("'''At stripe it is closed.'''", []),
    ],
)
def test_a_gateways_name_is_seen_in_any_form(source: str, names: list[str]) -> None:
    assert sorted(name for _, name in names_shown(source)) == sorted(names)
