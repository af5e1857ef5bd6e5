"""The template and the code use the same names."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

from dev.histories.settings import PREFIX
from dev.tools.asl import read_definition
from dev.tools.expand import ROOT, read_template
from dev.tools.openapi import ROUTES
from payments.api.paths import PATHS
from payments.domain.values.account import MAIN
from payments.gateways.facts import API, WEBHOOK
from payments.gateways.registry import GATEWAYS
from payments.usecases.metrics import Metric
from tests.granted import denied
from tests.template import api, functions, iam, operations, rulebook, stores
from tests.template.rulebook import expanded
from tests.template.stores import INDEXES, tables

PAYMENTS = ROOT / "layers/common/payments"
# Read by the code but set only by the local stack; and read by libraries only.
DEVELOPMENT_ONLY = {"PAVATI_CLOCK"}
LIBRARIES_ONLY = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "LOG_LEVEL"}


def source(*parts: str) -> str:
    path = PAYMENTS.joinpath(*parts)
    files = [path] if path.is_file() else sorted(path.rglob("*.py"))
    return "\n".join(file.read_text() for file in files)


def found(pattern: str, text: str) -> set[str]:
    return set(re.findall(pattern, text))


def test_every_setting_that_the_code_reads_is_set_and_no_other() -> None:
    readers = r"(?:environ\.get\(|(?:_require|_one_of|_list|_accounts)\(environ, )"
    read = found(readers + r'"([A-Z_]+)"', source("runtime/settings.py"))
    given = {*functions.SETTINGS, *functions.OWN_SETTINGS["Initiate"]} - LIBRARIES_ONLY
    assert read - DEVELOPMENT_ONLY == given


def test_every_alarm_and_graph_is_of_a_metric_that_the_code_counts_and_each_counted_one_is_shown() -> None:
    assert {Metric[name] for name in found(r"\bMetric\.([A-Z_0-9]+)\b", source())} == operations.METRICS
    assert set(Metric) == operations.METRICS


def test_every_route_of_a_handler_is_a_route_of_the_api() -> None:
    declared = set()
    for handler in ROOT.glob("functions/*/handler.py"):
        for verb, path in re.findall(r'@api\.(get|post)\(\s*"(/v1[^"]*)"', handler.read_text()):
            declared.add((f"{verb.upper()} {path}", handler.parent.name.capitalize()))
    twins = {f"{route.name}/" for route in ROUTES if route.has_slash_twin}
    by_health = {"GET /v1/health", "GET /{path+}", "POST /{path+}"}
    more = {(name, function) for name, function in api.PUBLIC.items() if name in twins | by_health}
    assert declared | more == set((api.PUBLIC | api.MEMBERS).items())
    webhooks = {"POST /v1/webhooks/{gateway}/", "POST /v1/webhooks/{gateway}/{account}/"}
    assert twins == webhooks | {"GET /v1/checkouts/{payment_id}/return/"}


def test_the_table_of_paths_has_every_route_in_order() -> None:
    assert sorted(PATHS, key=lambda name: name.split()[::-1]) == list(PATHS)
    assert set(PATHS) == {route.name for route in ROUTES}


def test_every_function_has_its_handler() -> None:
    shared = read_template()["Globals"]["Function"]["Handler"]
    for function in read_template()["Resources"].values():
        if function["Type"] == "AWS::Serverless::Function":
            module, name = shared.split(".")
            text = (ROOT / function["Properties"]["CodeUri"] / f"{module}.py").read_text()
            assert re.search(rf"^(def )?{name}\b", text, re.MULTILINE), function["Properties"]["CodeUri"]


def test_every_rung_has_its_error_in_the_code() -> None:
    definition = read_definition(ROOT / "statemachines/poll_payment.asl.json", {})
    retried = {error for rung in definition["States"]["Poll"]["Retry"] for error in rung["ErrorEquals"]}
    assert retried - {"States.ALL"} == found(r"class (PendingEvery\w+)\(", source("usecases/payment/poll.py"))


def test_every_table_and_index_that_the_store_names_is_there() -> None:
    code = source("store")
    assert set(tables(expanded())) <= found(r'"([a-z_]+)"', code)
    indexes = {index for of_table in INDEXES.values() for index in of_table}
    assert found(r'(?:IndexName"?|index)[=:] ?"(\w+)"', code) == indexes


def test_every_gateway_has_its_secret_where_the_code_reads_it() -> None:
    secrets = rulebook.of_type(expanded(), "AWS::SecretsManager::Secret").values()
    names = {rulebook.target(secret["Name"]) for secret in secrets}
    prefix = functions.SETTINGS["GATEWAY_SECRET_PREFIX"]
    assert names == {f"{prefix}/{name}/{MAIN}/{part}" for name in GATEWAYS for part in (API, WEBHOOK)}


ACTIONS = {
    "get_item": {"GetItem"},
    "batch_get_item": {"BatchGetItem"},
    "put_item": {"PutItem"},
    "update_item": {"UpdateItem"},
    "query": {"Query"},
    "transact_write_items": {"PutItem", "UpdateItem"},
}


def test_the_store_calls_nothing_that_no_role_allows() -> None:
    called = found(r"def (\w+)\(self, \*\*request: Any\)", source("store/dynamodb/client.py"))
    assert called <= set(ACTIONS)
    verbs = found(r'Write\(\s*"(\w+)"', source("store"))
    assert verbs <= {"Put", "Update"}
    allowed = {action for _, action in iam.grants(expanded(), "ReconcileRole", "dynamodb")}
    assert {action for method in called for action in ACTIONS[method]} == allowed


def test_a_call_beyond_a_functions_role_is_found_out() -> None:
    """So the tests of the edge and of histories check each function against its role."""
    due = {"TableName": f"{PREFIX}payment_refunds", "IndexName": "due"}
    assert denied("sweep", "query", due) == set()
    assert denied("refund", "query", due) == {"refund may not Query PaymentRefundsTable/index/due"}
    write = {"TransactItems": [{"Update": {"TableName": f"{PREFIX}idempotency_keys"}}]}
    assert denied("refund", "transact_write_items", write) == set()
    assert denied("capture", "transact_write_items", write) == {"capture may not UpdateItem IdempotencyKeysTable"}
    pair: dict[str, object] = {"RequestItems": {f"{PREFIX}payment_disputes": {}, f"{PREFIX}payment_transactions": {}}}
    assert denied("cases", "batch_get_item", pair) == {"cases may not BatchGetItem PaymentDisputesTable"}


def test_what_expires_writes_its_time_to_the_attribute_that_the_table_watches() -> None:
    for name in stores.FORGETFUL:
        watched = tables(expanded())[name]["TimeToLiveSpecification"]["AttributeName"]
        assert f'"{watched}": encode(' in source("store") or f":{watched}" in source("store")


def test_each_job_of_a_schedule_is_one_of_its_function() -> None:
    for job, (_, function) in functions.JOBS.items():
        module = import_module(f"functions.{function.lower()}.handler")
        assert getattr(module, "JOBS", {job: None}).keys() == {job}


def test_the_handlers_folder_has_only_deployed_files() -> None:
    folders = {path.name for path in Path(ROOT / "functions").iterdir() if (path / "handler.py").exists()}
    assert folders == {name.lower() for name in functions.TIMEOUTS_S}
