from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.conftest import edge, lasting_world
from tests.api.driver import Edge
from tests.runtime.written import written_to
from tests.security.attacks.judge import Judge
from tests.security.attacks.scene import Scene, set_up
from tests.world import SETTINGS, World

__all__ = ["edge", "lasting_world"]


@pytest.fixture(scope="module")
def scene(lasting_world: World) -> Scene:
    return set_up(lasting_world)


@pytest.fixture(scope="module")
def edges() -> list[Edge]:
    """At most one: it caches members' roles, as a warm function does."""
    return []


@pytest.fixture
def judge(scene: Scene, edges: list[Edge], capfd: pytest.CaptureFixture[str]) -> Iterator[Judge]:
    """On a world that the module shares: no attack may change it, so none can affect the next."""
    with written_to(capfd) as written:
        edge = edges[0] if edges else Edge(scene.world, written)
        edges[:] = [edge]
        edge.written, edge.wired.made, edge.wired.given = written, edge.ports, SETTINGS
        yield Judge(edge)
