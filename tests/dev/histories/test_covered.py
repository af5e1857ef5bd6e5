"""Output of `make prove-coverage`, for reports made by hand and for a few histories."""

from __future__ import annotations

import ast
from dataclasses import replace
from functools import cache

import pytest

from dev.histories.covered import (
    BARS,
    EXCUSED_MAX,
    JUDGED,
    Count,
    Expected,
    Gap,
    Place,
    Report,
    complaints,
    expected,
    read,
    table,
)
from dev.histories.covering import SOURCE, Part, json_of, measured, parts_of

ENTERED, MISSED, BRANCHING = (Place("usecases/x.py", "f", text) for text in ("a = 1", "raise Late", "if late:"))
ADAPTER = Place("gateways/y.py", "g", "return 1")
NONE = Expected({"lines": 0.0, "branches": 0.0}, {})


def report(lines: int = 1_000, branches: int = 100, *gaps: Gap) -> Report:
    missed = sum(not gap.is_branch for gap in gaps)
    counts = {"usecases/x.py": Count(lines, missed, branches, len(gaps) - missed), "gateways/y.py": Count(10, 10, 2, 2)}
    return Report(counts, gaps, frozenset({ENTERED, MISSED, BRANCHING, ADAPTER}))


LINE, BRANCH = Gap(MISSED, 3), Gap(BRANCHING, 2, MISSED, is_branch=True)


def response(reported: Report, known: Expected = NONE) -> str:
    return "\n".join(complaints(reported, known))


def test_what_is_over_the_bars_is_right_and_adapters_have_none() -> None:
    assert response(report(1_000, 100, LINE, BRANCH)) == ""


@pytest.mark.parametrize(
    ("lines", "branches", "wrong"),
    [(20, 100, "lines: 95.00 % are entered, 97.0 % are required"), (1_000, 10, "branches: 90.00 % are entered")],
)
def test_what_is_under_a_bar_is_wrong(lines: int, branches: int, wrong: str) -> None:
    assert response(report(lines, branches, LINE, BRANCH)).startswith(wrong)


def test_what_falls_below_the_floor_is_wrong_though_it_is_over_the_bar() -> None:
    floor = replace(NONE, floor={"lines": 99.95, "branches": 98.0})
    assert response(report(1_000, 100, LINE, BRANCH), floor).startswith("lines: 99.90 % are entered, below the floor")
    assert response(report(10_000, 100, LINE, BRANCH), floor) == ""


def test_an_excused_line_counts_for_nothing_nor_does_the_branch_to_it() -> None:
    reported = report(20, 10, LINE, BRANCH)
    assert response(reported, replace(NONE, excuses={MISSED: "nobody comes there"})) == ""
    assert reported.of(JUDGED).without([LINE, BRANCH]) == Count(19, 0, 9, 0)


@pytest.mark.parametrize(
    ("excuses", "wrong"),
    [
        ({Place("usecases/x.py", "f", "gone"): "why"}, "excused, and gone: usecases/x.py, f: gone"),
        ({Place("usecases/x.py", "h", "raise Late"): "why"}, "excused, and gone: usecases/x.py, h"),
        ({ENTERED: "why"}, "excused, and entered: usecases/x.py, f: a = 1"),
        ({MISSED: " "}, "excused without a reason"),
        (
            {Place("usecases/x.py", "f", f"{n}"): "why" for n in range(EXCUSED_MAX + 1)},
            "41 lines are excused, at most 40 may be",
        ),
    ],
)
def test_a_bad_excuse_is_reported(excuses: dict[Place, str], wrong: str) -> None:
    assert response(report(1_000, 100, LINE, BRANCH), replace(NONE, excuses=excuses)).startswith(wrong)


def test_the_table_has_each_package_its_missed_modules_and_the_sum() -> None:
    rows = [line.split() for line in table(report(1_000, 100, LINE, BRANCH), replace(NONE, excuses={MISSED: "why"}))]
    assert ["usecases", "1000", "1", "100", "1", "99.90", "99.00"] in rows
    assert ["gateways/y.py", "10", "10", "2", "2", "0.00", "0.00"] in rows
    assert ["without", "1", "excused", "lines", "999", "0", "99", "0", "100.00", "100.00"] in rows


@cache
def functions_of(module: str) -> dict[str, str]:
    """By name, `Class.method` or `outer.inner`, the text of each function; "" is the module."""
    text = (SOURCE / module).read_text()
    found, lines = {"": text}, text.splitlines()

    def check(node: ast.AST, within: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                name = f"{within}{child.name}"
                found[name] = "\n".join(lines[child.lineno - 1 : child.end_lineno])
                check(child, f"{name}.")
            else:
                check(child, within)

    check(ast.parse(text), "")
    return found


def test_each_excuse_names_a_line_that_is_there_and_a_reason_and_there_is_a_floor() -> None:
    known = expected()
    assert len(known.excuses) <= EXCUSED_MAX
    for place, reason in known.excuses.items():
        lines = functions_of(place.module)[place.function].splitlines()
        assert place.text in {line.strip() for line in lines}, place
        assert place.module.partition("/")[0] in JUDGED
        assert len(reason) > len("because"), place
    assert all(50 < known.floor[name] <= 100 for name in BARS)


def test_no_comment_in_what_ships_excludes_a_line() -> None:
    assert [path for path in SOURCE.rglob("*.py") if "pragma: no" in path.read_text()] == []


def test_the_parts_of_a_kind_are_all_of_it() -> None:
    assert list(parts_of({"seeds": 2, "corpus": 1})) == [
        Part("seeds", 0, 2),
        Part("seeds", 1, 2),
        Part("corpus", 0, 1),
    ]


def test_a_few_histories_enter_the_production_code_in_its_greenlets_from_its_first_line_on() -> None:
    reported = read(json_of(measured([Part("seeds", number, 500) for number in range(2)])))
    missed = {
        gap.place.text
        for gap in reported.gaps
        if gap.place.module == "usecases/payment/create.py" and not gap.is_branch
    }
    assert reported.of(JUDGED).percent_entered["lines"] > 60
    assert "def initiate_payment(" not in missed
    assert "first = transitions.opened(payment, context.why, payment.created_at)" not in missed
    assert reported.of(("runtime",)).percent_entered["lines"] < 50  # No history uses HTTP.
