from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.local.testing import running_stack
from dev.tools.needs import NEEDS
from tests.browser.payer import SIZES, Payer
from tests.browser.till import Till
from tests.lines import LineProcess, node_command

DRIVER = Path(__file__).parent / "driver.js"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/browser/" in str(item.path):
            item.add_marker(pytest.mark.xdist_group("browser"))
            item.add_marker(pytest.mark.needs("chromium"))


@pytest.fixture(scope="session")
def till() -> Iterator[Till]:
    with running_stack(speed=5, workers=2) as stack:
        yield Till(stack)


@pytest.fixture(scope="session")
def browser() -> Iterator[LineProcess]:
    command = [*node_command(DRIVER, "playwright-core"), NEEDS["chromium"].program]
    with tempfile.TemporaryDirectory(prefix="pavati-browser-", ignore_cleanup_errors=True) as folder:
        process = LineProcess(command, TMPDIR=folder)
        yield process
        process.end()


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """PAVATI_PICTURES keeps a picture of every test; without it only failed tests leave one."""
    stored = os.environ.get("PAVATI_PICTURES")
    folder = Path(stored) if stored else tmp_path_factory.mktemp("pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.when == "call":  # type: ignore[attr-defined]
        item.stash[_HAS_FAILED] = report.failed  # type: ignore[attr-defined]
    return report


_HAS_FAILED = pytest.StashKey[bool]()


@pytest.fixture
def payer(request: pytest.FixtureRequest, browser: LineProcess, pictures: Path) -> Iterator[Payer]:
    payer = Payer(browser)
    yield payer
    has_failed = request.node.stash.get(_HAS_FAILED, True)
    if not has_failed and "PAVATI_PICTURES" not in os.environ:
        return
    name = re.sub(r"\W+", "-", request.node.name).strip("-")
    for size in SIZES:
        payer.resize(size)
        payer.picture(pictures / f"{name}-{size[0]}.png")
    if has_failed:
        request.node.add_report_section("teardown", "pictures", f"{pictures}/{name}-*.png")
