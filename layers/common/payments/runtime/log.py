"""Log lines and metrics. Lines have allowed fields only; a request has one line, with its events."""

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
_SERVICE = os.environ.get("POWERTOOLS_SERVICE_NAME", "pavati")  # With the stage: accounts may hold several.
logger = Logger(service=_SERVICE, location=None)

# Words, ids, counts and times. A body, a query, a token, a header or a name of a person has no field here. `why` and
# `earlier` are sentences.
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
# Words, routes and our ids come again with each line of a request. Nothing else is kept in memory.
_CACHEABLE = re.compile(r"[a-z]{2,3}_[0-9A-Z]{26}|(?:[A-Za-z_./{}: -]|v1){1,80}")
_WRITE = {"DEBUG": logger.debug, "INFO": logger.info, "WARNING": logger.warning, "ERROR": logger.error}
_USUAL_LEVEL = logger.log_level


def note(what: str, level: str = "INFO", **fields: object) -> None:
    """Log a decision. A field that is not allowed is left out; what is secret or personal in a text is withheld.

    `level`: INFO for what happened; while a request is answered, it becomes an event of the request's line. WARNING
    where the system copes alone with what went wrong, ERROR where somebody has to act. DEBUG lines are for the requests
    of a workspace that is debugged, and dropped otherwise.
    """
    if level == "INFO" and _requests and _requests[0].takes(what, fields):
        return
    _WRITE[level](what, extra=_filter(fields))


def is_debugging() -> bool:
    return logger.log_level <= logging.DEBUG


def debug(*, is_on: bool) -> None:
    """Whether DEBUG lines are written from here on."""
    level = logging.DEBUG if is_on else _USUAL_LEVEL
    if logger.log_level != level:  # Setting it is dear: logging forgets what it knows of all loggers.
        logger.setLevel(level)


def begin(request_id: str) -> None:
    """From here to `end` every line carries this request's id."""
    _requests[:] = [_Request()]
    logger.append_keys(request_id=request_id)


def end(**answer: object) -> None:
    """Write the line of the request that began: the fields of its answer, and what happened in it."""
    request = _requests.pop()
    filled = {name: value for name, value in answer.items() if value not in ("", None)}
    events = {"events": "; ".join(request.events)} if request.events else {}
    logger.info("request", extra=_filter({**answer, **request.facts, **filled, **events}))
    logger.remove_keys(["request_id"])


class _Request:
    """What has happened so far in the request that is being answered, as far as it is about one payment."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.facts: dict[str, object] = {}

    def takes(self, what: str, fields: dict[str, object]) -> bool:
        """Whether it is in the request's line from now on: not what is about a second payment, or too much for it."""
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


_requests: list[_Request] = []  # The one that is being answered, if any.


def crash(error: BaseException) -> None:
    """An error nobody expected: its class and where it came from. Its text may quote a request, so it stays out."""
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
    """Stands for an error whose text must not reach the runtime's own log."""


class Guard:
    """Lets no unexpected error out as it is: logs it without its values and raises `Withheld` in its place."""

    def __init__(self, *expected: type[Exception]) -> None:
        self._expected = expected

    def __enter__(self) -> Guard:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, self._expected):
            crash(error)
            raise Withheld(type(error).__name__) from None


class Probe:
    """Tries something: whatever fails is logged without its values and remembered."""

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
_counting = Lock()  # Metrics of Powertools are not made for threads.


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
    """Metrics go out however the body ends."""
    try:
        yield
    finally:
        flush()
