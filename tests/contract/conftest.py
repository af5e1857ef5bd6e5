"""One harness for every way of running every registered gateway."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import pytest

from payments.gateways.contract.disputes import CanDispute
from payments.gateways.contract.payments import CanCancel, CanCapture, CanCharge, CanConfirmRef
from payments.gateways.registry import GATEWAYS
from tests.contract.harness import Harness

HARNESSES: dict[str, Callable[[], Harness]] = {}
for _name in GATEWAYS:
    HARNESSES |= import_module(f"tests.contract.{_name}").HARNESSES
# Optional abilities are tested only where a gateway has them.
_REQUESTS_OF: dict[str, Callable[[Harness], bool]] = {
    "harness": lambda harness: True,
    "holder": lambda harness: isinstance(harness.gateway, CanCapture),
    "canceller": lambda harness: isinstance(harness.gateway, CanCancel),
    "charger": lambda harness: isinstance(harness.gateway, CanCharge),
    "token_holder": lambda harness: harness.has_tokens,
    "disputed": lambda harness: isinstance(harness.gateway, CanDispute),
    "searcher": lambda harness: isinstance(harness.gateway, CanConfirmRef),
    "waiter": lambda harness: "wait" in harness.shows,
    "returner": lambda harness: "return" in harness.shows,
    "dashboard": lambda harness: "by_hand" in harness.shows,
    "reverser": lambda harness: "reverse" in harness.shows,
    "lapser": lambda harness: "lapse" in harness.shows,
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for fixture, is_requested in _REQUESTS_OF.items():
        if fixture in metafunc.fixturenames:
            names = [name for name, make in HARNESSES.items() if is_requested(make())]
            metafunc.parametrize(fixture, names, indirect=True)


def _made(request: pytest.FixtureRequest) -> Harness:
    return HARNESSES[request.param]()


harness = pytest.fixture(_made, name="harness")
holder = pytest.fixture(_made, name="holder")
canceller = pytest.fixture(_made, name="canceller")
charger = pytest.fixture(_made, name="charger")
token_holder = pytest.fixture(_made, name="token_holder")
disputed = pytest.fixture(_made, name="disputed")
searcher = pytest.fixture(_made, name="searcher")
waiter = pytest.fixture(_made, name="waiter")
returner = pytest.fixture(_made, name="returner")
dashboard = pytest.fixture(_made, name="dashboard")
reverser = pytest.fixture(_made, name="reverser")
lapser = pytest.fixture(_made, name="lapser")


@pytest.fixture
def harnesses() -> dict[str, Callable[[], Harness]]:
    return HARNESSES
