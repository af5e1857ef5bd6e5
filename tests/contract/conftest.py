"""One harness for every way of running every registered gateway."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.contract.harness import Harness
from tests.contract.phonepe import PhonePeHarness

HARNESSES: dict[str, Callable[[], Harness]] = {
    "phonepe-sha256": lambda: PhonePeHarness("sha256"),
    "phonepe-hmac": lambda: PhonePeHarness("hmac"),
}


@pytest.fixture(params=HARNESSES)
def harness(request: pytest.FixtureRequest) -> Harness:
    return HARNESSES[request.param]()


@pytest.fixture
def harnesses() -> dict[str, Callable[[], Harness]]:
    return HARNESSES
