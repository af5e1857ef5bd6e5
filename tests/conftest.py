from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from dev.tools.needs import NEEDS, is_ci
from tests.minutes import Minutes
from tests.world import World, a_world


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Minutes())


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("needs"):
        need = NEEDS[mark.args[0]]
        if not need.program:
            (pytest.fail if is_ci() else pytest.skip)(need.left_out)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: Any) -> Iterator[None]:
    yield
    skipped = {report.longrepr[2].removeprefix("Skipped: ") for report in terminalreporter.stats.get("skipped", [])}
    for need in NEEDS.values():
        if need.left_out in skipped:
            terminalreporter.write_line(need.left_out, bold=True, yellow=True)


@pytest.fixture
def world() -> Iterator[World]:
    with a_world() as made:
        yield made


@pytest.fixture
def silent_world() -> Iterator[World]:
    """No webhook ever arrives and no execution ever starts: only the sweep is left."""
    with a_world(delivers_webhooks=False) as made:
        made.flow.accepts = False
        yield made
