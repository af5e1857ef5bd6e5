"""The list of kinds and causes of events. mypy refuses a word that is not in it; here: each word in it is used."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

from payments.domain.records import event
from payments.domain.records.event import Cause, Kind, Why, split_cause

ROOT = Path(__file__).parents[3]
LIST = Path(event.__file__)


@cache
def constants() -> set[object]:
    files = [*ROOT.glob("layers/common/payments/**/*.py"), *ROOT.glob("functions/*/*.py")]
    trees = [ast.parse(file.read_text()) for file in files if file != LIST]
    return {node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)}


@pytest.mark.parametrize("name", [*get_args(Kind), *get_args(Cause)])
def test_each_kind_is_written_somewhere(name: str) -> None:
    assert name in constants()


def test_no_kind_is_listed_twice() -> None:
    for words in (get_args(Kind), get_args(Cause)):
        assert len(set(words)) == len(words)


@pytest.mark.parametrize(
    ("why", "stored"),
    [
        (Why("gateway", "webhook", "payment.captured"), "webhook payment.captured"),
        (Why("gateway", "webhook", "two words"), "webhook two words"),
        (Why("gateway", "webhook"), "webhook"),
        (Why("system", "hourly report"), "hourly report"),
    ],
)
def test_a_cause_is_stored_with_the_gateways_event_and_shown_apart(why: Why, stored: str) -> None:
    assert why.stored_cause == stored
    assert split_cause(stored) == (why.cause, why.gateway_event)


def test_a_stored_cause_is_bounded() -> None:
    assert Why("gateway", "webhook", "x" * 200).stored_cause == "webhook " + "x" * 72
