"""Local stacks as `make run` starts them: of this checkout or of an older commit.

Each also has a function that only says hello, behind the same API and authorizer.
"""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from dev.bench import processes
from dev.bench.packages import CACHE, ROOT
from dev.bench.table import say
from dev.local.testing import RunningStack, running_stack

HELLO = "/bench/hello"
WORKERS = 4  # Of each function.
_SPEED = 0.02  # The first check of a payment comes after 22 s: here after 18 minutes, when the measurement is over.
_HANDLER = Path(__file__).with_name("handlers") / "hello"
_FUNCTION = f"""Resources:
  BenchHelloFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: hello/
      Events:
        Hello:
          Type: HttpApi
          Properties: {{ApiId: !Ref HttpApi, Method: POST, Path: "{HELLO}"}}
"""
_STACK, _SIMULATORS, _FUNCTIONS = "the stack's process", "the simulators' process", "the functions' processes"
CPU_PARTS = (_STACK, _FUNCTIONS, _SIMULATORS)
_PARTS_BY_MODULE = {"gateway_simulators": _SIMULATORS, "awslambdaric": _FUNCTIONS}
_SETTLED_MS = 3.0
_CHECK_EVERY_S = 0.1
_SETTLE_S_MAX = 20.0


class NoSuchCommit(Exception):
    """Git has no commit of that name."""


@dataclass(frozen=True, slots=True)
class Checkout:
    name: str
    root: Path


OURS = Checkout("ours", ROOT)


def checkout_of(commit: str) -> Checkout:
    """A copy of that commit's files. Raises NoSuchCommit."""
    found = _git("rev-parse", "--verify", f"{commit}^{{commit}}")
    if found.returncode:
        raise NoSuchCommit(f"no commit {commit!r} here: {found.stderr.decode().strip()}")
    full_name = found.stdout.decode().strip()
    root = CACHE / "against" / full_name
    shutil.rmtree(root, ignore_errors=True)
    with tarfile.open(fileobj=BytesIO(_git("archive", full_name).stdout)) as tree:
        tree.extractall(root, filter="data")
    return Checkout(commit, root)


def _git(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False)


@contextmanager
def running(checkout: Checkout) -> Iterator[RunningStack]:
    """A stack with ports of its own and an empty state."""
    say(f"starting a local stack, {checkout.name} ...")
    template = _template_with_hello(checkout)
    with running_stack(workers=WORKERS, speed=_SPEED, template=template, root=checkout.root) as stack:
        yield stack


def _template_with_hello(checkout: Checkout) -> Path:
    """The folders in it are the checkout's own."""
    place = CACHE / "with-hello" / checkout.root.name
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for folder in ("functions", "layers", "statemachines", "stacks"):
        (place / folder).symlink_to(checkout.root / folder)  # A checkout from before the nested stacks has no stacks/.
    (place / "hello").symlink_to(_HANDLER)
    before, after = (checkout.root / "template.yaml").read_text().split("\nResources:\n")
    (place / "template.yaml").write_text(f"{before}\n{_FUNCTION}\n{after}")
    return place / "template.yaml"


def cpu_ms(stack: RunningStack) -> dict[str, float]:
    """Milliseconds used so far by each of CPU_PARTS; empty where the system does not report it."""
    if not processes.IS_KNOWN:
        return {}
    used = dict.fromkeys(CPU_PARTS, 0.0) | {_STACK: processes.used_ms(stack.process.pid)}
    for pid in processes.children_of(stack.process.pid):
        with suppress(OSError):  # It has ended meanwhile.
            command = processes.command_of(pid)
            part = next((part for module, part in _PARTS_BY_MODULE.items() if module in command), _STACK)
            used[part] += processes.used_ms(pid)
    return used


def settle(stack: RunningStack) -> None:
    """Wait for everything that the last requests started: executions begin after the answer."""
    give_up_at, used = time.monotonic() + _SETTLE_S_MAX, sum(cpu_ms(stack).values())
    while time.monotonic() < give_up_at:
        time.sleep(_CHECK_EVERY_S)
        before, used = used, sum(cpu_ms(stack).values())
        if used - before < _SETTLED_MS:
            return
