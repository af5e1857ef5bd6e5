"""make gateway NAME=x: makes adapter, simulator, tests and page of a working sample gateway, and its lines in the
tables.

docs/add-a-gateway.md says how the sample becomes a real gateway.
"""

from __future__ import annotations

import keyword
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = Path(__file__).resolve().parent / "gateway_templates"
HERE = "dev/tools/gateway.py"
REGISTRY = "layers/common/payments/gateways/registry.py"
TEMPLATE = "stacks/data.yaml"
FIRST_PORT = 8101

FOLDERS = {  # Folders of templates, and where they go.
    "adapter": "layers/common/payments/gateways/$name",
    "simulator": "packages/gateway-simulators/gateway_simulators/$name",
    "adapter_tests": "tests/gateways/$name",
    "simulator_tests": "packages/gateway-simulators/simulator_tests/$name",
    "contract": "tests/contract",
    "facts": "layers/common/payments/gateways/facts",
    "assumed": "dev/histories/assumed",
    "page": "docs/gateways",
}
_NAME = re.compile(r"[a-z][a-z0-9_]{1,30}")


class RefusedError(Exception):
    """Nothing was changed; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line for a table: `text` goes before the first line `closing` that follows the line `opening`."""

    path: str
    opening: str
    closing: str
    text: str


LINES = (
    Line(REGISTRY, "GATEWAYS = (", ")", '    "$name",\n'),
    Line(
        TEMPLATE,
        "  PhonePeApiSecret:",
        "  DataKey:",
        """\
  ${cls}ApiSecret:
    Type: AWS::SecretsManager::Secret
    DeletionPolicy: RetainExceptOnCreate
    UpdateReplacePolicy: Retain
    Properties:
      Name: !Sub pavati/$${Stage}/$name/main/api
      Description: 'JSON {"api_key"}; docs/gateways/$name.md'
      KmsKeyId: !GetAtt DataKey.Arn

  ${cls}WebhookSecret:
    Type: AWS::SecretsManager::Secret
    DeletionPolicy: RetainExceptOnCreate
    UpdateReplacePolicy: Retain
    Properties:
      Name: !Sub pavati/$${Stage}/$name/main/webhook
      Description: 'JSON {"webhook_secrets": []}; docs/gateways/$name.md'
      KmsKeyId: !GetAtt DataKey.Arn

""",
    ),
    Line(
        "pyproject.toml",
        'name = "Use cases see contracts, not adapters"',
        '    "payments.gateways.registry",',
        '    "payments.gateways.$name",\n',
    ),
    Line(
        "pyproject.toml",
        'name = "Gateways know nothing of one another"',
        "]",
        '    "payments.gateways.$name",\n',
    ),
)

_NEXT = """\
$title is made, on port $port: a sample that runs. docs/add-a-gateway.md says how it becomes the real one. Next:
  1. Put $name: "$title" into NAMES of dev/local/shop/market.js.
     .venv/bin/pytest tests/contract tests/gateways packages/gateway-simulators/simulator_tests -k $name
     is green now, and stays so. make run serves the simulator with the others.
  2. Write docs/gateways/$name.md from the gateway's documents, each fact with its source; then
     payments/gateways/facts/$name.py and tests/gateways/$name/documented.py; then the simulator from that
     page; then requests.py, wire.py and adapter.py.
  3. Run it against the real sandbox, and write what that shows into the page.
"""


def stamp(name: str, root: Path = ROOT) -> list[str]:
    """Make the gateway; returns the paths made or changed. Raises RefusedError before anything is written."""
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise RefusedError(
            f"{name!r} cannot be a gateway's name: send make gateway NAME=acme_pay, "
            "2 to 31 of a-z, 0-9 and _, a letter first, and no word of Python's"
        )
    words = words_for(name, root)
    made, changed = _made(words, root), _changed(words, root)
    for path, text in {**made, **changed}.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    _tidy([path for path in (*made, *changed) if path.endswith(".py")], root)
    return [*made, *changed]


def _is_used(cls: str) -> bool:
    """Whether the sample itself uses the word."""
    texts = (path.read_text() for path in TEMPLATES.glob("*/*.py.tmpl"))
    return any(re.search(rf"\b{cls}\b", text) for text in texts)


def words_for(name: str, root: Path) -> dict[str, str]:
    """The values for the templates."""
    parts = [part for part in name.split("_") if part]
    known = re.findall(r'^    "(\w+)",$', (root / REGISTRY).read_text(), re.MULTILINE)
    return {
        "name": name,
        "cls": "".join(part.capitalize() for part in parts),
        "title": " ".join(part.capitalize() for part in parts),
        "slug": "-".join(parts),
        "port": str(FIRST_PORT + len(known)),
    }


def _made(words: Mapping[str, str], root: Path) -> dict[str, str]:
    """The new files by path. Raises RefusedError if something with the name exists."""
    made = {}
    for kind, folder in FOLDERS.items():
        for template in sorted((TEMPLATES / kind).glob("*.tmpl")):
            path = f"{fill(folder, words)}/{template.stem.replace('NAME', words['name'])}"
            made[path] = fill(template.read_text(), words)
    modules = {str(Path(path).parent) + ".py" for path in made}
    existing = sorted(path for path in {*made, *modules} if (root / path).exists())
    if f"  {words['cls']}ApiSecret:\n" in (root / TEMPLATE).read_text():
        existing.append(f"{words['cls']}ApiSecret in {TEMPLATE}")
    if existing:
        raise RefusedError(f"{words['name']} exists already: {existing[0]}. Send another NAME, or remove what is there")
    if keyword.iskeyword(words["cls"]) or _is_used(words["cls"]):
        raise RefusedError(
            f"{words['name']!r} cannot be a gateway's name, for the sample's code uses {words['cls']} already: "
            f"send a longer one, for example make gateway NAME={words['name']}_pay"
        )
    return made


def _changed(words: Mapping[str, str], root: Path) -> dict[str, str]:
    """The tables by path, with their new lines."""
    texts: dict[str, str] = {}
    for line in LINES:
        before = texts.get(line.path) or (root / line.path).read_text()
        texts[line.path] = with_line(before, line, words)
    return texts


def with_line(text: str, line: Line, words: Mapping[str, str]) -> str:
    """The text with the line. Raises RefusedError if the table is not found."""
    new, lines = fill(line.text, words), text.splitlines(keepends=True)
    at = _after(lines, line.opening, 0, line)
    end = _after(lines, line.closing, at + 1, line)
    return "".join([*lines[:end], new, *lines[end:]])


def _after(lines: Sequence[str], wanted: str, start: int, line: Line) -> int:
    for number in range(start, len(lines)):
        if lines[number].rstrip("\n") == wanted:
            return number
    raise RefusedError(f"{line.path} has no line {wanted!r}: restore it, or mend LINES in {HERE}")


def fill(text: str, words: Mapping[str, str]) -> str:
    return Template(text).substitute(words)


def _tidy(paths: Sequence[str], root: Path) -> None:
    """The order of imports and the length of lines depend on the name."""
    for command in (["check", "--quiet", "--select", "I", "--fix"], ["format", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *command, *paths], cwd=root, check=True)  # noqa: S603


def main(arguments: Sequence[str]) -> int:
    name = " ".join(arguments)
    try:
        paths = stamp(name)
    except RefusedError as refusal:
        sys.stderr.write(f"{refusal}.\n")
        return 1
    words = words_for(name, ROOT)
    reported = words | {"port": str(int(words["port"]) - 1)}  # The registry has the gateway by now.
    sys.stdout.write("".join(f"  {path}\n" for path in paths) + fill(_NEXT, reported))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
