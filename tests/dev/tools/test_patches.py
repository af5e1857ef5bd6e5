"""No test replaces a part of the production code: it hands in what it needs."""

from __future__ import annotations

import ast

import pytest

from dev.tools.house import ROOT
from dev.tools.patches import ADVICE, ALLOWED, find_in, find_patches


def test_no_test_replaces_a_part_of_the_production_code() -> None:
    patches = find_patches(ROOT)
    found = [patch for patch in patches if (patch.path, patch.target) not in ALLOWED]
    assert not found, "\n".join([ADVICE, *map(str, found)])
    assert {*ALLOWED} == {(patch.path, patch.target) for patch in patches}, "each exception is needed still"


IMPORTS = """
import importlib
import os
import sys
import time
from types import ModuleType
from unittest.mock import Mock
from payments import wiring
from payments.domain.values.account import Account
from payments.gateways.transport.deadline import Deadline
from payments.store.dynamodb.deployment import DynamoStore
from payments.usecases.sweep import lanes
from tests.usecases.disputing import disputing
from tests.world import World, changed
"""
PATCHES = {
    "a constant of a module": "monkeypatch.setattr(lanes, 'PAGE', 1)",
    "its name as a text": "monkeypatch.setattr('payments.usecases.sweep.lanes.PAGE', 1)",
    "a handler": "monkeypatch.setattr('functions.reconcile.handler.api', None)",
    "a module that is handed over": "def test(module: ModuleType): monkeypatch.setattr(module, 'api', None)",
    "a method of a class": "patch.setattr(DynamoStore, 'list_due', None)",
    "a method of an object's class": "patch.setattr(type(world.ports.store), 'list_due', None)",
    "an operation of a gateway": "monkeypatch.setattr(world.ports.gateway(Account('stripe')), 'is_proved', None)",
    "by a name": "adapter = world.ports.gateway(Account('stripe'))\nmonkeypatch.setattr(adapter, 'is_proved', None)",
    "of what a helper returns": "monkeypatch.setattr(disputing('stripe', world), 'fetch_dispute', None)",
    "of an attribute of the test": (
        "class Test:\n def make(self): self.store = world.ports.store\n"
        " def test(self): patch.setattr(self.store, 'list_due', None)"
    ),
    "of a parameter": "def test(store: DynamoStore): store.list_due = None",
    "an assignment": "adapter = world.ports.gateway(Account('stripe'))\nadapter.is_proved = None",
    "two assignments": "a, b = world.ports.store, 1\na.list_due, a.defer = None, None",
    "an assignment to a module": "lanes.PAGE = 1",
    "an entry of a module's dict": "wiring._read['a'] = 1",
    "an entry by pytest": "monkeypatch.setitem(wiring._read, 'a', 1)",
    "a deletion": "monkeypatch.delattr(lanes, 'PAGE')",
    "an object that was made": "deadline = Deadline()\ndeadline._ends_at = 5",
    "by setattr": "setattr(lanes, 'PAGE', 1)",
    "the standard library below it": "monkeypatch.setattr(time, 'time', lambda: 1)",
    "the same as a text": "monkeypatch.setattr('time.time', lambda: 1)",
    "the standard library by an assignment": "time.time = lambda: 1",
    "an attribute of it": "monkeypatch.setattr(time.struct_time, 'tm_year', 1)",
    "in a loop": "for each in (lanes, wiring):\n each.PAGE = 1",
    "in a loop over a list with a name": "MODULES = [lanes, wiring]\nfor each in MODULES: each.PAGE = 1",
    "in a comprehension": "[monkeypatch.setattr(each, 'PAGE', 1) for each in (lanes,)]",
    "by keywords": "monkeypatch.setattr(target=lanes, name='PAGE', value=1)",
    "by another name of setattr": "swap = monkeypatch.setattr\nswap(lanes, 'PAGE', 1)",
    "by an expression that binds": "(found := lanes).PAGE = 1\nfound.PAGE = 2",
    "by a text with values": "monkeypatch.setattr(f'payments.usecases.{name}.PAGE', 1)",
    "by the module's import": "monkeypatch.setattr(importlib.import_module('payments.wiring'), 'ports', 1)",
    "by the table of modules": "monkeypatch.setattr(sys.modules['payments.wiring'], 'ports', 1)",
    "a whole module": "monkeypatch.setitem(sys.modules, 'payments.wiring', fake)",
    "a whole module by an assignment": "sys.modules['payments.wiring'] = fake",
    "an entry of a module's names": "vars(lanes)['PAGE'] = 1",
    "several names of a module": "lanes.__dict__.update(PAGE=1)",
    "several entries of a module's dict": "wiring._read.update(a=1)",
    "of a parameter whose type is a text": "def test(store: 'DynamoStore'): store.list_due = None",
    "of a parameter of a coroutine": "async def test(store: DynamoStore): store.list_due = None",
}


@pytest.mark.parametrize("statement", PATCHES.values(), ids=PATCHES)
def test_a_patch_is_found(statement: str) -> None:
    tree = ast.parse(IMPORTS.replace("from unittest.mock import Mock\n", "") + statement)
    assert find_in(tree, "tests/a.py", {"tests.usecases.disputing": {"disputing"}})


def test_a_mock_is_found_by_its_import() -> None:
    assert [patch.target for patch in find_in(ast.parse(IMPORTS), "tests/a.py")] == ["unittest.mock.Mock"]


@pytest.mark.parametrize(
    "statement",
    [
        "world.ports = replace(world.ports, clock=clock)",
        "world.override('stripe', is_proved=None)",
        "edge.world.flow.accepts = False",
        "store = changed(world.ports.store, list_due=None)\nstore.list_due = None",
        "monkeypatch.setenv('TABLE_PREFIX', 'a')",
        "monkeypatch.setattr('dev.local.pool.QUEUE_MAX', 2)",
        "def test(): adapter = 1\ndef other(adapter): adapter.is_proved = None",
        "def test(lanes): lanes.PAGE = 1",
        "monkeypatch.setitem(os.environ, 'TABLE_PREFIX', 'a')",
        "monkeypatch.delitem(sys.modules, 'handler', raising=False)",
        "with pytest.raises(AttributeError):\n Deadline().left = None",
        "report = reconcile(world.ports)\nreport['checked'] = 1",
    ],
)
def test_what_hands_something_in_is_no_patch(statement: str) -> None:
    tree = ast.parse(IMPORTS.replace("from unittest.mock import Mock\n", "") + statement)
    assert find_in(tree, "tests/a.py") == []
