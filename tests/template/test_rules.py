"""Every rule holds for the template, and every rule finds the fault it is for."""

from __future__ import annotations

import pytest

from tests.template import api, dashboard, functions, iam, judging, operations, perimeter, releases, stores
from tests.template.rulebook import RULES, Edit, Rule, expanded

BOOKS = (api, dashboard, functions, iam, judging, operations, perimeter, releases, stores)
FAULTS = [pytest.param(rule, edit, id=f"{rule.name}-{n}") for rule in RULES for n, edit in enumerate(rule.edits)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_template_keeps(rule: Rule) -> None:
    assert list(rule.find(expanded())) == []


@pytest.mark.parametrize(("rule", "edit"), FAULTS)
def test_a_template_that_breaks_it_is_found_out(rule: Rule, edit: Edit) -> None:
    template = expanded()
    edit(template)
    assert list(rule.find(template)) != []


def test_no_rule_goes_without_a_fault() -> None:
    assert [rule.name for rule in RULES if not rule.edits] == []
    assert {rule.find.__module__ for rule in RULES} == {book.__name__ for book in BOOKS}
