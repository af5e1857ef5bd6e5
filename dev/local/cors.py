"""CORS as an HTTP API answers it itself."""

from dev.local.blueprint import CorsSpec
from gateway_simulators.kit.messages import Headers, Request, Response


def is_preflight(request: Request) -> bool:
    return bool(
        request.method == "OPTIONS" and request.header("origin") and request.header("access-control-request-method")
    )


def preflight(spec: CorsSpec, request: Request) -> Response:
    if not _is_allowed(spec, request.header("origin")):
        return Response(204)
    headers = _origin_headers(spec, request.header("origin"))
    headers += [
        ("access-control-allow-methods", ",".join(spec.methods)),
        ("access-control-allow-headers", _allowed_headers(spec, request)),
    ]
    if spec.max_age is not None:
        headers.append(("access-control-max-age", str(spec.max_age)))
    return Response(204, headers=[(name, value) for name, value in headers if value])


def with_cors(spec: CorsSpec, request: Request, response: Response) -> Response:
    """Add the API's CORS headers. The function's own are dropped, as API Gateway does."""
    stored = [(name, value) for name, value in response.headers if not name.lower().startswith("access-control-")]
    origin = request.header("origin")
    if origin and _is_allowed(spec, origin):
        stored += _origin_headers(spec, origin)
        if spec.expose:
            stored.append(("access-control-expose-headers", ",".join(spec.expose)))
    return Response(response.http_status, response.body, stored, response.note)


def _is_allowed(spec: CorsSpec, origin: str) -> bool:
    return any(
        allowed in ("*", origin) or (allowed.endswith("*") and origin.startswith(allowed[:-1]))
        for allowed in spec.origins
    )


def _origin_headers(spec: CorsSpec, origin: str) -> Headers:
    headers = [("access-control-allow-origin", "*" if spec.origins == ("*",) else origin), ("vary", "origin")]
    return headers + ([("access-control-allow-credentials", "true")] if spec.credentials else [])


def _allowed_headers(spec: CorsSpec, request: Request) -> str:
    return request.header("access-control-request-headers") if "*" in spec.headers else ",".join(spec.headers)
