"""The world of the tests: what may be put in place of a part's own operations."""

from __future__ import annotations

import pytest

from tests.world import World


def test_an_operation_that_the_store_does_not_have_cannot_be_overridden(world: World) -> None:
    with pytest.raises(AttributeError, match="list_dues"):
        world.override_store(list_dues=lambda *_: [])
