from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.edge.driver import Edge
from tests.runtime.written import written_to
from tests.world import World


@pytest.fixture
def edge(world: World, capfd: pytest.CaptureFixture[str]) -> Iterator[Edge]:
    with written_to(capfd) as written:
        yield Edge(world, written)
