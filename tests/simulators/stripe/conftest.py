import pytest

from tests.simulators.stripe.harness import Harness


@pytest.fixture
def sim() -> Harness:
    return Harness()
