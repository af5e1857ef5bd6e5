"""No private value is at a place where it does not belong, in any encoding."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from urllib.parse import quote

import pytest

from tests.security.walls import canaries
from tests.security.walls.busy_day import live_through
from tests.security.walls.canaries import MADE, STATED, SURFACES
from tests.security.walls.day import Seen
from tests.security.walls.leaks import card_like, holds


@pytest.fixture(scope="module")
def seen() -> Seen:
    return live_through()


@pytest.mark.parametrize("name", [*STATED, *MADE])
def test_what_is_private_is_where_it_may_be_and_nowhere_else(seen: Seen, name: str) -> None:
    value = STATED[name].value if name in STATED else seen.made[name]
    may_be = STATED[name].may_be if name in STATED else MADE[name]
    found = {surface for surface, text in seen.surfaces.items() if holds(text, value)}
    assert found == may_be


@pytest.mark.parametrize("surface", sorted(SURFACES))
def test_no_place_has_a_possible_card_number(seen: Seen, surface: str) -> None:
    assert card_like(seen.surfaces[surface]) == []


def test_everything_private_went_in(seen: Seen) -> None:
    known = seen.sent + seen.surfaces[canaries.GATEWAY]
    assert [name for name, canary in STATED.items() if not holds(known, canary.value)] == []


def test_every_surface_has_shown_something(seen: Seen) -> None:
    assert set(seen.surfaces) == SURFACES
    assert all(len(text) > 100 for text in seen.surfaces.values())
    answered = set(re.findall(r'"http_status":(\d+)', seen.surfaces[canaries.LOG]))
    assert {"200", "201", "302", "400", "401", "403", "404", "409", "422", "500", "502", "503", "504"} <= answered


def test_there_are_enough_canaries() -> None:
    values = [canary.value for canary in STATED.values()]
    assert len(set(values)) == len(values)
    assert len(STATED) + len(MADE) >= 60


def _within(encode: Callable[[bytes], bytes], offset: int) -> Callable[[str], str]:
    return lambda value: encode(b"xyz"[:offset] + value.encode() + b"tail").decode()


WRITTEN: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in capitals": str.upper,
    "percent-encoded": lambda value: quote(value, safe=""),
    "percent-encoded in full": lambda value: "".join(f"%{byte:02X}" for byte in value.encode()),
    "in hex": lambda value: value.encode().hex(),
    "in capital hex": lambda value: value.encode().hex().upper(),
    **{f"in base64 at {offset}": _within(base64.b64encode, offset) for offset in range(3)},
    **{f"in base64url at {offset}": _within(base64.urlsafe_b64encode, offset) for offset in range(3)},
}


@pytest.mark.parametrize("written", sorted(WRITTEN))
@pytest.mark.parametrize("value", ["quill?>feather@okzanbank", "4821 7733 9056", "pin 907135"])
def test_the_scanner_knows_a_value_however_it_is_written(written: str, value: str) -> None:
    text = f'{{"a": "{WRITTEN[written](value)}"}}'
    assert holds(text, value)
    assert not holds(text, "some other value")


def test_the_scanner_knows_cards_from_our_own_numbers() -> None:
    assert card_like('x="4111111111111111" 5555 5555 5555 4444') == ["4111111111111111", "5555 5555 5555 4444"]
    assert card_like('{"Timestamp":1795170600005,"id":"pay_01M7W83120C4QADKPC3DWEA431","n":4111111111111112}') == []
