"""A function starts without the garbage collector, which runs from the first answer on."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.api.driver import APIS, Context, Edge, an_event

OTHERS = ("health", "apply", "poll", "sweep", "reports", "dispute_lists")


@pytest.fixture
def _off() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()
    gc.unfreeze()


@pytest.mark.usefixtures("_off")
@pytest.mark.parametrize("name", [*(api.name for api in APIS), *OTHERS])
def test_every_function_collects_garbage_after_its_first_answer(edge: Edge, name: str) -> None:
    with suppress(Exception):  # An invalid event; its answer is tested elsewhere.
        handler = getattr(edge, name) if name in OTHERS else next(api for api in edge.apis if api.name == name)
        handler(an_event("GET", "/v1/nowhere"), Context())
    assert gc.isenabled()
