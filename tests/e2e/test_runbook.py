"""The runbook and the support guide against the running stack: each command runs, and its output is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway_simulators import GATEWAYS
from tests.e2e.commands import RUNBOOK, SUPPORT, check
from tests.e2e.drills import SCENES, Drill, nothing_wrong
from tests.e2e.pages import blocks, of, sections, stray_commands
from tests.e2e.shop import Shop
from tests.turns import tenth_of_the_day

NO_ENTRIES = {"Safe or not", "Tools", "A release, and the way back", "Restore"}
WITH_TOKENS = ("phonepe", "paypal")


def runs(page: Path) -> list[tuple[str, str]]:
    """Each section with commands, at two gateways of the day if it is about gateways: in five days at all."""
    found = []
    for number, section in enumerate(dict.fromkeys(block.section for block in blocks(page) if block.language == "sh")):
        text = "\n".join(block.text for block in blocks(page) if block.section == section)
        able = WITH_TOKENS if section == "Token renewal failing" else GATEWAYS
        turn = number + tenth_of_the_day() if "$GATEWAY" in text else 0
        found += [(section, able[(turn + step) % len(able)]) for step in range(2 if "$GATEWAY" in text else 1)]
    return found


@pytest.mark.parametrize(("section", "gateway"), runs(RUNBOOK))
def test_each_command_of_the_runbook_shows_its_line(shop: Shop, tmp_path: Path, section: str, gateway: str) -> None:
    drill = Drill(shop, gateway)
    with SCENES.get(section, nothing_wrong)(drill) as variables:
        check(drill, RUNBOOK, section, variables, tmp_path)


def test_in_five_days_each_section_about_gateways_runs_at_each_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = set[tuple[str, str]]()
    for tenth in range(5):
        monkeypatch.setenv("PAVATI_TENTH", str(tenth))
        ran |= set(runs(RUNBOOK))
    gateways = {section: {where for each, where in ran if each == section} for section, _ in ran}
    assert gateways["Case opened"] == gateways["Refund stuck"] == set(GATEWAYS)
    assert gateways["Token renewal failing"] == set(WITH_TOKENS)
    assert {len(each) for each in gateways.values()} == {1, len(WITH_TOKENS), len(GATEWAYS)}


@pytest.mark.parametrize("page", [RUNBOOK, SUPPORT], ids=lambda page: page.name)
def test_each_command_stands_in_a_block_or_says_that_it_needs_aws(page: Path) -> None:
    assert stray_commands(page) == []
    assert [block.line for block in blocks(page) if block.language not in ("sh", "text")] == []


def test_each_entry_says_what_is_seen_where_to_search_and_which_line_shows_it() -> None:
    for heading, text in sections(RUNBOOK).items():
        if heading in NO_ENTRIES:
            continue
        assert "**Over**" in text or heading in ("Money under way for more than five days",), heading
        own = of(RUNBOOK, heading)
        assert [block for block in own if block.language == "sh"], heading
        for block, after in zip(own, [*own[1:], None], strict=True):
            is_followed = after is not None and after.language == "text"
            assert block.language == "text" or block.needs_aws or is_followed, f"{heading}, line {block.line}"


def test_each_scene_belongs_to_an_entry() -> None:
    assert SCENES.keys() <= {section for section, _ in runs(RUNBOOK)}
