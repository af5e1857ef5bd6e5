from __future__ import annotations

import pytest

from dev.tools.counts import Number, show


def test_what_is_over_its_limit_is_shown_with_its_places(capsys: pytest.CaptureFixture[str]) -> None:
    rooms, doors = Number("rooms", ("a", "b"), 1, 0), Number("doors", ("c",), 1, 1)
    assert show([rooms, doors]) == 1
    assert (
        capsys.readouterr().out == "   2  rooms (at most 1, to become 0)\n      a\n      b\n   1  doors (at most 1)\n"
    )
    assert show([doors]) == 0
