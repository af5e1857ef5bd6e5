import pytest

from simulator_tests.stripe.harness import Harness


@pytest.fixture
def sim() -> Harness:
    return Harness()
