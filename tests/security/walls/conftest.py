from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.driver import Edge
from tests.runtime.written import written_to
from tests.security.walls.estate import Estate, build
from tests.world import World, a_world


@pytest.fixture
def edge(world: World, capfd: pytest.CaptureFixture[str]) -> Iterator[Edge]:
    with written_to(capfd) as written:
        yield Edge(world, written)


@pytest.fixture(scope="module")
def estate() -> Iterator[Estate]:
    """Shared by a module: for requests that must change nothing."""
    with a_world() as world, written_to(None) as written:
        yield build(Edge(world, written))
