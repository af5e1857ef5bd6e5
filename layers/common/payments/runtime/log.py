"""Log lines and metrics. A line has only allowed fields. A request has one line, which lists its events."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from payments.domain.values.masking import WITHHELD, masked

if TYPE_CHECKING:
    from aws_lambda_powertools import Metrics

_NAMESPACE = "Pavati"
_SERVICE = os.environ.get("POWERTOOLS_SERVICE_NAME", "pavati")  # Includes the stage: an AWS account may have several.
logger = Logger(service=_SERVICE, location=None)

# Codes, ids, counts and times; `why` and `earlier` are sentences. There is no field for a body, query, token, header
# or name.
# fmt: off
FIELDS = frozenset(
    {
        "route", "http_status", "code", "duration_ms", "request_id", "workspace_id", "payment_id",
        "attempt_id", "refund_id", "delivery_id", "report_id", "gateway", "kind", "subject", "subject_id",
        "status", "from_status", "to_status", "actor", "cause", "why", "state", "event_type", "job", "count",
        "error", "frames", "causes", "case_id", "amount_minor", "currency", "gateway_code", "reason", "shard",
        "operation", "account", "earlier", "field", "form", "sent", "role", "events",
    }
)
# fmt: on
_LENGTH_MAX = 500
# Codes, routes and our ids repeat on each line of a request. Only these may be cached.
_CACHEABLE = re.compile(r"[a-z]{2,3}_[0-9A-Z]{26}|(?:[A-Za-z_./{}: -]|v1){1,80}")
_WRITE = {"DEBUG": logger.debug, "INFO": logger.info, "WARNING": logger.warning, "ERROR": logger.error}
_USUAL_LEVEL = logger.log_level


def note(what: str, level: str = "INFO", **fields: object) -> None:
    """Log one line. Fields that are not allowed are dropped; secret and personal parts of a text are masked.

    `level` INFO: an event; during a request it is added to the request's line. WARNING: a failure that the system
    handles alone. ERROR: a person has to act. DEBUG: dropped unless the request's workspace is being debugged.
    """
    if level == "INFO" and _requests and _requests[0].takes(what, fields):
        return
    _WRITE[level](what, extra=_filter(fields))


def is_debugging() -> bool:
    return logger.log_level <= logging.DEBUG


def debug(*, is_on: bool) -> None:
    """Switch DEBUG lines on or off."""
    level = logging.DEBUG if is_on else _USUAL_LEVEL
    if logger.log_level != level:  # Setting it is slow: it clears the cache of all loggers.
        logger.setLevel(level)


def begin(request_id: str) -> None:
    """Begin a request: until `end` every line has its id."""
    _requests[:] = [_Request()]
    logger.append_keys(request_id=request_id)


def end(**answer: object) -> None:
    """Write the request's line: the fields of its answer, and its events."""
    request = _requests.pop()
    filled = {name: value for name, value in answer.items() if value not in ("", None)}
    events = {"events": "; ".join(request.events)} if request.events else {}
    logger.info("request", extra=_filter({**answer, **request.facts, **filled, **events}))
    logger.remove_keys(["request_id"])


class _Request:
    """The events of the current request, all about one payment."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.facts: dict[str, object] = {}

    def takes(self, what: str, fields: dict[str, object]) -> bool:
        """Add the event to the request's line. Return False if it is about a second payment, or the line is full."""
        known, payment_id = self.facts.get("payment_id"), fields.get("payment_id")
        event = _event(what, fields)
        if (known and payment_id and known != payment_id) or len("; ".join([*self.events, event])) > _LENGTH_MAX:
            return False
        self.events.append(event)
        self.facts |= {name: value for name, value in fields.items() if name not in _OF_EVENT}
        return True


_OF_EVENT = ("subject_id", "from_status", "to_status")


def _event(what: str, fields: dict[str, object]) -> str:
    subject, before, after = (str(fields.get(name, "")) for name in _OF_EVENT)
    return " ".join(filter(None, (what, subject, before and after and f"{before}>{after}")))


_requests: list[_Request] = []  # The current request, if any.


def crash(error: BaseException) -> None:
    """Log an unexpected error: its class and stack, but not its text, which may quote a request."""
    causes: list[str] = []
    cause = error.__cause__ or error.__context__
    while cause is not None and len(causes) < 5:
        causes.append(type(cause).__name__)
        cause = cause.__cause__ or cause.__context__
    logger.error("crash", extra={"error": type(error).__name__, "causes": causes, "frames": _frames(error)})


def _frames(error: BaseException) -> list[str]:
    frames, step = [], error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        frames.append(f"{'/'.join(code.co_filename.split('/')[-3:])}:{step.tb_lineno}:{code.co_name}")
        step = step.tb_next
    return frames[-30:]


def _filter(fields: dict[str, object]) -> dict[str, object]:
    return {name: _safe(value) for name, value in fields.items() if name in FIELDS}


def _safe(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value)
    return _safe_cached(text) if _CACHEABLE.fullmatch(text) else _text(text)


@lru_cache(maxsize=256)
def _safe_cached(text: str) -> str:
    return _text(text)


def _text(text: str) -> str:
    from payments.runtime.card_numbers import has_card_number

    return WITHHELD if has_card_number(text) else masked(text, _LENGTH_MAX)


class Withheld(Exception):
    """Replaces an error whose text must not appear in Lambda's own log."""


class Guard:
    """Logs an unexpected error without its text and raises `Withheld` instead. `expected` classes pass unchanged."""

    def __init__(self, *expected: type[Exception]) -> None:
        self._expected = expected

    def __enter__(self) -> Guard:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, self._expected):
            crash(error)
            raise Withheld(type(error).__name__) from None


class Probe:
    """Runs a block of code and suppresses its error, which is logged without its text and remembered."""

    has_failed = False

    def __enter__(self) -> Probe:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, Exception):
            return False
        crash(error)
        self.has_failed = True
        return True


_metrics: list[Metrics] = []
_counting = Lock()  # Powertools' metrics are not thread-safe.


def count(name: str, number: int = 1) -> None:
    """Add to a metric of this invocation; `flush` sends them."""
    from aws_lambda_powertools import Metrics
    from aws_lambda_powertools.metrics import MetricUnit

    with _counting:
        if not _metrics:
            _metrics.append(Metrics(namespace=_NAMESPACE, service=_SERVICE))
        _metrics[0].add_metric(name, MetricUnit.Count, number)


def flush() -> None:
    if _metrics:
        _metrics.pop().flush_metrics()


@contextmanager
def flushing() -> Iterator[None]:
    """Send the metrics at the end of the block, even after an error."""
    try:
        yield
    finally:
        flush()
