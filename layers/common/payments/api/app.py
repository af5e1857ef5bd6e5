"""The HTTP API of a function: routing, authorization, input checks, errors and logs. Handlers declare the routes."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import unquote

from payments.api.auth import Caller, caller_of
from payments.api.call import Call, Result
from payments.api.errors import Problem, Refusal, problem_of
from payments.api.guards.cards import refuse_cards
from payments.api.request import Request
from payments.api.response import Answer
from payments.api.role_cache import RoleCache
from payments.api.routes import Route, is_of
from payments.domain.records.workspace import is_debugged
from payments.domain.values.ids import APPROVAL, DISPUTE, PAYMENT, RECONCILIATION, REFUND, is_id
from payments.runtime import log
from payments.runtime.invocation import LambdaContext, Wiring, enable_gc, start_clock
from payments.runtime.settings import Settings
from payments.store.contract.claims import StoredAnswer
from payments.store.contract.errors import InvalidWorkspace
from payments.usecases.errors import why_of
from payments.usecases.payment.policies import report_invalid

if TYPE_CHECKING:
    from payments.usecases.idempotency import Key

Event: TypeAlias = Mapping[str, Any]
_IS_POSSIBLE: dict[str, Callable[[str], object]] = {
    "payment_id": partial(is_id, PAYMENT),
    "refund_id": partial(is_id, REFUND),
    "dispute_id": partial(is_id, DISPUTE),
    "reconciliation_id": partial(is_id, RECONCILIATION),
    "approval_id": partial(is_id, APPROVAL),
    "case_id": re.compile(r"[a-z_]{1,40}:[A-Za-z0-9_-]{1,192}").fullmatch,  # Square's names have up to 192.
}
_SHOWN = {"amount": "amount_minor", "currency": "currency"}  # Logged: their forms leave no room for personal data.


Handler: TypeAlias = Callable[..., Result]


class Api:
    """The routes of one function. Calling it with an event returns the answer. `on` copies it with other ports."""

    def __init__(self, name: str, wiring: Wiring, budget_s: float = 25.0) -> None:
        self.name, self._wiring, self._budget_s = name, wiring, budget_s
        self.routes: list[Route] = []
        self._handlers: list[Handler] = []
        self._roles: RoleCache | None = None
        self._facts: dict[str, Any] = {}  # Of the current request; an instance serves one at a time.

    def get(self, path: str, **more: Any) -> Callable[[Handler], Handler]:
        return self._route("GET", path, more)

    def post(self, path: str, **more: Any) -> Callable[[Handler], Handler]:
        return self._route("POST", path, more)

    def on(self, wiring: Wiring) -> Api:
        other = Api(self.name, wiring, self._budget_s)
        for route, handler in zip(self.routes, self._handlers, strict=True):
            other._add(route, handler)
        return other

    def __call__(self, event: Event, context: LambdaContext) -> dict[str, Any]:
        request = Request.of(event)
        log.begin(request.id)
        self._facts = {"request": request, "started_at": time.perf_counter()}
        try:
            start_clock(self._wiring, context, self._budget_s)
            answer, payment_id = self._route_request(request)
        except Exception as error:  # noqa: BLE001  The edge: one table answers every error, known or not.
            answer, payment_id = self._problem(error)
        try:
            return self._respond(answer, payment_id)
        finally:
            log.debug(is_on=False)  # The next request may be for another workspace.
            log.flush()
            enable_gc()

    def _route_request(self, request: Request) -> tuple[Answer, str]:
        """Return the matching handler's answer, and the payment id of the path."""
        routes = zip(self.routes, self._handlers, strict=True)
        fitting = {route.method: (route, handler) for route, handler in routes if is_of(route.path, request.path)}
        if request.method in fitting:
            route, handler = fitting[request.method]
            self._note_facts(route=route)
            path = _path_parameters(route.path, request.path)
            return self._answer(route, handler, path), path.get("payment_id", "")
        methods = sorted(fitting)
        if not methods:
            raise Refusal("not_found")
        raise Refusal("method_not_allowed", f"Send {' or '.join(methods)} to this path.", allow=methods)

    def _note_facts(self, **facts: Any) -> None:
        self._facts.update(facts)

    def _route(self, method: str, path: str, more: dict[str, Any]) -> Callable[[Handler], Handler]:
        def declare(handler: Handler) -> Handler:
            summary = (handler.__doc__ or "").strip().split("\n")[0]
            self._add(Route(method, path, handler.__name__, summary, **more), handler)
            return handler

        return declare

    def _add(self, route: Route, handler: Handler) -> None:
        self.routes.append(route)
        self._handlers.append(handler)

    def _answer(self, route: Route, handler: Handler, path: dict[str, str]) -> Answer:
        request: Request = self._facts["request"]
        caller = self._caller(route, request, path)
        _refuse_malformed_ids(path)
        inputs = _inputs(route, request)
        if caller and log.is_debugging():
            _log_received(route, caller, inputs, path)
        ports = self._wiring.ports()
        settings = self._wiring.settings()
        key = _key(route, request, caller, inputs, settings) if route.idempotent and caller else None
        call = Call(request, route, ports, settings, caller, key)
        return _answer_of(handler(call, *inputs, **path), route.status)

    def _caller(self, route: Route, request: Request, path: dict[str, str]) -> Caller | None:
        if not route.roles:
            return None
        caller = caller_of(request.claims, request.headers, self._load_roles(), route.roles)
        self._note_facts(caller=caller)
        if caller.workspace and caller.workspace.debug_until:
            log.debug(is_on=is_debugged(caller.workspace.debug_until, self._wiring.ports().clock.now()))
        _refuse_cards_around(request, path)
        return caller

    def _load_roles(self) -> RoleCache:
        if self._roles is None:
            ports = self._wiring.ports()
            self._roles = RoleCache(
                lambda workspace_id, subject: ports.store.within(workspace_id).get_member(subject), ports.clock
            )
        return self._roles

    def _problem(self, error: Exception) -> tuple[Answer, str]:
        route: Route | None = self._facts.get("route")
        caller: Caller | None = self._facts.get("caller")
        is_staff = caller is not None and caller.is_staff
        problem = problem_of(error, route.recodes if route else None, is_staff=is_staff)
        if problem.code == "internal_error":
            log.crash(error)
        if problem.code == "store_unavailable":
            log.note("store.failed", level="WARNING", error=type(error).__name__, why=why_of(error))
        if isinstance(error, InvalidWorkspace):
            report_invalid(error, log.note, log.count)
        if log.is_debugging():
            _log_refused(route, problem, error)
        request_id = self._facts["request"].id
        payment_id = str(problem.details.get("payment_id", ""))
        body = problem.to_json(request_id)
        return Answer(problem.http_status, body, problem.headers, problem.code), payment_id

    def _respond(self, answer: Answer, payment_id: str) -> dict[str, Any]:
        context = self._facts
        route: Route | None = context.get("route")
        caller: Caller | None = context.get("caller")
        log.end(
            route=route.name if route else "none",
            http_status=answer.http_status,
            code=answer.code,
            duration_ms=round((time.perf_counter() - context["started_at"]) * 1000, 1),
            workspace_id=caller.workspace_id if caller else "",
            payment_id=payment_id if is_id(PAYMENT, payment_id) else _payment_id_in(answer.body),
        )
        return answer.to_event(context["request"].id)


