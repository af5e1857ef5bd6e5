"""make words: identifiers with words for which the trade has better ones, functions named by a participle, long
sentences.
"""

from __future__ import annotations

import ast
import io
import keyword
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

from dev.tools.counts import Number, show

ROOT = Path(__file__).resolve().parents[2]
LAYER, FUNCTIONS = ROOT / "layers/common", ROOT / "functions"
SOURCES = tuple(ROOT / name for name in ("layers", "functions", "packages", "dev"))
TESTS = ROOT / "tests"
PAGES = (
    *sorted((ROOT / "docs").rglob("*.md")),
    *(ROOT / f"{name}.md" for name in ("README", "ARCHITECTURE", "CONTRIBUTING")),
)
WORDS_MAX = 30  # Of a sentence.
_GATEWAY = re.compile(r"payments/gateways/(?!(?:contract|facts|kit|transport)/)\w+/")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PARTICIPLE = re.compile(
    "_*([a-z]+ed|held|sent|made|kept|known|found|told|said|shown|given|taken|written|paid|lost|begun|bought|brought"
    "|built|chosen|done|drawn|frozen|gone|got|heard|hidden|seen|sold|spent|thrown|won)"
)
_NO_PARTICIPLE = frozenset(("need", "speed", "feed", "seed", "embed", "exceed", "proceed", "succeed"))
_SENTENCE_END = re.compile(r"(?:(?<=[.!?])|(?<=[.!?]\*\*))\s+")
_COLUMNS = re.compile(r"\S {2,}\S")
_CODE_BLOCK = re.compile(r"^```.*?^```|^ {4}.*?$", re.MULTILINE | re.DOTALL)


def numbers() -> list[Number]:
    forbidden = read_forbidden(ROOT / "dev/tools/words.txt")
    return [
        Number("identifiers with a forbidden word", tuple(forbidden_names(SOURCES, forbidden)), 0, 0),
        Number("identifiers with one in tests", tuple(forbidden_names((TESTS,), forbidden)), 0, 0),
        Number("names of tests with one", tuple(forbidden_tests(TESTS, forbidden)), 0, 0),
        Number("functions outside the rules named by a participle", tuple(participles(LAYER, FUNCTIONS)), 0, 0),
        Number(f"sentences of docs over {WORDS_MAX} words", tuple(long_sentences(*PAGES)), 0, 0),
        Number(f"sentences of docstrings over {WORDS_MAX} words", tuple(long_docstrings(*SOURCES)), 0, 0),
    ]


def read_forbidden(path: Path) -> tuple[str, ...]:
    return tuple(line for line in path.read_text().split("\n") if line and not line.startswith("#"))


def has_forbidden(name: str, forbidden: tuple[str, ...]) -> bool:
    parts = f"_{_CAMEL.sub('_', name).lower()}_"
    return any(f"_{each}_" in parts for each in forbidden)


def forbidden_names(folders: tuple[Path, ...], forbidden: tuple[str, ...]) -> Iterator[str]:
    """Each name once per file. Names of tests are counted separately."""
    for folder in folders:
        for path in _sources(folder):
            if not _GATEWAY.search(path.as_posix()):
                names = {name for name in _names(path) if not name.startswith("test_")}
                yield from (f"{path.name} {name}" for name in sorted(names) if has_forbidden(name, forbidden))


def forbidden_tests(folder: Path, forbidden: tuple[str, ...]) -> Iterator[str]:
    for path in _sources(folder):
        names = (node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef))
        tests = (name for name in names if name.startswith("test_"))
        yield from (f"{path.name} {name}" for name in tests if has_forbidden(name, forbidden))


def participles(*folders: Path) -> Iterator[str]:
    """A participle as a function's name reads as a fact: only rules, which are pure, may have one."""
    for path in (path for folder in folders for path in _sources(folder)):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
                and "domain" not in path.parts
                and not _is_property(node)
            ):
                found = _PARTICIPLE.fullmatch(node.name)
                if found and found[1] not in _NO_PARTICIPLE:
                    yield f"{path.name} {node.name}"


def long_sentences(*pages: Path) -> Iterator[str]:
    for path in pages:
        prose = _CODE_BLOCK.sub("", path.read_text())
        for paragraph in re.split(r"\n\s*\n|\n(?=[-*#|] ?|\d+\. )", prose):
            if not paragraph.startswith("|"):
                yield from (f"{path.name}: {text}" for text in _too_long(paragraph))


def long_docstrings(*folders: Path) -> Iterator[str]:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for path in (path for folder in folders for path in _sources(folder)):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, kinds):
                for paragraph in (ast.get_docstring(node) or "").split("\n\n"):
                    yield from (f"{path.name}: {text}" for text in _too_long(paragraph))


def _too_long(paragraph: str) -> Iterator[str]:
    """Lines in columns are a table: each stands alone."""
    lines = paragraph.split("\n")
    texts = lines if any(_COLUMNS.search(line) for line in lines) else [" ".join(lines)]
    for sentence in (sentence for text in texts for sentence in _SENTENCE_END.split(" ".join(text.split()))):
        if len(sentence.split()) > WORDS_MAX:
            yield sentence[:80]


def _is_property(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any("property" in ast.unparse(each) for each in node.decorator_list)


def _names(path: Path) -> Iterator[str]:
    for token in tokenize.generate_tokens(io.StringIO(path.read_text()).readline):
        if token.type == tokenize.NAME and not keyword.iskeyword(token.string):
            yield token.string


def _sources(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*.py")) if "node_modules" not in path.parts]


def main() -> int:
    return show(numbers())


if __name__ == "__main__":
    sys.exit(main())
