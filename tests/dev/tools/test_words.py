"""make words: each number counts what its name says, and equals its limit."""

from __future__ import annotations

from pathlib import Path

import pytest

from dev.tools import words
from dev.tools.counts import Number

FORBIDDEN = ("hold", "let_go")


def sources(root: Path, **modules: str) -> Path:
    for name, source in modules.items():
        (root / f"{name}.py").write_text(source)
    return root


@pytest.mark.parametrize("number", words.numbers(), ids=lambda number: number.what)
def test_a_limit_is_what_is_found_now(number: Number) -> None:
    """A limit that is not lowered with its number would allow the number to rise again."""
    assert len(number.found) == number.most, f"{number.what}: {number.found}"
    assert number.goal <= number.most


@pytest.mark.parametrize("name", ["hold", "HOLD", "_hold", "Hold", "hold_ref", "get_hold", "OnHold", "is_let_go_there"])
def test_a_forbidden_term_is_found_as_a_part_of_a_name(name: str) -> None:
    assert words.has_forbidden(name, FORBIDDEN)


@pytest.mark.parametrize("name", ["holder", "threshold", "household", "let", "go", "letgo", "let_us_go"])
def test_a_name_with_other_words_is_not_found(name: str) -> None:
    assert not words.has_forbidden(name, FORBIDDEN)


def test_a_name_is_found_once_a_file_and_those_of_tests_apart(tmp_path: Path) -> None:
    folder = sources(tmp_path, one="def hold(hold):\n    return hold", two="def test_a_hold(): x = 'hold'  # hold")
    assert [*words.forbidden_names((folder,), FORBIDDEN)] == ["one.py hold"]
    assert [*words.forbidden_tests(folder, FORBIDDEN)] == ["two.py test_a_hold"]


def test_a_gateways_own_folder_may_use_its_own_words(tmp_path: Path) -> None:
    folder = tmp_path / "payments/gateways/paypal"
    folder.mkdir(parents=True)
    assert [*words.forbidden_names((sources(folder, wire="hold = 1"),), FORBIDDEN)] == []


def test_a_function_that_is_named_by_a_participle_alone_is_found_outside_the_rules(tmp_path: Path) -> None:
    (tmp_path / "domain").mkdir()
    sources(tmp_path / "domain", rules="def _captured(): ...")
    sources(
        tmp_path,
        steps="def _captured(): ...\nasync def sent(): ...\ndef done(): ...",
        verbs="def speed(): ...\ndef captured_minor(): ...\ndef save(): ...",
        views="class A:\n    @property\n    def refunded(self): ...",
    )
    assert [*words.participles(tmp_path)] == ["steps.py _captured", "steps.py sent", "steps.py done"]


LONG = " ".join(["word"] * (words.WORDS_MAX + 1))


def test_a_long_sentence_of_a_page_is_found_and_no_code_nor_table(tmp_path: Path) -> None:
    page = f"# Title\n\n**Bold.** Short. {LONG}.\n\n- One. {LONG[5:]}\n\n```\n{LONG}\n```\n\n    {LONG}\n\n| {LONG} |\n"
    (tmp_path / "page.md").write_text(f"{page}\n**Bold is a sentence.** {LONG[10:]}\n")
    assert [*words.long_sentences(tmp_path / "page.md")] == [f"page.md: {LONG[:80]}"]


def test_a_long_sentence_of_a_docstring_is_found_and_no_column(tmp_path: Path) -> None:
    columns = f"a  {LONG[10:]}\n    b  {LONG[10:]}"
    folder = sources(tmp_path, one=f'"""Short. {LONG}.\n\n    {columns}\n"""\ndef two():\n    """{LONG}"""')
    assert [*words.long_docstrings(folder)] == [f"one.py: {LONG[:80]}"] * 2
