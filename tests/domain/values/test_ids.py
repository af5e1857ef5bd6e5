"""Ids that every gateway accepts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from payments.domain.values.ids import ATTEMPT, PAYMENT, Ids, is_id, named
from tests.domain.rules.test_money_rules import START

ID = Ids(lambda bits: 2**bits - 1).new(PAYMENT, START)


def test_an_id_says_what_it_names_and_when_it_was_made() -> None:
    later = Ids(lambda bits: 0).new(PAYMENT, START + timedelta(milliseconds=1))
    assert len(ID) == len(later) == 30
    assert later > ID, "ids of one kind are in the order of time"
    assert ID.endswith("Z" * 16)
    assert named(PAYMENT, START, "a") == named(PAYMENT, START, "a")
    assert named(PAYMENT, START, "a") != named(PAYMENT, START, "b")
    assert is_id(PAYMENT, named(PAYMENT, START, "a"))


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (ID, True),
        (ID.replace(PAYMENT, ATTEMPT), False),
        (ID[4:], False),
        (ID[:-1], False),
        (ID + "0", False),
        (ID + "\n", False),
        (ID[:-1] + "U", False),
        (PAYMENT + "8" + ID[5:], False),
        (ID.lower(), False),
        (PAYMENT, False),
        ("", False),
    ],
)
def test_only_an_id_of_its_kind_is_one(text: str, is_one: bool) -> None:
    assert is_id(PAYMENT, text) is is_one
