"""/_local: what a developer and the tests need beside the API. None of it ships."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dev.local.advance import DAYS_MAX, Advance, AlreadyAdvancingError
from dev.local.blueprint import ScheduleSpec
from dev.local.clock import Clock
from dev.local.console import tail
from dev.local.faults import WANTED as FAULTS_WANTED
from dev.local.faults import Faults
from dev.local.functions import Functions, NoSuchFunctionError
from dev.local.issuer import TOKEN_SECONDS, Issuer
from dev.local.machines import Machines
from dev.local.pool import ThrottledError
from dev.local.schedules import next_run
from gateway_simulators.kit.messages import Request, Response, json_response, message

PREFIX = "/_local/"
_LINES = 50
_TOKEN_WANTED = 'Send {"sub": "owner"}, and "ttl_s" as whole seconds if you like'
_DAYS_WANTED = f'Send {{"advance_days": 31}}: a number above 0, at most {DAYS_MAX}'
Answer = Callable[[Request, str], Response]


@dataclass(frozen=True)
class Control:
    issuer: Issuer
    functions: Functions
    machines: Machines
    schedules: tuple[ScheduleSpec, ...]
    clock: Clock
    logs: Path
    advance: Advance
    faults: Faults

    def __call__(self, request: Request) -> Response:
        name = request.path.removeprefix(PREFIX)
        answers: Mapping[tuple[str, str], Answer] = {
            ("GET", ".well-known/openid-configuration"): lambda *_: json_response(200, self.issuer.discovery),
            ("GET", ".well-known/jwks.json"): lambda *_: json_response(200, self.issuer.public_keys),
            ("POST", "token"): self._token,
            ("GET", "status"): self._status,
            ("GET", "logs"): self._logs,
            ("POST", "clock"): self._advance,
            ("POST", "executions/stop"): self._stop_executions,
            ("POST", "faults"): self._arm,
            ("GET", "faults"): lambda *_: json_response(200, {"armed": self.faults.list()}),
            ("DELETE", "faults"): self._clear_faults,
            ("POST", "schedules/*"): self._run_schedule,
            ("POST", "workers/*/kill"): self._kill_worker,
        }
        subject = ""
        parts = name.split("/")
        if len(parts) > 1 and parts[0] in ("schedules", "workers"):
            subject, parts[1] = parts[1], "*"
        answer = answers.get((request.method, "/".join(parts)))
        if answer is None:
            return message(404, "Not Found")
        try:
            return answer(request, subject)
        except ValueError as fault:
            return message(400, str(fault))

    def _token(self, request: Request, _: str) -> Response:
        requested = _object(request, _TOKEN_WANTED)
        subject, ttl_seconds = requested.get("sub"), requested.get("ttl_s", TOKEN_SECONDS)
        if not isinstance(subject, str) or not subject or type(ttl_seconds) is not int:
            raise _BadRequestError(_TOKEN_WANTED)
        token = self.issuer.token(subject, ttl_seconds)
        return json_response(200, {"access_token": token, "token_type": "Bearer", "expires_in": ttl_seconds})

    def _status(self, request: Request, _: str) -> Response:
        return json_response(
            200,
            {
                "functions": {name: asdict(status) for name, status in self.functions.status().items()},
                "executions": self.machines.count(),
                "accepts_executions": self.machines.accepts_starts,
                "clock": {"now": self.clock.now(), "speed": self.clock.speed},
            },
        )

    def _advance(self, request: Request, _: str) -> Response:
        requested = _object(request, _DAYS_WANTED)
        # An unknown field is refused, not ignored.
        days = requested.get("advance_days") if len(requested) == 1 else None
        if isinstance(days, bool) or not isinstance(days, int | float) or not 0 < days <= DAYS_MAX:
            raise _BadRequestError(_DAYS_WANTED)
        try:
            return json_response(200, self.advance(days))
        except AlreadyAdvancingError:
            return message(409, "The clock is being put forward already: wait until that is done")

    def _logs(self, request: Request, _: str) -> Response:
        lines = dict(request.query_values).get("lines", str(_LINES))
        if not lines.isdigit():
            raise _BadRequestError("lines must be a whole number")
        return json_response(200, tail(self.logs, int(lines)))

    def _run_schedule(self, request: Request, function: str) -> Response:
        schedules = [schedule for schedule in self.schedules if schedule.function == function]
        if not schedules:
            known = sorted({schedule.function for schedule in self.schedules})
            return json_response(404, {"message": f"No schedule of {function}", "functions": known})
        event = _object(request).get("event")
        chosen = next((schedule for schedule in _soonest_first(schedules) if event in (None, schedule.event)), None)
        if chosen is None:
            events = [schedule.event for schedule in schedules]
            return json_response(404, {"message": f"{function} has no schedule {event}", "events": events})
        return self._call(function, chosen.input.encode())

    def _call(self, function: str, payload: bytes) -> Response:
        try:
            outcome = self.functions.call(function, payload)
        except ThrottledError:
            return message(429, "Rate Exceeded.")
        assert outcome is not None
        return Response(
            500 if outcome.error else 200, outcome.payload, [("content-type", "application/json")], function
        )

    def _stop_executions(self, request: Request, _: str) -> Response:
        start = _object(request).get("start")
        if start not in (None, "on", "off"):
            raise _BadRequestError('"start" is "on" or "off"')
        if start:
            self.machines.accepts_starts = start == "on"
        stopped = 0 if start == "on" else self.machines.stop_all()
        return json_response(200, {"stopped": stopped, "accepts_executions": self.machines.accepts_starts})

    def _arm(self, request: Request, _: str) -> Response:
        return json_response(200, asdict(self.faults.arm(_object(request, FAULTS_WANTED))))

    def _clear_faults(self, request: Request, _: str) -> Response:
        self.faults.clear()
        return json_response(200, {"armed": []})

    def _kill_worker(self, request: Request, function: str) -> Response:
        try:
            pid = self.functions.pool(function).kill_one()
        except NoSuchFunctionError:
            return json_response(
                404, {"message": f"No function {function}", "functions": sorted(self.functions.status())}
            )
        return json_response(200, {"killed": pid}) if pid else message(409, f"{function} has no worker now")


class _BadRequestError(ValueError):
    pass


def _object(request: Request, wanted: str = "Send a JSON object") -> dict[str, Any]:
    try:
        requested = request.json()
    except (ValueError, RecursionError):
        requested = None
    if not isinstance(requested, dict):
        raise _BadRequestError(wanted)
    return requested


def _soonest_first(schedules: Iterable[ScheduleSpec]) -> list[ScheduleSpec]:
    return sorted(schedules, key=lambda schedule: next_run(schedule.expression, 0))
