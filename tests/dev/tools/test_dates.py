"""make test-dates: the excluded tests exist, and without faketime it says what to do."""

from __future__ import annotations

import pytest

from dev.tools.dates import LEFT_OUT, ROOT, main


@pytest.mark.parametrize("left_out", LEFT_OUT)
def test_the_tests_that_are_left_out_exist(left_out: str) -> None:
    path, _, name = left_out.partition("=")[2].partition("::")
    assert (ROOT / path).exists()
    assert not name or f"def {name}(" in (ROOT / path).read_text()


def test_without_faketime_it_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    assert main([]) == 1
    assert "apt-get install faketime" in capsys.readouterr().err
