"""The table "Where is X" of CONTRIBUTING.md: each path is there, holds the bold words, and defines the name."""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

import pytest

from dev.tools.expand import ROOT

_PACKAGE = "layers/common/payments/"  # In nearly every path, so no word is found in it.
_ROW = re.compile(r"^\| (.+) \| `([\w/]+\.py)` \| `(\w+)` \|$", re.MULTILINE)


class Question(NamedTuple):
    text: str
    path: str
    name: str

    @property
    def bold(self) -> list[str]:
        """The bold words, in the singular."""
        return [each.lower().removesuffix("s") for each in re.findall(r"\*\*(\w+)\*\*", self.text)]


def table() -> str:
    return (ROOT / "CONTRIBUTING.md").read_text().split("### Where is X\n")[1].split("\n## ")[0]


QUESTIONS = [Question(*row) for row in _ROW.findall(table())]


def test_the_table_has_every_question_and_no_row_that_is_not_read() -> None:
    assert len({question.text for question in QUESTIONS}) == 24
    assert len(re.findall(r"^\| (?!where is|-)", table().replace("|---", "| -"), re.MULTILINE)) == 24


def plain(question: Question) -> str:
    return question.text.replace("*", "")


@pytest.mark.parametrize("question", QUESTIONS, ids=plain)
def test_the_path_holds_the_bold_words_and_defines_the_name(question: Question) -> None:
    path = question.path.removeprefix(_PACKAGE)
    assert question.bold
    assert [each for each in question.bold if each not in path] == []
    tree = ast.parse((ROOT / question.path).read_text())
    assert question.name in [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]


@pytest.mark.parametrize("question", [each for each in QUESTIONS if each.text.endswith(" route")], ids=plain)
def test_a_route_is_in_a_handler_or_is_a_use_case_that_one_calls(question: Question) -> None:
    handlers = {str(path.relative_to(ROOT)): path.read_text() for path in (ROOT / "functions").glob("*/handler.py")}
    module = question.path.rpartition("/")[2].removesuffix(".py")
    called = [path for path, text in handlers.items() if f" {module}.{question.name}(" in text]
    assert question.path in handlers or called
