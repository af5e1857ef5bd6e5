"""HTTP helpers for simulators: routes on werkzeug, JSON answers, and errors for answers that never arrive."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, MapAdapter, Rule
from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

View = Callable[..., Response]


class RefusedError(ConnectionRefusedError):
    """The connection is refused: nothing was done and no byte was answered."""


class AnswerLostError(ConnectionResetError):
    """The gateway acted, but its answer is lost."""


class AdminError(Exception):
    """A bad request to the controls; the text says what is allowed."""

    def __init__(self, message: str, http_status: int = 400) -> None:
        super().__init__(message)
        self.http_status = http_status


def json_answer(content: object, http_status: int = 200) -> Response:
    return Response(json.dumps(content, ensure_ascii=False), http_status, content_type="application/json")


def read_json_object(request: Request) -> dict[str, Any] | None:
    """The body's JSON object; None if the body is anything else."""
    try:
        body = json.loads(request.get_data() or b"{}")
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def admin_body(request: Request, allowed: Mapping[str, str]) -> dict[str, Any]:
    body = read_json_object(request)
    fields = ", ".join(f"{name} ({what})" for name, what in allowed.items())
    if body is None:
        raise AdminError(f"the body must be a JSON object with: {fields}")
    unknown = sorted(set(body) - set(allowed))
    if unknown:
        raise AdminError(f"unknown {', '.join(unknown)}; allowed: {fields}")
    return body


@cache
def _map_of(routes: tuple[tuple[str, str], ...]) -> Map:
    """Cached: compiling routes is slow, and a simulation makes many apps."""
    rules = [Rule(path, endpoint=number, methods=[method]) for number, (method, path) in enumerate(routes)]
    return Map(rules, strict_slashes=False)


class Router:
    """A WSGI application made of routes; a subclass defines the answer to an unknown path."""

    def __init__(self, routes: Iterable[tuple[str, str, View]]) -> None:
        self._views = tuple(routes)
        self._map = _map_of(tuple((method, path) for method, path, _ in self._views))

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        return self.answer(request)(environ, start_response)

    def answer(self, request: Request) -> Response:
        try:
            number, arguments = self._adapter(request).match()
            answer: Response = self._views[number][2](request, **arguments)
            return answer
        except AdminError as problem:
            return json_answer({"error": str(problem)}, problem.http_status)
        except HTTPException as problem:
            return self.no_such_route(request, problem)

    def no_such_route(self, request: Request, problem: HTTPException) -> Response:
        return json_answer(
            {"error": f"{problem.code} {problem.name}: {request.method} {request.path}"}, problem.code or 500
        )

    def _adapter(self, request: Request) -> MapAdapter:
        return self._map.bind_to_environ(request.environ)
