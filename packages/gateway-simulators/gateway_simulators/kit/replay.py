"""State that outlives the process: each request that changes the model is recorded, and replayed at the next start.

It works because models do no I/O. The diary is the model's clock, random source and lock. Each act has one instant, so
the same acts in the same order make the same ids, tokens and states.
"""

from __future__ import annotations

import json
import os
import random
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from gateway_simulators.kit.server import SimulatorApp

Entry = dict[str, Any]

# Any header may matter, such as an idempotency key or a version; these only describe the browser.
_NOISE = frozenset(f"HTTP_{name}" for name in ("ACCEPT", "ACCEPT_ENCODING", "ACCEPT_LANGUAGE", "CONNECTION", "COOKIE"))
_NOISE |= {"HTTP_USER_AGENT", "HTTP_REFERER"}
_BEGIN = b'{"seed":'
# Not recorded: somebody may have typed a real card number, and no act depends on it.
_CARD_FIELDS = re.compile(r"\b(number|cvv)=[^&]*")


class Diary:
    def __init__(self, path: Path, clock: Callable[[], float], seed: int | None = None) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._depth = 0
        self._at: float | None = None
        self._asking = threading.local()
        self._is_written = False
        self.is_replaying = False
        entries, length = _read(path)
        self._path = path
        self.rng = random.Random()
        self.stored: dict[str, Any] = entries[0]["kept"] if entries else {}
        self._entries = entries[1:]
        if entries:
            os.truncate(path, length)
            self.rng.seed(entries[0]["seed"])
        else:
            self._begin(self.rng.getrandbits(64) if seed is None else seed)

    def now(self) -> float:
        """The clock's epoch seconds; it stands still during an act."""
        at = self._at
        return self._clock() if at is None else at

    def __enter__(self) -> None:
        self._lock.acquire()
        self._depth += 1
        if self._depth > 1:
            return
        try:
            self._begin_act()
        except OSError:  # For example a full disk: an act that cannot be recorded must not happen.
            self.__exit__()
            raise

    def _begin_act(self) -> None:
        if not self.is_replaying:
            self._at, self._is_written = self._clock(), False
        request = getattr(self._asking, "entry", None)
        if request is not None:
            self._asking.entry = None
            self._write(request)

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if not self._depth and not self.is_replaying:
            self._at = None
        self._lock.release()

    def mark(self) -> None:
        """Record that something fell due without a request, so that its webhooks are not sent again after a restart."""
        self._write({})

    def start_again(self, stored: Mapping[str, Any]) -> None:
        """Forget all acts; keep `stored`, the issued credentials."""
        if not self.is_replaying:
            self.stored = dict(stored)
            self._begin(self.rng.getrandbits(64))

    def replay(self, app: SimulatorApp) -> RecordedApp:
        self.is_replaying = True
        for entry in self._entries:
            self._at = entry["at"]
            _act(app, entry)
        self.is_replaying, self._at, self._entries = False, None, []
        return RecordedApp(app, self)

    def ask(self, entry: Entry | None) -> None:
        """Set the request to record. It is written once this thread has the lock: order in the file is order of the
        acts.
        """
        self._asking.entry = entry

    def _begin(self, seed: int) -> None:
        self.rng.seed(seed)
        self._path.write_bytes(b"")
        self._append({"seed": seed, "kept": self.stored})

    def _write(self, entry: Entry) -> None:
        if not self.is_replaying and not self._is_written:
            self._append({"at": self._at, **entry})
            self._is_written = True

    def _append(self, line: Mapping[str, Any]) -> None:
        with self._path.open("ab") as file:
            file.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")


class RecordedApp:
    def __init__(self, app: SimulatorApp, diary: Diary) -> None:
        self.app = app
        self.outbox = app.outbox
        self._diary = diary

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self._diary.ask(_entry(environ) if _may_change(environ) else None)
        try:
            return self.app(environ, start_response)
        finally:
            self._diary.ask(None)

    def tick(self) -> None:
        self.app.tick()


def _may_change(environ: WSGIEnvironment) -> bool:
    # An API call counts and may use up a fault, even a GET. A GET of a page or of /_sim changes nothing.
    path = environ["PATH_INFO"]
    is_question = path.startswith("/apis/") or (environ.get("HTTP_AUTHORIZATION") and not path.startswith("/_sim/"))
    return environ["REQUEST_METHOD"] not in ("GET", "HEAD") or bool(is_question)


def _entry(environ: WSGIEnvironment) -> Entry:
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = BytesIO(body)
    return {
        "method": environ["REQUEST_METHOD"],
        "path": environ["PATH_INFO"],
        "query": environ.get("QUERY_STRING", ""),
        "type": environ.get("CONTENT_TYPE", ""),
        "headers": {name: environ[name] for name in sorted(environ) if name.startswith("HTTP_") and name not in _NOISE},
        "body": _without_card(environ, body.decode("latin-1")),
    }


def _without_card(environ: WSGIEnvironment, body: str) -> str:
    is_json = "json" in environ.get("CONTENT_TYPE", "")
    return body if is_json else _CARD_FIELDS.sub(r"\1=", body)


def _act(app: SimulatorApp, entry: Entry) -> None:
    if "method" not in entry:
        return app.tick()
    body = entry["body"].encode("latin-1")
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": entry["method"],
        "PATH_INFO": entry["path"],
        "QUERY_STRING": entry["query"],
        "CONTENT_TYPE": entry["type"],
        "CONTENT_LENGTH": str(len(body)),
        **entry["headers"],
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
    }
    try:
        app(environ, _ignore_start)
    except Exception:  # noqa: BLE001 - It ended so the first time, too: a lost answer, say.
        return None
    return None


def _ignore_start(*_: object) -> Any:
    return None


def _read(path: Path) -> tuple[list[Entry], int]:
    """The complete entries, and their length in bytes. A killed process may have left half a line."""
    entries: list[Entry] = []
    length = 0
    content = path.read_bytes() if path.exists() else b""
    for line in content.splitlines(keepends=True):
        try:
            entry = json.loads(line)
        except ValueError:
            break
        if not line.endswith(b"\n"):
            break
        entries.append(entry)
        length += len(line)
    if not (_is_ours(entries) if entries else _is_half_begun(content)):
        raise ValueError(f"{path} is not a simulator's state: choose another file, or delete it")
    return entries, length


def _is_half_begun(content: bytes) -> bool:
    """Whether it is empty, or what a process left that was killed in its first line."""
    return b"\n" not in content and _BEGIN.startswith(content[: len(_BEGIN)])


def _is_ours(entries: list[Entry]) -> bool:
    is_begun = isinstance(entries[0], dict) and {"seed", "kept"} <= set(entries[0])
    return is_begun and all("headers" in entry for entry in entries[1:] if "method" in entry)
