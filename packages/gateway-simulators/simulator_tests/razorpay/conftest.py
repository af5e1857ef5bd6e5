import pytest

from simulator_tests.razorpay.harness import Harness


@pytest.fixture
def sim() -> Harness:
    return Harness()
