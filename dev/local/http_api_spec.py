"""Reads routes, authorizers and CORS from the OpenAPI document that SAM makes for an HTTP API."""

from typing import Any

from dev.local.blueprint import AuthorizerSpec, CorsSpec, FunctionSpec, RouteSpec

_INTEGRATION = "x-amazon-apigateway-integration"
_ANY_METHOD = "x-amazon-apigateway-any-method"


def routes(api: dict[str, Any], functions: dict[str, FunctionSpec]) -> tuple[RouteSpec, ...]:
    found = []
    for path, methods in api.get("Body", {}).get("paths", {}).items():
        for method, operation in methods.items():
            if _INTEGRATION in operation:
                function = _function(operation[_INTEGRATION]["uri"], functions)
                verb = "ANY" if method == _ANY_METHOD else method.upper()
                found.append(RouteSpec(verb, path, function, _authorizer(operation)))
    return tuple(found)


def _function(uri: str, functions: dict[str, FunctionSpec]) -> str:
    arn = uri.rpartition("/functions/")[2].removesuffix("/invocations")
    return next(logical_id for logical_id, function in functions.items() if arn in function.called_at)


def _authorizer(operation: dict[str, Any]) -> str:
    names = [name for entry in operation.get("security", []) for name in entry]
    return next((name for name in names if name != "NONE"), "")


def authorizers(api: dict[str, Any]) -> dict[str, AuthorizerSpec]:
    schemes = api.get("Body", {}).get("components", {}).get("securitySchemes", {})
    return {name: _jwt(name, scheme.get("x-amazon-apigateway-authorizer", {})) for name, scheme in schemes.items()}


def _jwt(name: str, authorizer: dict[str, Any]) -> AuthorizerSpec:
    if authorizer.get("type") != "jwt":
        raise ValueError(f"authorizer {name}: only JWT authorizers run locally")
    jwt = authorizer["jwtConfiguration"]
    return AuthorizerSpec(jwt["issuer"], tuple(jwt["audience"]))


def cors(api: dict[str, Any]) -> CorsSpec | None:
    given = api.get("Body", {}).get("x-amazon-apigateway-cors") or _renamed(api.get("CorsConfiguration"))
    if not given:
        return None
    return CorsSpec(
        origins=tuple(given.get("allowOrigins", ())),
        methods=tuple(method.upper() for method in given.get("allowMethods", ())),
        headers=tuple(header.lower() for header in given.get("allowHeaders", ())),
        expose=tuple(given.get("exposeHeaders", ())),
        max_age=given.get("maxAge"),
        credentials=str(given.get("allowCredentials", "")).lower() == "true",
    )


def _renamed(configuration: dict[str, Any] | None) -> dict[str, Any]:
    return {key[0].lower() + key[1:]: value for key, value in (configuration or {}).items()}
