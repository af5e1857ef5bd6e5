"""Each detail of an error is declared for its code, and each declared detail is used somewhere."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from payments.api.errors import CODES, DETAILS
from payments.usecases import errors

ROOT = Path(__file__).parents[2]
CODE_OF = {
    name: kind.api_code
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.UseCaseError)
}
BY_PROBLEM_OF = {"workspace_invalid": [{"fields"}]}  # From an error of the store, without keywords.


def given() -> dict[str, list[set[str]]]:
    """By code, the details at each place that raises such an error."""
    found = defaultdict(list, BY_PROBLEM_OF)
    for file in [*ROOT.glob("layers/common/payments/**/*.py"), *ROOT.glob("functions/*/*.py")]:
        for code, names in _made_in(file.read_text()):
            found[code].append(names)
    return found


def _made_in(text: str) -> Iterator[tuple[str, set[str]]]:
    for call in ast.walk(ast.parse(text)):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.args):
            continue
        if call.func.id in CODE_OF:
            yield CODE_OF[call.func.id], _keywords(call)
        match call.func.id, call.args:
            case "Refusal", [ast.Constant(str() as code), *_]:
                yield code, _keywords(call)
            case "Problem", [ast.Constant(str() as code), _, ast.Dict(keys)]:
                yield code, {key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}


def _keywords(call: ast.Call) -> set[str]:
    assert all(keyword.arg for keyword in call.keywords), f"name the details one by one: {ast.unparse(call)}"
    return {str(keyword.arg) for keyword in call.keywords}


GIVEN = given()


def test_only_codes_have_details() -> None:
    assert CODES.keys() >= DETAILS.keys()


@pytest.mark.parametrize("code", CODES)
def test_each_detail_that_is_given_is_declared_and_each_declared_one_is_given(code: str) -> None:
    declared = {name.removesuffix("?") for name in DETAILS.get(code, {})}
    assert set[str]().union(*GIVEN[code]) == declared


@pytest.mark.parametrize("code", DETAILS)
def test_a_detail_that_is_always_there_is_given_everywhere(code: str) -> None:
    always = {name for name in DETAILS[code] if not name.endswith("?")}
    assert [names for names in GIVEN[code] if not always <= names] == []


def test_places_that_make_errors_are_found() -> None:
    text = 'CaseChanged("x", note=1), Refusal("busy", "y", wait=2), Problem("a", "b", {"c": 1})'
    assert [*_made_in(text)] == [("case_changed", {"note"}), ("busy", {"wait"}), ("a", {"c"})]
    with pytest.raises(AssertionError):
        [*_made_in('Refusal("busy", "y", **more)')]
