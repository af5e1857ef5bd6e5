import pytest

from simulator_tests.harness import Harness


@pytest.fixture
def sim() -> Harness:
    return Harness()
