from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.world import World, a_world


@pytest.fixture
def world() -> Iterator[World]:
    with a_world() as made:
        yield made


@pytest.fixture
def silent_world() -> Iterator[World]:
    """No webhook ever arrives and no execution ever starts: only the sweep is left."""
    with a_world(delivers_webhooks=False) as made:
        made.flow.accepts = False
        yield made
