"""Prints openapi.json, made from the handlers' route tables and the models of requests and responses.

python -m dev.tools.openapi > openapi.json
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from typing import Any

from pydantic import ConfigDict, TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from dev.tools.problems import error_model
from functions.capture import handler as capture
from functions.cases import handler as cases
from functions.checkout import handler as checkout
from functions.disputes import handler as disputes
from functions.gateways import handler as gateways
from functions.health import handler as health
from functions.initiate import handler as initiate
from functions.reconcile import handler as reconcile
from functions.refund import handler as refund
from functions.status import handler as status
from functions.webhook import handler as webhook
from payments.api.errors import CODES
from payments.api.routes import ANY_MEMBER, RETURN_TOKEN, Capability, Route
from payments.api.view import JsonView, json_name
from payments.domain.values.terms import ActionKind
from payments.runtime import VERSION

ROUTES: list[Route] = [
    *initiate.api.routes,
    *status.api.routes,
    *checkout.api.routes,
    *gateways.api.routes,
    *capture.api.routes,
    *refund.api.routes,
    *disputes.api.routes,
    *reconcile.api.routes,
    *cases.api.routes,
    *webhook.api.routes,
    *health.handler.routes,
]
TAGS = {
    "payments": "Create, authorize, capture and cancel payments; read their state.",
    "checkouts": "For the payer's browser, by a token.",
    "refunds": "Refund payments.",
    "disputes": "Disputes opened by payers' banks: read and accept them.",
    "cases": "Contradictions between our books and a gateway, for a person to decide.",
    "approvals": "Decisions that need a second person.",
    "reconciliations": "Comparisons with the gateways.",
    "gateways": "Gateways available for an amount.",
    "webhooks": "Where gateways send their webhooks.",
    "health": "Whether the service works.",
}
SERVERS = [
    {"url": "http://127.0.0.1:8000", "description": "make run"},
    {
        "url": "https://{host}",
        "description": "A deployment: ApiUrl of its stack's outputs, or PublicBaseUrl.",
        "variables": {"host": {"default": "api.example.com"}},
    },
]
_COMPONENTS = "#/components"
_ULID = "[0-7][0-9A-HJKMNP-TV-Z]{25}"
_ID_PATTERNS = {
    "payment_id": f"^pay_{_ULID}$",
    "refund_id": f"^rfd_{_ULID}$",
    "dispute_id": f"^dsp_{_ULID}$",
    "reconciliation_id": f"^rec_{_ULID}$",
    "approval_id": f"^apr_{_ULID}$",
    "case_id": "^[a-z_]{1,40}:[A-Za-z0-9_-]{1,192}$",
    "account": "^[a-z][a-z0-9-]{0,30}$",
    "gateway": "^[a-z][a-z0-9_]{0,31}$",
}
_SECURITY: dict[Capability | None, list[dict[str, list[str]]]] = {
    Capability.BEARER: [{"checkoutToken": []}],
    Capability.QUERY: [{"returnToken": []}],
    Capability.PROOF: [{"gatewayProof": []}],
    None: [],
}
# The two responses whose functions load no models.
_PLAIN_ANSWERS: dict[str, dict[str, Any]] = {
    "POST /v1/webhooks/{gateway}": {"received": {"const": True}},
    "POST /v1/webhooks/{gateway}/{account}": {"received": {"const": True}},
    "GET /v1/health": {"status": {"enum": ["ok", "degraded"]}, "version": {"type": "string"}},
}


def document() -> dict[str, Any]:
    models, schemas = _schemas()
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, models)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Pavati payments API",
            "version": VERSION,
            "description": "Amounts are integers in the currency's minor unit. Times are UTC. See docs/api.md.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": SERVERS,
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": {**schemas, "Refusal": _REFUSAL},
            "parameters": _parameters(),
            "securitySchemes": _security_schemes(),
        },
    }


def codes_of(route: Route) -> list[str]:
    """Every error code that the route may answer, in the order of the table of codes."""
    found = {*route.codes, *route.recodes.values()}
    found |= {"internal_error", "store_unavailable"} if _may_fail(route) else set()
    if route.roles:
        found |= {"invalid_request", "unauthorized", "tenant_forbidden", "raw_card_data_rejected", "workspace_invalid"}
        found |= {"forbidden_role"} if route.roles != ANY_MEMBER else set()
    if route.body:
        found |= {"request_too_large", "unsupported_media_type"}
        found |= {"invalid_amount"} if "amount" in route.body.model_fields else set()
    if route.idempotent:
        found |= {"idempotency_key_reused", "idempotency_in_progress", "busy"}
    if route.raw_body_max:
        found |= {"request_too_large"}
    if "{" in route.path:
        found |= {"not_found"}
    return [code for code in CODES if code in found]


def _may_fail(route: Route) -> bool:
    """Health answers `degraded` instead."""
    return route.path != "/v1/health"


def _schemas() -> tuple[dict[Any, str], dict[str, Any]]:
    make_describable(JsonView)
    wanted: list[tuple[Any, JsonSchemaMode]] = [(error_model(), "validation")]
    for route in ROUTES:
        wanted += [(route.body, "validation")] if route.body else []
        wanted += [(route.answer, "serialization")] if route.answer else []
        wanted += [(answer, "serialization") for answer in route.otherwise.values()]
    adapters = [(model, mode, TypeAdapter(model)) for model, mode in wanted]
    refs, definitions = TypeAdapter.json_schemas(adapters, ref_template=f"{_COMPONENTS}/schemas/{{model}}")
    found = definitions["$defs"] | _next_actions(definitions["$defs"].pop("NextActionView"))
    schemas = {name: _without_defaults(schema) for name, schema in sorted(found.items())}
    return {model: ref["$ref"] for (model, _), ref in refs.items()}, schemas


def make_describable(base: type[JsonView]) -> None:
    """Turn each view below `base`, in place, into a dataclass: pydantic can describe those."""
    for view in base.__subclasses__():
        dataclass(init=False, repr=False, eq=False, kw_only=True)(view)
        view.__pydantic_config__ = ConfigDict(alias_generator=json_name)  # type: ignore[attr-defined]
        make_describable(view)


# What a browser does with each kind of next_action, and what its `url` is.
_URL, _NO_URL, _MAYBE_URL = {"type": "string"}, {"type": "null"}, {"type": ["string", "null"]}
_ACTIONS: dict[ActionKind, tuple[str, str, dict[str, Any]]] = {
    ActionKind.REDIRECT: ("RedirectAction", "Send the payer's browser to url.", _URL),
    ActionKind.CLIENT_SDK: ("ClientSdkAction", "Hand values to the gateway's own script.", _MAYBE_URL),
    ActionKind.UPI_INTENT: ("UpiIntentAction", "Open url on the phone.", _URL),
    ActionKind.UPI_QR: ("UpiQrAction", "Show url as a QR code.", _URL),
    ActionKind.NONE: ("NoAction", "Nothing to do, or do not pay.", _NO_URL),
}


def _next_actions(view: dict[str, Any]) -> dict[str, Any]:
    """One schema for each type of next action. The functions load one model for all, which is faster."""
    schemas: dict[str, Any] = {}
    for kind, (name, text, url) in _ACTIONS.items():
        fields = {**view["properties"], "type": {"type": "string", "const": str(kind)}, "url": url}
        schemas[name] = {"type": "object", "description": text, "properties": fields, "required": view["required"]}
    refs = {str(kind): f"{_COMPONENTS}/schemas/{name}" for kind, (name, _, _) in _ACTIONS.items()}
    shown = {"oneOf": [{"$ref": ref} for ref in refs.values()]}
    return schemas | {"NextActionView": {**shown, "discriminator": {"propertyName": "type", "mapping": refs}}}


def _without_defaults(schema: Any) -> Any:
    """Generators treat a field with a default as always present. The text says what its absence means."""
    if isinstance(schema, list):
        return [_without_defaults(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    is_field = not isinstance(schema.get("default"), dict)  # Otherwise it is a field whose name is "default".
    return {name: _without_defaults(each) for name, each in schema.items() if not (name == "default" and is_field)}


def _operation(route: Route, models: dict[Any, str]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.operation,
        "tags": [_tag(route)],
        "summary": route.summary,
        "security": [{"jwt": []}] if route.roles else _SECURITY[route.capability],
        "parameters": _parameters_of(route),
        "responses": _responses(route, models),
    }
    if route.roles:
        operation["description"] = f"Roles: {', '.join(sorted(route.roles))}."
    if route.body:
        is_needed = any(field.is_required() for field in route.body.model_fields.values())
        content = {"application/json": {"schema": {"$ref": models[route.body]}}}
        operation["requestBody"] = {"required": is_needed, "content": content}
    if route.raw_body_max:
        operation["requestBody"] = {"required": True, "content": {"application/octet-stream": {"schema": _RAW}}}
    return operation


def _tag(route: Route) -> str:
    """The last noun of the path: `refunds` for /v1/payments/{payment_id}/refunds."""
    return next(part for part in reversed(route.path.split("/")) if part in TAGS)


def _parameters_of(route: Route) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": _ID_PATTERNS[name]}}
        for name in re.findall(r"\{(\w+)\}", route.path)
    ]
    query = route.query.model_json_schema()["properties"] if route.query else {}
    found += [_query_parameter(name, schema) for name, schema in query.items()]
    found += [_parameter("TenantId")] if route.roles else []
    found += [_parameter("IdempotencyKey")] if route.idempotent else []
    return [*found, _parameter("RequestId")]


def _query_parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    kinds = [kind for kind in schema.get("anyOf", [schema]) if kind.get("type") != "null"]
    plain = {key: value for key, value in kinds[0].items() if key not in ("title", "description", "default")}
    return {"name": name, "in": "query", "description": schema.get("description", ""), "schema": plain}


def _responses(route: Route, models: dict[Any, str]) -> dict[str, Any]:
    answers = {str(route.status): _success(route, models)}
    for other, answer in route.otherwise.items():
        shown = {"application/json": {"schema": {"$ref": models[answer]}}}
        answers[str(other)] = {"description": "Waits for a second person.", "content": shown}
    if not _may_fail(route):
        answers["503"] = {**_success(route, models), "description": "Degraded."}
    by_status: dict[str, list[str]] = {}
    for code in codes_of(route):
        by_status.setdefault(str(CODES[code].http_status), []).append(code)
    for http_status, codes in sorted(by_status.items()):
        content = {"application/json": {"schema": {"$ref": f"{_COMPONENTS}/schemas/Error"}}}
        answers[http_status] = {"description": ", ".join(codes), "content": content}
    for http_status, text in _REFUSED_BEFORE.items():
        if http_status != "401" or route.roles:
            answers[http_status] = _refused_before(text, answers.get(http_status))
    return answers


_RAW = {"type": "string", "format": "binary", "description": "as the gateway sends it, whatever its content type"}
# Answers of API Gateway itself, in its own form, before a function runs or after one died.
_REFUSAL = {"type": "object", "properties": {"message": {"type": "string"}}, "required": ["message"]}
_REFUSED_BEFORE = {
    "401": "unauthorized: the access token is missing or not valid",
    "429": "too many requests: wait, then send it again",
    "500": "the function failed: repeat the request with the same Idempotency-Key",
    "503": "the service is unavailable: repeat the request with the same Idempotency-Key",
}


def _refused_before(text: str, ours: dict[str, Any] | None) -> dict[str, Any]:
    form = {"$ref": f"{_COMPONENTS}/schemas/Refusal"}
    if ours is None:
        return {"description": text, "content": {"application/json": {"schema": form}}}
    both = {"anyOf": [ours["content"]["application/json"]["schema"], form]}
    return {"description": f"{ours['description']}; or {text}", "content": {"application/json": {"schema": both}}}


def _success(route: Route, models: dict[Any, str]) -> dict[str, Any]:
    if route.status == 302:
        location = {"schema": {"type": "string", "format": "uri"}}
        return {"description": "On to the merchant's page.", "headers": {"Location": location}}
    if route.answer:
        schema: dict[str, Any] = {"$ref": models[route.answer]}
    else:
        fields = _PLAIN_ANSWERS[route.name]
        schema = {"type": "object", "properties": fields, "required": list(fields)}
    return {"description": "Done.", "content": {"application/json": {"schema": schema}}}


def _parameter(name: str) -> dict[str, Any]:
    return {"$ref": f"{_COMPONENTS}/parameters/{name}"}


def _parameters() -> dict[str, Any]:
    def header(name: str, pattern: str, text: str, *, required: bool) -> dict[str, Any]:
        schema = {"type": "string", "pattern": pattern}
        return {"name": name, "in": "header", "required": required, "description": text, "schema": schema}

    return {
        "TenantId": header("X-Tenant-ID", "^[A-Za-z0-9_-]{1,64}$", "The workspace to act in.", required=True),
        "IdempotencyKey": header(
            "Idempotency-Key", "^[!-~]{1,255}$", "New for each new request; the same to repeat one.", required=True
        ),
        "RequestId": header("X-Request-ID", "^[A-Za-z0-9_-]{1,64}$", "Returned in the answer.", required=False),
    }


def _security_schemes() -> dict[str, Any]:
    return {
        "jwt": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "Of the configured issuer."},
        "checkoutToken": {"type": "http", "scheme": "bearer", "description": "The checkout_token of a new payment."},
        "returnToken": {
            "type": "apiKey",
            "in": "query",
            "name": RETURN_TOKEN,
            "description": "Part of the return address.",
        },
        "gatewayProof": {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "The gateway's own proof.",
        },
    }


def text() -> str:
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
