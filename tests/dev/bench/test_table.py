"""What a run prints, and what makes it fail."""

from __future__ import annotations

import pytest

from dev.bench import __main__ as bench
from dev.bench.table import Line, render

MET = Line("speed", "1 ms", "2 ms", "0.50x", "<= 1x")
MISSED = Line("size", "9 MB", goal="<= 8 MB", is_met=False)
SHOWN = Line("floor", "1 ms")


def test_a_line_says_whether_its_goal_was_met() -> None:
    head, *rows = render([MET, MISSED, SHOWN]).splitlines()
    assert head.split() == ["what", "ours", "reference", "ratio", "goal"]
    assert [row.split()[-1] for row in rows] == ["ok", "MISSED", "-"]


@pytest.mark.parametrize(("lines", "code"), [([MET, SHOWN], 0), ([MET, MISSED], 1)])
def test_a_missed_goal_fails_the_run(monkeypatch: pytest.MonkeyPatch, lines: list[Line], code: int) -> None:
    monkeypatch.setitem(bench.PARTS, "package", lambda is_short: lines)
    assert bench.main(["package"]) == code


def test_an_unknown_part_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["speed"]) == 2
    assert "speed" in capsys.readouterr().err
