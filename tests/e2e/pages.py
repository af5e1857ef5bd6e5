"""The commands of a page: each is run against the running stack, or is marked as needing AWS."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

NEEDS_AWS = "needs AWS"
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^(aws|curl|call|logs|ws|output|metric|\.venv/bin/\S+) ")


@dataclass(frozen=True)
class Block:
    section: str  # The heading, without its marks.
    line: int
    language: str
    text: str

    @property
    def needs_aws(self) -> bool:
        return NEEDS_AWS in self.text.partition("\n")[0]

    @property
    def commands(self) -> str:
        """Without the lines that need AWS."""
        return "\n".join(line for line in self.text.splitlines() if NEEDS_AWS not in line)


def blocks(page: Path) -> list[Block]:
    text = page.read_text()
    found = []
    for fence in _FENCE.finditer(text):
        indent, language, body = fence.groups()
        before = text[: fence.start()]
        section = re.findall(r"^##+ (.+)$", before, re.MULTILINE)
        lines = [line.removeprefix(indent) for line in body.splitlines()]
        found.append(Block(section[-1] if section else "", before.count("\n") + 1, language, "\n".join(lines)))
    return found


def of(page: Path, section: str) -> list[Block]:
    return [block for block in blocks(page) if block.section == section]


def prose(page: Path) -> str:
    return _FENCE.sub("", page.read_text())


def stray_commands(page: Path) -> list[str]:
    """Commands outside of a block, which no test runs. Those on a line marked as needing AWS are fine."""
    lines = (line for line in prose(page).splitlines() if NEEDS_AWS not in line)
    spans = (span for line in lines for span in re.findall(r"`([^`]+)`", line))
    return [span for span in spans if _COMMAND.match(span)]


def sections(page: Path, depth: str = "##") -> dict[str, str]:
    """The text of each section by its heading; deeper ones are part of it."""
    parts = re.split(rf"^{depth} (.+)$", page.read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def is_shown(line: str, output: str) -> bool:
    """… stands for any text within a line."""
    pattern = ".*".join(re.escape(part) for part in line.strip().split("…"))
    return re.search(pattern, output) is not None
