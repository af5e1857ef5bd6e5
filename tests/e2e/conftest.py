from __future__ import annotations

from collections.abc import Iterator

import pytest

from dev.local.testing import running_stack
from tests.e2e.shop import Shop


@pytest.fixture(scope="session")
def shop() -> Iterator[Shop]:
    """One whole stack, twenty times faster than real time."""
    with running_stack(speed=20, workers=4) as stack:
        yield Shop(stack)


ON_CALL = {"test_on_call.py", "test_runbook.py", "test_support.py", "test_surroundings.py"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each group runs in one process and shares its stack; two groups may run side by side."""
    for item in items:
        if "/e2e/" in str(item.path):
            item.add_marker(pytest.mark.xdist_group("on-call" if item.path.name in ON_CALL else "stack"))
