from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.driver import Edge
from tests.runtime.written import written_to
from tests.world import World, a_world


@pytest.fixture
def edge(world: World, capfd: pytest.CaptureFixture[str]) -> Iterator[Edge]:
    with written_to(capfd) as written:
        yield Edge(world, written)


@pytest.fixture(scope="module")
def lasting_world() -> Iterator[World]:
    with a_world() as made:
        yield made


@pytest.fixture
def calm_edge(lasting_world: World, capfd: pytest.CaptureFixture[str]) -> Iterator[Edge]:
    """On a world that the module shares: for requests that change nothing, or always the same."""
    with written_to(capfd) as written:
        yield Edge(lasting_world, written)