def _path_parameters(template: str, path: str) -> dict[str, str]:
    steps = zip(template.split("/"), path.split("/"), strict=True)
    return {want[1:-1]: unquote(got) for want, got in steps if want.startswith("{")}


def _refuse_cards_around(request: Request, path: Mapping[str, str]) -> None:
    """Refuse card data in path, query and headers of a member's request. Its body is checked later."""
    refuse_cards({**path, "Idempotency-Key": request.headers.get("idempotency-key", "")})
    for name, value in request.query_pairs():
        refuse_cards({name: value})


def _refuse_malformed_ids(path: Mapping[str, str]) -> None:
    """Raises Refusal `not_found` for an id that cannot exist."""
    if any(name in _IS_POSSIBLE and not _IS_POSSIBLE[name](text) for name, text in path.items()):
        raise Refusal("not_found")


def _inputs(route: Route, request: Request) -> tuple[Any, ...]:
    """Return the validated body or query, () if the route takes none. Models are imported only if needed."""
    if route.query is None and route.roles and request.query:
        raise Refusal("invalid_request", "Send no query parameters to this path.")
    if route.body is None and route.query is None:
        return ()
    from payments.api.forms import from_body, from_query

    return (from_body(route.body, request) if route.body else from_query(route.query, request),)  # type: ignore[arg-type]


def _log_received(route: Route, caller: Caller, inputs: tuple[Any, ...], path: Mapping[str, str]) -> None:
    """Log a member's request: the names of its fields, and the amount."""
    fields = {name: getattr(each, name) for each in inputs for name in sorted(each.model_fields_set)}
    shown = {_SHOWN[name]: value for name, value in fields.items() if name in _SHOWN and value is not None}
    log.note(
        "request.asked",
        level="DEBUG",
        route=route.name,
        workspace_id=caller.workspace_id,
        role=caller.role,
        payment_id=path.get("payment_id", ""),
        sent=" ".join(fields),
        **shown,
    )


_FIELD_OF_CODE = {"invalid_amount": "amount", "redirect_not_allowed": "return_url"}


def _log_refused(route: Route | None, problem: Problem, error: Exception) -> None:
    """Log which of the route's fields were wrong, without the message, which may quote a name that was sent."""
    model = (route.body or route.query) if route else None
    given = problem.details.get("fields") or problem.details.get("field") or _FIELD_OF_CODE.get(problem.code, "")
    names = given if isinstance(given, dict) else [given] if given else []
    wrong = {str(name).partition(".")[0] for name in names}
    known = wrong & set(getattr(model, "model_fields", ()))
    log.note(
        "request.refused",
        level="DEBUG",
        code=problem.code,
        error=type(error).__name__,
        field=" ".join([*sorted(known), *(["(unknown)"] if wrong - known else [])]),
    )


def _key(route: Route, request: Request, caller: Caller, inputs: tuple[Any, ...], settings: Settings) -> Key:
    from payments.api.forms import canonical, key_text
    from payments.api.stored_answers import ApiAnswers
    from payments.usecases.idempotency import key_of

    base_url = settings.public_base_url or f"https://{request.domain}"
    answers = ApiAnswers(base_url, caller.is_staff)
    text, body = key_text(request.headers), canonical(request.path, *inputs)
    return key_of(route.operation, text, body, answers)


def _answer_of(result: Result, http_status: int) -> Answer:
    if isinstance(result, Answer):
        return result
    if isinstance(result, StoredAnswer):
        return Answer(result.status, result.body)
    if isinstance(result, dict):
        return Answer(http_status, json.dumps(result, separators=(",", ":"), ensure_ascii=False))
    return Answer(http_status, result.to_json())


def _payment_id_in(body: str) -> str:
    _, found, rest = body.partition('"payment_id":"')
    payment_id = rest[:30]
    return payment_id if found and is_id(PAYMENT, payment_id) else ""
