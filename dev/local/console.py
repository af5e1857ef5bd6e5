"""What a person sees in the terminal: addresses, one line per request, one line per failure."""

import logging
import re
import sys
import threading
import time
from pathlib import Path
from typing import TextIO

from dev.local.invocation import Outcome
from gateway_simulators.kit.messages import Request, Response

_RED, _YELLOW, _GREEN, _DIM = "31", "33", "32", "2"
_LINE_MAX = 300
_LOG_BYTES_MAX = 5 * 1024 * 1024
_DIGIT = r"(?:%(?:25)*3[0-9]|[0-9])"
_BETWEEN = r"(?:[-_/.,+\s]|%(?!(?:25)*3[0-9])[0-9A-Fa-f]{2})"
_CARD_SHAPED = re.compile(rf"{_DIGIT}(?:{_BETWEEN}*+{_DIGIT}){{8,}}")


class Console:
    def __init__(self, output: TextIO = sys.stdout) -> None:
        self._output = output
        self._has_colour = output.isatty()
        self._lock = threading.Lock()

    def say(self, text: str) -> None:
        with self._lock:
            self._output.write(f"{text}\n")
            self._output.flush()

    def request(self, request: Request, response: Response, seconds: float) -> None:
        colour = _GREEN if response.http_status < 400 else _YELLOW if response.http_status < 500 else _RED
        clock = self._paint(_DIM, time.strftime("%H:%M:%S"))
        http_status = self._paint(colour, str(response.http_status))
        path = masked(request.raw_path)  # Without the query, which may hold a token.
        line = f"{clock} {request.method:<6} {path} {http_status} {seconds * 1000:.0f} ms {response.note}"
        self.say(line.rstrip())

    def function_failed(self, function: str, outcome: Outcome) -> None:
        reason = f"{outcome.error}: {outcome.message}".replace("\n", " ")[:_LINE_MAX]
        self.say(self._paint(_RED, f"         {function} failed: {reason} (more in logs/{function}.log)"))

    def event_dropped(self, function: str, payload: bytes) -> None:
        event = payload.decode("utf-8", "replace")[:_LINE_MAX]
        self.say(self._paint(_RED, f"         {function}: event given up after its retries: {event}"))

    def _paint(self, colour: str, text: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._has_colour else text


def masked(path: str) -> str:
    """Mask nine digits or more, whatever is between them: they may be part of a card number."""
    return _CARD_SHAPED.sub("***", path)


def open_logs(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for log in folder.glob("*.log"):
        if log.stat().st_size > _LOG_BYTES_MAX:
            log.replace(log.with_suffix(".log.old"))
    logging.basicConfig(
        filename=folder / "local.log", level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )


def tail(folder: Path, lines: int) -> dict[str, list[str]]:
    return {log.stem: log.read_text(errors="replace").splitlines()[-lines:] for log in sorted(folder.glob("*.log"))}
