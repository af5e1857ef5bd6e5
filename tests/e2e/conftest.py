from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.testing import running_stack
from tests.e2e.shop import Shop


@pytest.fixture(scope="session")
def shop() -> Iterator[Shop]:
    """One whole stack, twenty times faster than life."""
    with running_stack(speed=20, workers=4) as stack:
        yield Shop(stack)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/e2e/" in str(item.path):
            item.add_marker(pytest.mark.xdist_group("stack"))
