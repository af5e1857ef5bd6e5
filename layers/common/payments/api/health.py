"""GET /v1/health: ok if the settings are valid and the store answers. It also answers 404 for all unknown paths."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from payments.api.request import Request
from payments.api.response import Answer
from payments.api.routes import Route
from payments.runtime import VERSION, log
from payments.runtime.invocation import LambdaContext, Wiring, enable_gc, start_clock
from payments.store.contract.errors import StoreUnavailable
from payments.usecases.errors import why_of

_BUDGET_S = 3.0


class Health:
    """The function's handler: calling it with an event returns the answer. `on` copies it with other ports."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self.routes = [Route("GET", "/v1/health", "get_health", "Whether the service works: ok or degraded.")]

    def on(self, wiring: Wiring) -> Health:
        return Health(wiring)

    def __call__(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        request = Request.of(event)
        log.begin(request.id)
        try:
            return self._answer(request, str(event.get("rawPath", "")), context)
        finally:
            enable_gc()

    def _answer(self, request: Request, path: str, context: LambdaContext) -> dict[str, Any]:
        if (request.method, path) != ("GET", self.routes[0].path):
            return _not_routed(request, path)
        is_down = False
        with log.Probe() as probe:
            start_clock(self._wiring, context, _BUDGET_S)
            try:
                self._wiring.ports().store.within("health").get_member("nobody")
            except StoreUnavailable as error:
                is_down = True
                log.note("store.failed", level="WARNING", error=type(error).__name__, why=why_of(error))
        status, http_status = ("degraded", 503) if is_down or probe.has_failed else ("ok", 200)
        log.end(route="GET /v1/health", http_status=http_status, status=status)
        body = json.dumps({"status": status, "version": VERSION}, separators=(",", ":"))
        return Answer(http_status, body).to_event(request.id)


def _not_routed(request: Request, path: str) -> dict[str, Any]:
    from payments.api.paths import problem_of_path

    problem = problem_of_path(request.method, path)
    log.end(route="none", http_status=problem.http_status, code=problem.code)
    body = problem.to_json(request.id)
    return Answer(problem.http_status, body, problem.headers, problem.code).to_event(request.id)
