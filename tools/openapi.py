"""Prints openapi.json, made of the handlers' route tables and the request and answer models.

python -m tools.openapi > openapi.json
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

_ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(_ROOT), str(_ROOT / "layers/common")]

from functions.checkout import handler as checkout  # noqa: E402
from functions.disputes import handler as disputes  # noqa: E402
from functions.gateways import handler as gateways  # noqa: E402
from functions.health import handler as health  # noqa: E402
from functions.initiate import handler as initiate  # noqa: E402
from functions.reconcile import handler as reconcile  # noqa: E402
from functions.refund import handler as refund  # noqa: E402
from functions.status import handler as status  # noqa: E402
from functions.webhook import handler as webhook  # noqa: E402
from payments.runtime import VERSION  # noqa: E402
from payments.runtime.errors import CODES  # noqa: E402
from payments.runtime.routes import ANY_MEMBER, RETURN_TOKEN, Capability, Route  # noqa: E402

ROUTES: list[Route] = [
    *initiate.api.routes,
    *status.api.routes,
    *checkout.api.routes,
    *gateways.api.routes,
    *refund.api.routes,
    *disputes.api.routes,
    *reconcile.api.routes,
    *webhook.api.routes,
    *health.handler.routes,
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
    "gateway": "^[a-z][a-z0-9_]{0,31}$",
}
_SECURITY: dict[Capability | None, list[dict[str, list[str]]]] = {
    Capability.BEARER: [{"checkoutToken": []}],
    Capability.QUERY: [{"returnToken": []}],
    Capability.PROOF: [{"gatewayProof": []}],
    None: [],
}
# The two answers whose functions load no models.
_PLAIN_ANSWERS: dict[str, dict[str, Any]] = {
    "POST /v1/webhooks/{gateway}": {"received": {"const": True}},
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
        "paths": paths,
        "components": {
            "schemas": {**schemas, "Error": _error()},
            "parameters": _parameters(),
            "securitySchemes": _security_schemes(),
        },
    }


def codes_of(route: Route) -> list[str]:
    """Every error code the route may answer, in the order of the table of codes."""
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
    wanted: list[tuple[type[BaseModel], Any]] = []
    for route in ROUTES:
        wanted += [(route.body, "validation")] if route.body else []
        wanted += [(route.answer, "serialization")] if route.answer else []
        wanted += [(answer, "serialization") for answer in route.otherwise.values()]
    refs, definitions = models_json_schema(wanted, ref_template=f"{_COMPONENTS}/schemas/{{model}}")
    return {model: ref["$ref"] for (model, _), ref in refs.items()}, dict(sorted(definitions["$defs"].items()))


def _operation(route: Route, models: dict[Any, str]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _operation_id(route),
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
        operation["requestBody"] = {"required": True, "content": {"*/*": {}}}
    return operation


def _operation_id(route: Route) -> str:
    words = re.sub(r"\{(\w+)\}", r"by_\1", route.path.removeprefix("/v1/"))
    return f"{route.method.lower()}_{re.sub('[^a-z_]+', '_', words)}"


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
    plain = {key: value for key, value in kinds[0].items() if key not in ("title", "description")}
    if schema.get("default") is not None:
        plain["default"] = schema["default"]
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
    if route.roles:
        answers["401"] = _UNAUTHORIZED
    return answers


# API Gateway's own authorizer answers in its own form, before any function runs.
_UNAUTHORIZED = {
    "description": "unauthorized: the access token is missing or not valid",
    "content": {
        "application/json": {
            "schema": {"type": "object", "properties": {"message": {"type": "string"}}, "required": ["message"]}
        }
    },
}


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
        "RequestId": header("X-Request-ID", "^[A-Za-z0-9_-]{1,64}$", "Echoed in the answer.", required=False),
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
            "description": "The gateway's own.",
        },
    }


def _error() -> dict[str, Any]:
    fields: dict[str, Any] = {
        "code": {"type": "string", "enum": list(CODES)},
        "message": {"type": "string", "description": "What to send or do instead."},
        "details": {"type": "object"},
        "retryable": {"type": "boolean", "description": "Whether the same request may succeed later."},
        "request_id": {"type": "string"},
    }
    error = {"type": "object", "properties": fields, "required": list(fields)}
    return {"type": "object", "properties": {"error": error}, "required": ["error"]}


def text() -> str:
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
