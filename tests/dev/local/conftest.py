from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.local.blueprint import Blueprint
from dev.local.testing import RunningStack, blueprint, running_stack

FIXTURE = Path(__file__).parent / "fixture" / "template.yaml"


@pytest.fixture(scope="session")
def small() -> Blueprint:
    """The fixture template, read."""
    return blueprint(FIXTURE)


@pytest.fixture(scope="session")
def stack() -> Iterator[RunningStack]:
    """The fixture template, running fast enough for a state machine of 40 virtual seconds."""
    with running_stack(template=FIXTURE, speed=40) as running:
        yield running
