"""The HTTP API: its routes, who may call them, from where and how often, and what is logged."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from dev.tools.expand import Template
from tests.template.rulebook import differences, drop, of_type, put, rule, target

PUBLIC = {
    "GET /v1/checkouts/{payment_id}": "Checkout",
    "GET /v1/checkouts/{payment_id}/return": "Checkout",
    "POST /v1/webhooks/{gateway}": "Webhook",
    "GET /v1/health": "Health",
    "POST /v1/webhooks/{gateway}/": "Webhook",
    "POST /v1/webhooks/{gateway}/{account}": "Webhook",
    "POST /v1/webhooks/{gateway}/{account}/": "Webhook",
    "GET /v1/checkouts/{payment_id}/return/": "Checkout",
    "GET /{path+}": "Health",
    "POST /{path+}": "Health",
}
MEMBERS = {
    "POST /v1/payments": "Initiate",
    "POST /v1/payments/{payment_id}/retry": "Initiate",
    "GET /v1/payments": "Status",
    "GET /v1/payments/{payment_id}": "Status",
    "GET /v1/payments/{payment_id}/events": "Status",
    "POST /v1/payments/{payment_id}/refresh": "Checkout",
    "POST /v1/payments/{payment_id}/verify": "Checkout",
    "GET /v1/gateways": "Gateways",
    "POST /v1/payments/{payment_id}/capture": "Capture",
    "POST /v1/payments/{payment_id}/cancel": "Capture",
    "POST /v1/payments/{payment_id}/refunds": "Refund",
    "GET /v1/payments/{payment_id}/refunds": "Refund",
    "GET /v1/refunds/{refund_id}": "Refund",
    "GET /v1/disputes": "Disputes",
    "GET /v1/disputes/{dispute_id}": "Disputes",
    "GET /v1/payments/{payment_id}/disputes": "Disputes",
    "POST /v1/disputes/{dispute_id}/accept": "Disputes",
    "POST /v1/disputes/{dispute_id}/refresh": "Disputes",
    "POST /v1/reconciliations": "Reconcile",
    "GET /v1/reconciliations": "Reconcile",
    "GET /v1/reconciliations/{reconciliation_id}": "Reconcile",
    "GET /v1/cases": "Cases",
    "POST /v1/cases/{case_id}/decision": "Cases",
    "GET /v1/approvals": "Cases",
    "POST /v1/approvals/{approval_id}/approve": "Cases",
    "POST /v1/approvals/{approval_id}/refuse": "Cases",
}
# All fields that an access log may have: no path, no query, no header, no claim of a token.
LOGGED = {
    "request_id": "requestId",
    "time": "requestTime",
    "route": "routeKey",
    "status": "status",
    "bytes": "responseLength",
    "latency_ms": "responseLatency",
    "integration_ms": "integrationLatency",
    "source_ip": "identity.sourceIp",
    "refused": "authorizer.error",
    "error": "error.message",
}
# Calls per second, and in a burst.
THROTTLES = {
    "POST /v1/webhooks/{gateway}": (50, 100),
    "POST /v1/webhooks/{gateway}/": (50, 100),
    "POST /v1/webhooks/{gateway}/{account}": (50, 100),
    "POST /v1/webhooks/{gateway}/{account}/": (50, 100),
    "GET /v1/checkouts/{payment_id}": (100, 200),
    "GET /v1/checkouts/{payment_id}/return": (50, 100),
    "GET /v1/checkouts/{payment_id}/return/": (50, 100),
    "GET /v1/health": (10, 20),
    "GET /{path+}": (10, 20),
    "POST /{path+}": (10, 20),
}
USUAL_THROTTLE = (200, 400)
_STAGE = ("HttpApiApiGatewayDefaultStage", "Properties")
_BODY = ("HttpApi", "Properties", "Body")


def operations(template: Template) -> dict[str, dict[str, Any]]:
    paths = template["Resources"]["HttpApi"]["Properties"]["Body"]["paths"]
    return {f"{verb.upper()} {path}": operation for path, verbs in paths.items() for verb, operation in verbs.items()}


def stage(template: Template) -> dict[str, Any]:
    (found,) = of_type(template, "AWS::ApiGatewayV2::Stage").values()
    return found


@rule(
    drop(*_BODY, "paths", "/v1/health"),
    put(*_BODY, "paths", "/v1/debug", value={}),
    put(
        *_BODY,
        "paths",
        "/v1/debug",
        value={"get": {"x-amazon-apigateway-integration": {"uri": {"Fn::Sub": "x"}, "payloadFormatVersion": "2.0"}}},
    ),
)
def the_routes_are_these(template: Template) -> Iterator[str]:
    paths = template["Resources"]["HttpApi"]["Properties"]["Body"]["paths"]
    yield from (f"{path} has no operation" for path, verbs in paths.items() if not verbs)
    found = set()
    for route, operation in operations(template).items():
        uri = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
        found.add((route, "".join(re.findall(r"\$\{(\w+)FunctionAliaslive\}", uri))))
    yield from differences("routes", found, set((PUBLIC | MEMBERS).items()))


@rule(
    put(*_BODY, "paths", "/v1/payments", "post", "x-amazon-apigateway-integration", "payloadFormatVersion", value="1.0")
)
def every_function_is_called_with_payload_2(template: Template) -> Iterator[str]:
    for route, operation in operations(template).items():
        if operation["x-amazon-apigateway-integration"]["payloadFormatVersion"] != "2.0":
            yield route


@rule(
    put(*_BODY, "paths", "/v1/payments", "post", "security", value=[]),
    drop(*_BODY, "paths", "/v1/payments", "post", "security"),
    put(*_BODY, "paths", "/v1/health", "get", "security", value=[{"Jwt": []}]),
)
def every_route_but_the_public_ones_needs_a_token(template: Template) -> Iterator[str]:
    for route, operation in operations(template).items():
        wanted: list[dict[str, list[str]]] | None = None if route in PUBLIC else [{"Jwt": []}]
        found = operation.get("security")
        if found != wanted and not (route in PUBLIC and found in ([], [{"NONE": []}])):
            yield f"{route} has security {found}"


_JWT = (*_BODY, "components", "securitySchemes", "Jwt", "x-amazon-apigateway-authorizer")


@rule(
    put(*_JWT, "jwtConfiguration", "issuer", value="https://example.com"),
    put(*_JWT, "identitySource", value="$request.querystring.token"),
)
def tokens_are_of_the_deployments_issuer_and_audience(template: Template) -> Iterator[str]:
    schemes = template["Resources"]["HttpApi"]["Properties"]["Body"]["components"]["securitySchemes"]
    authorizer = schemes["Jwt"]["x-amazon-apigateway-authorizer"]
    if authorizer["jwtConfiguration"] != {"issuer": {"Ref": "JwtIssuer"}, "audience": [{"Ref": "JwtAudience"}]}:
        yield "another issuer or audience"
    if authorizer["identitySource"] != "$request.header.Authorization":
        yield "tokens are taken from elsewhere than the Authorization header"


_CORS = (*_BODY, "x-amazon-apigateway-cors", "Fn::If")


@rule(
    put(*_CORS, 1, "allowOrigins", value=["*"]),
    put(*_CORS, 1, "allowCredentials", value=True),
    put(*_CORS, 1, "allowMethods", value=["*"]),
    drop(*_CORS, 1, "allowHeaders"),
    put(*_CORS, 0, value="HasAlarmEmail"),
    put(*_CORS[:-1], value={"Ref": "ReturnUrlAllowList"}),
)
def only_listed_origins_call_from_a_browser(template: Template) -> Iterator[str]:
    wanted = {
        "allowOrigins": {"Ref": "ReturnUrlAllowList"},
        "allowMethods": ["GET", "POST", "OPTIONS"],
        "allowHeaders": ["authorization", "content-type", "idempotency-key", "x-request-id", "x-tenant-id"],
        "exposeHeaders": ["x-request-id"],
        "maxAge": 600,
    }
    cors = template["Resources"]["HttpApi"]["Properties"]["Body"]["x-amazon-apigateway-cors"]
    if cors != {"Fn::If": ["HasBrowserOrigins", wanted, {"Ref": "AWS::NoValue"}]}:
        yield f"cross-origin calls: {cors}"


@rule(
    drop(*_STAGE, "DefaultRouteSettings"),
    drop(*_STAGE, "RouteSettings", "POST /v1/webhooks/{gateway}"),
    put(*_STAGE, "RouteSettings", "GET /v1/health", "ThrottlingRateLimit", value=1000),
    put(*_STAGE, "RouteSettings", "GET /v1/nowhere", value={}),
)
def everything_is_throttled_and_what_is_public_is_throttled_more(template: Template) -> Iterator[str]:
    default, routes = stage(template).get("DefaultRouteSettings", {}), stage(template)["RouteSettings"]
    names = ("ThrottlingRateLimit", "ThrottlingBurstLimit")
    if not all(default.get(name) for name in names):
        yield "the stage has no throttle"
    yield from differences("throttled routes", set(routes), set(PUBLIC))
    for route, settings in routes.items():
        if not all(0 < settings.get(name, 0) < default.get(name, 0) for name in names):
            yield f"{route} may be called as often as the others"


_LINE = json.dumps({"service": "pavati-${Stage}"} | {name: f"$context.{of}" for name, of in LOGGED.items()})


@rule(
    put(*_STAGE, "DefaultRouteSettings", "ThrottlingBurstLimit", value=200),
    put(*_STAGE, "RouteSettings", "POST /v1/webhooks/{gateway}", "ThrottlingRateLimit", value=5),
    put(*_STAGE, "RouteSettings", "GET /v1/health", "DetailedMetricsEnabled", value=False),
)
def each_throttle_is_the_one_that_was_chosen_and_each_route_has_metrics(template: Template) -> Iterator[str]:
    settings = {"usual": stage(template)["DefaultRouteSettings"], **stage(template)["RouteSettings"]}
    found = {(route, of["ThrottlingRateLimit"], of["ThrottlingBurstLimit"]) for route, of in settings.items()}
    wanted = {(route, *limits) for route, limits in {"usual": USUAL_THROTTLE, **THROTTLES}.items()}
    yield from differences("throttles", found, wanted)
    yield from (f"{route} has no metrics" for route, of in settings.items() if of["DetailedMetricsEnabled"] is not True)


@rule(
    put(*_STAGE, "AccessLogSettings", "Format", value='{"path":"$context.path?$context.queryString"}'),
    put(*_STAGE, "AccessLogSettings", "Format", value='{"x":"$request.header.Authorization"}'),
    put(*_STAGE, "AccessLogSettings", "Format", value='{"x":"$context.authorizer.claims.email"}'),
    put(*_STAGE, "AccessLogSettings", "Format", value="$context.requestId"),
    put(*_STAGE, "AccessLogSettings", "DestinationArn", value={"Fn::GetAtt": ["PollLogs", "Arn"]}),
    put(*_STAGE, "AccessLogSettings", "Format", value=_LINE.replace('"$context.status"', '"$context.routeKey"')),
)
def the_access_log_holds_no_token_and_no_address(template: Template) -> Iterator[str]:
    settings = stage(template)["AccessLogSettings"]
    (line,) = settings["Format"].values() if isinstance(settings["Format"], dict) else [settings["Format"]]
    wanted = {("service", "pavati-${Stage}")} | {(name, f"$context.{of}") for name, of in LOGGED.items()}
    try:
        yield from differences("access log", set(json.loads(line).items()), wanted)
    except ValueError:
        yield "it is not JSON"
    if target(settings["DestinationArn"]) != "HttpApiLogs":
        yield "it goes elsewhere"


@rule(put(*_STAGE, "StageName", value="v1"))
def the_stage_is_the_default_one(template: Template) -> Iterator[str]:
    if stage(template)["StageName"] != "$default":
        yield str(stage(template)["StageName"])


_ENDPOINT = (*_BODY, "servers", 0, "x-amazon-apigateway-endpoint-configuration")


@rule(
    drop(*_BODY, "servers"),
    put(*_ENDPOINT, "disableExecuteApiEndpoint", value=True),
    put(*_ENDPOINT, "disableExecuteApiEndpoint", value={"Ref": "CustomDomain"}),
    put(*_ENDPOINT, "disableExecuteApiEndpoint", value={"Fn::If": ["HasPublicBaseUrl", True, False]}),
    put(*_ENDPOINT, "disableExecuteApiEndpoint", value={"Fn::If": ["HasCustomDomain", False, True]}),
    put(*_ENDPOINT, "vpcEndpointIds", value=["vpce-1"]),
    lambda template: template["Parameters"]["CustomDomain"].update(Default="true"),
)
def the_address_of_aws_is_closed_only_behind_a_custom_domain(template: Template) -> Iterator[str]:
    """The address exists until a domain is mapped. A text, as a parameter is, would be no boolean in OpenAPI."""
    closing = {"disableExecuteApiEndpoint": {"Fn::If": ["HasCustomDomain", True, False]}}
    servers = template["Resources"]["HttpApi"]["Properties"]["Body"].get("servers")
    if servers != [{"x-amazon-apigateway-endpoint-configuration": closing}]:
        yield f"addresses: {servers}"
    if template["Parameters"]["CustomDomain"]["Default"] != "false":
        yield "a first deployment has no address"
