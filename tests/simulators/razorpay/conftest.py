import pytest

from tests.simulators.razorpay.harness import Harness


@pytest.fixture
def sim() -> Harness:
    return Harness()
