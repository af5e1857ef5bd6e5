import pytest

from tests.simulators.harness import Harness


@pytest.fixture
def sim() -> Harness:
    return Harness()
