"""The adapter on the simulator, with both of Square's ways to decline."""

from __future__ import annotations

import pytest

from tests.contract.square import SquareHarness


@pytest.fixture(params=[{}, {"all_declines_are_400": True, "shows_failed_payment": False}], ids=["402", "400"])
def shop(request: pytest.FixtureRequest) -> SquareHarness:
    return SquareHarness(**request.param)
