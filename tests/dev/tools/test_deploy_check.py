"""make deploy-check and make deploy-verify: what they accept, and the text of each refusal."""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from dev.local.testing import RunningStack, running_stack
from dev.tools.deploy_check import __main__ as command_line
from dev.tools.deploy_check import account, leftovers, verify
from dev.tools.deploy_check.__main__ import main
from dev.tools.deploy_check.account import check_concurrency, check_identity, check_region
from dev.tools.deploy_check.clients import open_clients
from dev.tools.deploy_check.findings import Finding, Refusal, find
from dev.tools.deploy_check.issuer import check_issuer
from dev.tools.deploy_check.settings import Deployment, find_in_settings, read_deployment
from dev.tools.deploy_check.stack import check_stack
from dev.tools.deploy_check.verify import Stack, check_health, check_webhook, create_payment, find_payment
from dev.tools.expand import ROOT, Template, read_template

TEMPLATE = read_template()
SANDBOX = {
    "Stage": "sandbox",
    "GatewayMode": "sandbox",
    "JwtIssuer": "https://id.example.com/",
    "JwtAudience": "shop",
    "ReturnUrlAllowList": "https://shop.example.com, https://admin.example.com",
    "Gateways": "phonepe",
    "WebhookConcurrency": "0",
    "Release": "SET-BY-MAKE-DEPLOY",
}
OTHERS = {"stack_name": "pavati-sandbox", "region": "ap-south-1"}
ARN = "arn:aws:iam::123456789012:user/priya"


def deployment(values: Mapping[str, str] = SANDBOX, stage: str = "sandbox", **others: str) -> Deployment:
    return Deployment(stage, tuple(values.items()), {**OTHERS, **others})


def refusals(findings: list[Finding]) -> list[str]:
    return [f"{finding.text}: {finding.cure}" for finding in findings if finding.mark == "fail"]


# --- samconfig.toml


def test_good_settings_are_five_lines_that_are_ok_and_one_of_the_functions() -> None:
    findings = find_in_settings(deployment(), TEMPLATE)
    assert [finding.mark for finding in findings] == ["ok"] * 6
    assert findings[-1].text == "samconfig.toml: the functions start with these settings"


PRODUCTION = SANDBOX | {
    "Stage": "production",
    "GatewayMode": "production",
    "WebhookConcurrency": "20",
    "DeletionProtection": "true",
}
SIMULATOR = SANDBOX | {"Stage": "dev", "GatewayMode": "simulator", "SimulatorUrl": "http://127.0.0.1:8101"}


@pytest.mark.parametrize("values", [SANDBOX, PRODUCTION, SIMULATOR], ids=lambda values: values["Stage"])
def test_each_stage_may_be_right(values: Mapping[str, str]) -> None:
    assert refusals(find_in_settings(deployment(values, values["Stage"]), TEMPLATE)) == []


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        (
            {"JwtIssuer": "FILL-IN"},
            "JwtIssuer is still FILL-IN: samconfig.toml [sandbox.deploy.parameters]: write your",
        ),
        ({"ReturnUrlAllowList": "https://FILL-IN"}, "ReturnUrlAllowList is still FILL-IN"),
        ({"JwtIsuer": "x"}, "the template has no parameter JwtIsuer: it has: Stage, GatewayMode,"),
        ({"Gateways phonepe": ""}, "the template has no parameter Gateways phonepe"),
        ({"Stage": "production"}, 'Stage is production in [sandbox.deploy.parameters]: set "Stage=sandbox"'),
        ({"JwtIssuer": "http://id.example.com"}, "JwtIssuer is 'http://id.example.com': it must match ^https://"),
        ({"JwtAudience": "my shop"}, "JwtAudience is 'my shop': it must match"),
        ({"ReturnUrlAllowList": "https://a.example,https://b.example/"}, "it must match ^(https://[a-z0-9.-]+"),
        ({"LogRetentionDays": "91"}, "LogRetentionDays is '91': it must be one of 30, 90, 180,"),
        ({"GatewayMode": "live"}, "GatewayMode is 'live': it must be one of simulator, sandbox, production"),
        ({"WebhookConcurrency": "-1"}, "WebhookConcurrency is '-1': it must be at least 0"),
        ({"WebhookConcurrency": "501"}, "WebhookConcurrency is '501': it must be at most 500"),
        ({"WebhookConcurrency": "few"}, "WebhookConcurrency is 'few': it must be a number"),
        (
            {"SimulatorUrl": "https://sim.example"},
            "SimulatorUrl is for GatewayMode simulator only: the template's rule",
        ),
        (
            {"GatewayMode": "simulator"},
            "GatewayMode simulator needs SimulatorUrl: the template's rule ASimulatorHasAnA",
        ),
        ({"Gateways": "paytm"}, "functions would not start: GATEWAYS"),
        ({"Gateways": "stripe", "FormerAccounts": "stripe:eu,stripe:eu"}, "name stripe:eu more than once"),
        ({"PublicBaseUrl": "http://pay.example.com"}, "PUBLIC_BASE_URL is https://… outside STAGE=dev"),
        ({"SweepRowsAtOnce": "1.5"}, "functions would not start: SWEEP_ROWS_AT_ONCE is a whole number from 1 to 64"),
    ],
    ids=str,
)
def test_what_is_wrong_in_samconfig_is_refused_with_what_to_do(changes: Mapping[str, str], why: str) -> None:
    assert why in "\n".join(refusals(find_in_settings(deployment({**SANDBOX, **changes}), TEMPLATE)))


def test_production_takes_real_money_only() -> None:
    found = refusals(find_in_settings(deployment(PRODUCTION | {"GatewayMode": "sandbox"}, "production"), TEMPLATE))
    assert found == [
        "Stage production needs GatewayMode production: the template's rule ProductionTakesRealMoney asks for it"
    ]


def test_every_missing_parameter_is_named_and_one_that_is_set_twice() -> None:
    pairs = (("Stage", "sandbox"), ("GatewayMode", "sandbox"), ("Gateways", "phonepe"), ("Gateways", "stripe"))
    found = refusals(find_in_settings(Deployment("sandbox", pairs, OTHERS), TEMPLATE))
    assert [text.partition(":")[0] for text in found[:4]] == [
        "Gateways is set 2 times", "JwtIssuer is missing", "JwtAudience is missing", "ReturnUrlAllowList is missing"
    ]  # fmt: skip
    assert 'add "JwtIssuer=…" to parameter_overrides. Issuer of your users' in found[1]


def test_a_section_without_stack_or_region_is_refused() -> None:
    found = refusals(find_in_settings(deployment(stack_name="", region=""), TEMPLATE))
    assert found == [
        "stack_name is missing: add it to [sandbox.deploy.parameters]",
        "region is missing: add it to [sandbox.deploy.parameters]",
    ]


@pytest.mark.parametrize("name", ["pavati sandbox", "1st", "pavati_sandbox", "p" * 129])
def test_a_name_that_no_stack_may_have_is_refused(name: str) -> None:
    (found,) = refusals(find_in_settings(deployment(stack_name=name), TEMPLATE))
    assert found == f"stack_name is {name!r}: a letter first, then letters, digits and -, at most 128: pavati-sandbox"


def test_an_empty_stage_is_refused_and_none_is_the_sandbox(tmp_path: Path) -> None:
    path = tmp_path / "samconfig.toml"
    path.write_text("[staging.deploy.parameters]\n")
    for arguments, environment, section in (
        (["check", "--stage", ""], {}, "[.deploy.parameters]"),
        (["check"], {}, "[sandbox.deploy.parameters]"),
        (["check"], {"STAGE": "production"}, "[production.deploy.parameters]"),
    ):
        printed: list[str] = []
        assert main(arguments, environment, printed.append, path) == 1
        assert f"has no section {section}\n" in printed[0]


def test_a_setting_beside_the_parameters_is_to_be_filled_in_too() -> None:
    (found,) = refusals(find_in_settings(deployment(stack_name="FILL-IN"), TEMPLATE))
    assert found.startswith("stack_name is still FILL-IN")


def test_a_rule_that_cannot_be_judged_here_is_left_to_cloudformation() -> None:
    rule: Any = {"Assertions": [{"Assert": {"Fn::EachMemberIn": [[], []]}}]}
    findings = find_in_settings(deployment(), TEMPLATE | {"Rules": {"Members": rule}})
    assert (
        Finding(
            "left out",
            "the template's rule Members: Fn::EachMemberIn is not supported locally",
            "CloudFormation itself judges it",
        )
        in findings
    )


SECTION = "[sandbox.deploy.parameters]\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "samconfig.toml cannot be read (No such file or directory)"),
        ("version = ", "samconfig.toml is not TOML"),
        ("version = 0.1\n[staging.deploy.parameters]\n", "has no section [sandbox.deploy.parameters]"),
        ("[sandbox.build.parameters]\n[staging.deploy.parameters]\n", "has no section [sandbox.deploy.parameters]"),
        ("version = 0.1\n", "no stage has one: take samconfig.toml of the repository"),
        ("version = 0.1 # \udce9\n", "samconfig.toml is not UTF-8: invalid continuation byte at byte 16"),
        ("[sandbox]\ndeploy = 5\n", "[sandbox.deploy.parameters] is no table of settings"),
        ("[sandbox.deploy]\nparameters = 'x'\n", "[sandbox.deploy.parameters] is no table of settings"),
        (f"{SECTION}parameter_overrides = 5\n", "parameter_overrides is 5\n          write a list: "),
        (f"{SECTION}parameter_overrides = {{Stage = 'dev'}}\n", "write a list: parameter_overrides = ["),
        (f'{SECTION}parameter_overrides = "Stage=\'dev"\n', "write a list: parameter_overrides = ["),
        (
            f"{SECTION}parameter_overrides = [5]\n",
            'parameter_overrides has 5\n          write each parameter as "Name=',
        ),
        (f"{SECTION}parameter_overrides = ['Stage']\n", "parameter_overrides has 'Stage'"),
        (f"{SECTION}parameter_overrides = ['Stage =dev']\n", "parameter_overrides has 'Stage =dev'"),
        (f"{SECTION}parameter_overrides = ['Stage= dev']\n", "parameter_overrides has 'Stage= dev'"),
    ],
)
def test_a_file_without_the_stage_is_one_line(tmp_path: Path, text: str | None, why: str) -> None:
    path = tmp_path / "samconfig.toml"
    if text is not None:
        path.write_text(text, encoding="utf-8", errors="surrogateescape")
    printed: list[str] = []
    assert main(["check", "--stage", "sandbox"], {}, printed.append, path) == 1
    assert why in printed[0]
    assert printed[-1] == "Not ready: nothing was built or deployed.\n"
    assert "staging" not in (text or "") or "STAGE is one of: staging" in printed[0]


def test_the_section_for_all_commands_counts_and_parameters_may_be_one_text(tmp_path: Path) -> None:
    path = tmp_path / "samconfig.toml"
    path.write_text(
        '[sandbox.global.parameters]\nregion = "ap-south-2"\nstack_name = "x"\n'
        '[sandbox.deploy.parameters]\nstack_name = "pavati-sandbox"\nparameter_overrides = "A=1 B=\'2 3\'"\n'
    )
    found = read_deployment(path, "sandbox")
    assert (found.values, found.region, found.stack_name) == ({"A": "1", "B": "2 3"}, "ap-south-2", "pavati-sandbox")


@pytest.mark.parametrize("stage", ["sandbox", "production"])
def test_the_file_as_it_ships_lacks_what_is_to_be_filled_in_and_nothing_else(stage: str) -> None:
    found = refusals(find_in_settings(read_deployment(ROOT / "samconfig.toml", stage), TEMPLATE))
    assert [text.partition(" is still FILL-IN")[0] for text in found] == [
        "JwtIssuer", "JwtAudience", "ReturnUrlAllowList", "AlarmEmail"
    ]  # fmt: skip


# --- The issuer, and what is deployed, each a small server

Answers = dict[str, tuple[int, Any]]  # By path: the status and the body.
MOVED = "/moved"


class Server(ThreadingHTTPServer):
    """Answers from a table, and records the requests."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: Answers = {}
        self.received: list[tuple[str, dict[str, str], Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.received.append((self.path, headers, json.loads(body) if body else None))
        http_status, answer = self.server.answers.get(self.path, (404, {"message": "Not Found"}))
        self.send_response(http_status)
        if http_status == 302:
            self.send_header("location", MOVED)
        self.end_headers()
        self.wfile.write(answer if isinstance(answer, bytes) else json.dumps(answer).encode())

    do_POST = do_GET  # noqa: N815  The name that http.server asks for.

    def log_message(self, *_: Any) -> None:
        """Silent."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


DISCOVERY = "/realm/.well-known/openid-configuration"
RSA = {"kty": "RSA", "kid": "1"}


def publish(server: Server, keys: Any, **document: Any) -> str:
    """Make the server an issuer."""
    issuer = f"{server.url}/realm"
    found = {"issuer": issuer, "jwks_uri": f"{server.url}/keys"} | document
    server.answers = {DISCOVERY: (200, found), "/keys": (200, keys)}
    return issuer


def test_a_good_issuer_is_shown_with_its_keys(server: Server) -> None:
    issuer = publish(server, {"keys": [RSA, RSA, {"kty": "EC"}]})
    assert check_issuer(issuer) == f"issuer {issuer}: 2 keys to check tokens with"


def test_a_slash_at_its_end_is_part_of_the_issuer_and_not_of_the_address(server: Server) -> None:
    publish(server, {"keys": [RSA]}, issuer=f"{server.url}/realm/")
    assert check_issuer(f"{server.url}/realm/") == f"issuer {server.url}/realm/: 1 key to check tokens with"


@pytest.mark.parametrize(
    ("answers", "why", "cure"),
    [
        ({}, "openid-configuration answers 404, not 200", "JwtIssuer is what your provider calls its issuer"),
        (
            {DISCOVERY: (302, {}), MOVED: (200, {})},
            "answers 302, not 200",
            "JwtIssuer is what your provider calls its issuer",
        ),
        ({DISCOVERY: (200, b"<html>")}, "openid-configuration answers no JSON object", "JwtIssuer is what"),
        ({DISCOVERY: (200, ["issuer"])}, "openid-configuration answers no JSON object", "JwtIssuer is what"),
        (
            {DISCOVERY: (200, {"issuer": "URL/realm/"})},
            "names another issuer: 'URL/realm/'",
            "it must be the same text",
        ),
        ({DISCOVERY: (200, {})}, "names another issuer: None", "it must be the same text"),
        ({DISCOVERY: (200, {"issuer": "URL/realm"})}, "has no jwks_uri", "take a provider that publishes its keys"),
    ],
    ids=str,
)
def test_a_discovery_document_that_is_wrong_is_refused(server: Server, answers: Answers, why: str, cure: str) -> None:
    def here(text: str) -> str:
        return text.replace("URL", server.url)

    server.answers = {
        path: (http_status, body if isinstance(body, bytes) else json.loads(here(json.dumps(body))))
        for path, (http_status, body) in answers.items()
    }
    refused = find(lambda: check_issuer(f"{server.url}/realm"))
    assert refused.mark == "fail"
    assert here(why) in refused.text
    assert cure in refused.cure


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ({"keys": []}, "/keys has no keys"),
        ({}, "/keys has no keys"),
        ({"keys": "RSA"}, "/keys has no keys"),
        ({"keys": [{"kty": "EC"}]}, "/keys has no RSA key"),
        (b"", "/keys answers no JSON object"),
    ],
    ids=str,
)
def test_an_issuer_without_usable_keys_is_refused(server: Server, keys: Any, why: str) -> None:
    issuer = publish(server, keys)
    assert find(lambda: check_issuer(issuer)).text == f"{server.url}{why}"


@pytest.mark.parametrize("jwks_uri", ["http://id.example.com/keys", "file:///etc/keys"])
def test_keys_that_do_not_come_over_https_are_refused(server: Server, jwks_uri: str) -> None:
    issuer = publish(server, {}, jwks_uri=jwks_uri)
    assert find(lambda: check_issuer(issuer)).text == f"{jwks_uri} is not https"


def test_an_issuer_that_is_silent_or_speaks_no_tls_is_refused(server: Server) -> None:
    for url in ("http://127.0.0.1:9/realm", f"https://127.0.0.1:{server.server_port}/realm"):
        refused = find(lambda url=url: check_issuer(url))  # type: ignore[misc]
        assert f"{url}/.well-known/openid-configuration gives no answer (" in refused.text
        assert refused.cure == "check the address, its certificate and the network"


# --- The account, by recorded answers


class Account:
    """Clients with recorded answers, in this order for each service; an answer that is a text is an error."""

    def __init__(self) -> None:
        self._stubs: dict[str, tuple[Any, Stubber]] = {}

    def __call__(self, service: str) -> Any:
        return self._stub(service)[0]

    def _stub(self, service: str) -> tuple[Any, Stubber]:
        if service not in self._stubs:
            session = boto3.Session("key", "secret", region_name="ap-south-1")
            client = session.client(service)  # type: ignore[call-overload]
            self._stubs[service] = client, Stubber(client)
            self._stubs[service][1].activate()
        return self._stubs[service]

    def record(self, service: str, operation: str, answer: Any, message: str = "") -> Account:
        stub = self._stub(service)[1]
        if isinstance(answer, str):
            stub.add_client_error(operation, answer, message)
        else:
            stub.add_response(operation, answer)
        return self


def an_account(limit: int, unreserved: int, reserved: int | None) -> Account:
    counts = {"ConcurrentExecutions": limit, "UnreservedConcurrentExecutions": unreserved}
    its: Any = {"ReservedConcurrentExecutions": reserved} if reserved is not None else "ResourceNotFoundException"
    recorded = Account().record("lambda", "get_account_settings", {"AccountLimit": counts})
    return recorded.record("lambda", "get_function_concurrency", its)


@pytest.mark.parametrize(
    ("limit", "unreserved", "reserved", "wanted", "left"),
    [(10, 10, None, 0, 10), (1000, 1000, None, 20, 980), (120, 120, None, 20, 100), (120, 100, 20, 20, 100)],
)
def test_concurrency_that_is_enough(limit: int, unreserved: int, reserved: int | None, wanted: int, left: int) -> None:
    values = SANDBOX | {"WebhookConcurrency": str(wanted)}
    text = check_concurrency(deployment(values), TEMPLATE, an_account(limit, unreserved, reserved))
    assert text == f"concurrency {limit}: {wanted} reserved for webhooks, {left} left"


@pytest.mark.parametrize(
    ("limit", "unreserved", "reserved", "why"),
    [
        (10, 10, None, "WebhookConcurrency 20 leaves 0 of 10 unreserved; Lambda wants 100"),
        (119, 119, None, "WebhookConcurrency 20 leaves 99 of 119 unreserved; Lambda wants 100"),
        (1000, 110, 5, "WebhookConcurrency 20 leaves 95 of 1000 unreserved; Lambda wants 100"),
    ],
)
def test_concurrency_that_is_not_enough(limit: int, unreserved: int, reserved: int | None, why: str) -> None:
    clients = an_account(limit, unreserved, reserved)
    values = SANDBOX | {"WebhookConcurrency": "20"}
    refused = find(lambda: check_concurrency(deployment(values), TEMPLATE, clients))
    cure = "set WebhookConcurrency=0, as a new account with 10 must, or ask for a higher limit in Service Quotas"
    assert refused == Finding("fail", why, cure)


@pytest.mark.parametrize("region", ["eu-west-1", "us-east-1", ""])
def test_data_stays_in_india(region: str) -> None:
    refused = find(lambda: check_region(deployment(region=region)))
    assert refused.text == f"the region is {region or 'not set'}"
    assert "set region to ap-south-1 or ap-south-2" in refused.cure
    assert check_region(deployment(region="ap-south-2")) == "region ap-south-2"


def test_the_identity_is_shown_or_what_to_set() -> None:
    caller = {"UserId": "A", "Account": "123456789012", "Arn": ARN}
    clients = Account().record("sts", "get_caller_identity", caller)
    assert check_identity(deployment(), clients) == f"account 123456789012 in ap-south-1, as {ARN}"
    expired = Account().record("sts", "get_caller_identity", "ExpiredToken", "The token is expired")
    refused = find(lambda: check_identity(deployment(), expired))
    assert refused.text.startswith("AWS refuses get_caller_identity: An error occurred (ExpiredToken)")
    assert "set AWS_PROFILE, or the keys in the environment" in refused.cure


def test_reserved_concurrency_is_a_whole_number() -> None:
    refused = find(lambda: check_concurrency(deployment(SANDBOX | {"WebhookConcurrency": "1.5"}), TEMPLATE, Account()))
    assert refused == Finding("fail", "WebhookConcurrency is '1.5'", "it must be a whole number, like 20")


@pytest.mark.parametrize("region", ["", "mars-1", "ap south 1"])
def test_without_a_region_that_is_allowed_nothing_else_is_tried(region: str) -> None:
    its = deployment(region=region)
    found = account.find_in_account(its, TEMPLATE, open_clients(its))
    assert [finding.mark for finding in found] == ["fail"]
    assert found[0].cure.endswith("set region to ap-south-1 or ap-south-2")
    assert verify.find_in_stack(its, open_clients(its), {}) == found


def test_without_credentials_nothing_else_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for profile, why in ((None, "Unable to locate credentials"), ("shop", "The config profile (shop) could not be")):
        its = Deployment("sandbox", tuple(SANDBOX.items()), OTHERS | ({"profile": profile} if profile else {}))
        found = account.find_in_account(its, TEMPLATE, open_clients(its))
        assert [finding.mark for finding in found] == ["ok", "fail"]
        assert found[1].text.startswith(f"AWS cannot be reached for get_caller_identity: {why}")


def a_stack(status: str) -> dict[str, Any]:
    return {"Stacks": [{"StackName": "pavati-sandbox", "CreationTime": "2026-12-01T00:00:00Z", "StackStatus": status}]}


def stack_in(status: str) -> Account:
    if not status:
        message = "Stack with id pavati-sandbox does not exist"
        return Account().record("cloudformation", "describe_stacks", "ValidationError", message)
    return Account().record("cloudformation", "describe_stacks", a_stack(status))


KEY = "arn:aws:kms:ap-south-1:123456789012:key/1"


def retaining(clients: Account, *left: str, stacks: Sequence[dict[str, Any]] = ()) -> Account:
    """Only what is named exists, encrypted with the key; and these stacks, each on a page of its own."""
    answers: dict[str, tuple[str, str, str, Callable[[str], Any]]] = {
        "AWS::DynamoDB::Table": ("dynamodb", "describe_table", "TableName", a_table),
        "AWS::SecretsManager::Secret": ("secretsmanager", "describe_secret", "Name", a_secret),
        "AWS::Logs::LogGroup": ("logs", "describe_log_groups", "LogGroupName", a_log_group),
    }
    for kind, (service, operation, own, found) in answers.items():
        absent: Any = some_log_groups() if kind == "AWS::Logs::LogGroup" else "ResourceNotFoundException"
        for resource in (each for each in TEMPLATE["Resources"].values() if each["Type"] == kind):
            name = resource["Properties"][own]["Fn::Sub"].replace("${Stage}", "sandbox")
            clients.record(service, operation, found(name) if name in left else absent)
    pages = [{"Stacks": [stack]} for stack in stacks] or [{"Stacks": []}]
    for number, page in enumerate(pages, 1):
        more = {"NextToken": str(number)} if number < len(pages) else {}
        clients.record("cloudformation", "describe_stacks", page | more)
    return clients


def a_table(name: str) -> Any:
    return {"Table": {"TableName": name, "SSEDescription": {"Status": "ENABLED", "KMSMasterKeyArn": KEY}}}


def a_secret(name: str) -> Any:
    return {"Name": name, "KmsKeyId": KEY}


def a_log_group(name: str) -> Any:
    return {"logGroups": [{"logGroupName": f"{name}-2"}, {"logGroupName": name, "kmsKeyId": KEY}]}


def some_log_groups() -> Any:
    """Others whose names only begin alike."""
    return {"logGroups": [{"logGroupName": "/aws/lambda/pavati-sandbox-of-somebody"}]}


def stack_named(name: str, stage: str = "sandbox", parent: str = "") -> dict[str, Any]:
    arn = "arn:aws:cloudformation:ap-south-1:123456789012:stack"
    its = {"StackName": name, "StackId": f"{arn}/{name}/1", "StackStatus": "CREATE_COMPLETE"}
    parameters = [{"ParameterKey": "Stage", "ParameterValue": stage}]
    nested = {"ParentId": f"{arn}/{parent}/1"} if parent else {}
    return its | {"CreationTime": "2026-12-01T00:00:00Z", "Parameters": parameters} | nested


@pytest.mark.parametrize(
    ("status", "text"),
    [
        ("", "stack pavati-sandbox is not there yet: it is created"),
        ("REVIEW_IN_PROGRESS", "stack pavati-sandbox is not there yet: it is created"),
        ("CREATE_COMPLETE", "stack pavati-sandbox is CREATE_COMPLETE: it is updated"),
        ("UPDATE_ROLLBACK_COMPLETE", "stack pavati-sandbox is UPDATE_ROLLBACK_COMPLETE: it is updated"),
    ],
)
def test_a_stack_that_can_be_made_or_updated(status: str, text: str) -> None:
    assert check_stack(deployment(), TEMPLATE, retaining(stack_in(status))) == text


DELETE = "Delete it; tables, secrets, log groups and the key stay: aws cloudformation delete-stack"


@pytest.mark.parametrize(
    ("status", "cure"),
    [
        ("ROLLBACK_COMPLETE", DELETE),
        ("CREATE_FAILED", DELETE),
        ("DELETE_FAILED", DELETE),
        ("UPDATE_FAILED", "Take the update back: aws cloudformation rollback-stack"),
        ("UPDATE_ROLLBACK_FAILED", "Mend what its events name: aws cloudformation continue-update-rollback"),
        ("UPDATE_IN_PROGRESS", "Wait until it has ended: aws cloudformation describe-stacks"),
        ("DELETE_IN_PROGRESS", "Wait until it has ended: aws cloudformation describe-stacks"),
    ],
)
def test_a_stack_in_the_way_is_shown_with_the_command_that_it_needs(status: str, cure: str) -> None:
    refused = find(lambda: check_stack(deployment(), TEMPLATE, retaining(stack_in(status))))
    options = "--stack-name pavati-sandbox --region ap-south-1"
    assert refused == Finding("fail", f"stack pavati-sandbox is {status}", f"{cure} {options}")


DATA_STACK = "pavati-sandbox-DataStack-1ABC2DEF3GHI"
TABLE, SECRET, LOGS = "pavati-sandbox-workspaces", "pavati/sandbox/stripe/main/api", "/aws/lambda/pavati-sandbox-poll"
CHOICES = [
    "CloudFormation cannot create what is there already. Choose one:",
    "- A payment was made there: delete nothing. Import what is left: docs/settings.md, What stays when a stack goes.",
    "- You want to keep it and start anew: deploy with another Stage. All names begin with it.",
    "- No payment was ever made there: delete what is left, in this order, and run this check again.",
]
REMOVALS = {
    DATA_STACK: ["aws cloudformation delete-stack --stack-name NAME --region ap-south-1"],
    TABLE: [
        "aws dynamodb update-table --no-deletion-protection-enabled --table-name NAME --region ap-south-1",
        "aws dynamodb delete-table --table-name NAME --region ap-south-1",
    ],
    SECRET: ["aws secretsmanager delete-secret --force-delete-without-recovery --secret-id NAME --region ap-south-1"],
    LOGS: ["aws logs delete-log-group --log-group-name NAME --region ap-south-1"],
    KEY: ["aws kms schedule-key-deletion --pending-window-in-days 30 --key-id NAME --region ap-south-1"],
}


def removal(name: str) -> list[str]:
    return [f"  For each NAME of: {name}", *(f"    {command}" for command in REMOVALS[name])]


@pytest.mark.parametrize("left", [TABLE, SECRET, LOGS])
def test_a_single_thing_that_was_left_is_named_with_its_key_and_how_to_delete_both(left: str) -> None:
    refused = find(lambda: check_stack(deployment(), TEMPLATE, retaining(stack_in(""), left)))
    assert refused.text == f"there is no stack pavati-sandbox, and an earlier deployment left {left}, {KEY}"
    assert refused.cure.splitlines() == [*CHOICES, *removal(left), *removal(KEY)]


def test_a_data_stack_whose_parent_is_gone_is_named_first() -> None:
    stacks = [stack_named("pavati-dev", "dev"), stack_named(DATA_STACK, parent="pavati-sandbox")]
    clients = retaining(stack_in(""), TABLE, SECRET, LOGS, stacks=stacks)
    refused = find(lambda: check_stack(deployment(), TEMPLATE, clients))
    named = f"{DATA_STACK}, {LOGS}, {TABLE} and 2 more"
    assert refused.text == f"there is no stack pavati-sandbox, and an earlier deployment left {named}"
    assert refused.cure.splitlines() == [*CHOICES, *(line for name in REMOVALS for line in removal(name))]


def test_a_failed_first_deployment_is_deleted_first_and_then_what_it_left() -> None:
    failed = {**stack_named("pavati-sandbox"), "StackStatus": "ROLLBACK_FAILED"}
    stacks = [failed, stack_named(DATA_STACK, parent="pavati-sandbox")]
    refused = find(lambda: check_stack(deployment(), TEMPLATE, retaining(stack_in("ROLLBACK_FAILED"), stacks=stacks)))
    assert refused.text == (f"stack pavati-sandbox is ROLLBACK_FAILED, and an earlier deployment left {DATA_STACK}")
    first = f"{DELETE} --stack-name pavati-sandbox --region ap-south-1"
    assert refused.cure.splitlines() == [first, *CHOICES, *removal(DATA_STACK)]


@pytest.mark.parametrize(
    "stack",
    [
        stack_named("pavati-dev-DataStack-1ABC2DEF3GHI", "dev", "pavati-dev"),
        stack_named("pavati-sandbox-AlarmsStack-1ABC2DEF3GHI", "sandbox", "pavati-sandbox"),
        stack_named("shop-DataStack", "sandbox"),
    ],
    ids=lambda stack: str(stack["StackName"]),
)
def test_stacks_without_this_stages_tables_do_no_harm(stack: dict[str, Any]) -> None:
    text = check_stack(deployment(), TEMPLATE, retaining(stack_in(""), stacks=[stack]))
    assert text == "stack pavati-sandbox is not there yet: it is created"


def test_a_stage_of_another_stack_is_named_as_in_use() -> None:
    stacks = [stack_named("shop"), stack_named("shop-DataStack-1ABC2DEF3GHI", parent="shop")]
    refused = find(lambda: check_stack(deployment(), TEMPLATE, retaining(stack_in(""), TABLE, stacks=stacks)))
    assert refused == Finding(
        "fail",
        "stage sandbox belongs to stack shop, not to pavati-sandbox",
        'To deploy to that stack, write stack_name = "shop" in [sandbox.deploy.parameters].\n'
        "For a second deployment, use another Stage: all names begin with it.",
    )


def test_production_is_not_offered_another_stage() -> None:
    left = [leftovers.Resource("AWS::Logs::LogGroup", "/aws/lambda/pavati-production-poll")]
    lines = list(leftovers.how_to_go_on(left, deployment(PRODUCTION, "production")))
    assert lines[:2] == CHOICES[:2]
    assert lines[2] == CHOICES[3]


def test_every_named_resource_that_outlives_the_stack_is_searched_for() -> None:
    retained = {each["Type"] for each in TEMPLATE["Resources"].values() if "Retain" in each.get("DeletionPolicy", "")}
    assert retained == set(leftovers._FINDERS) | {"AWS::KMS::Key"}


def test_a_refusal_of_cloudformation_is_no_absent_stack() -> None:
    clients = Account().record("cloudformation", "describe_stacks", "AccessDenied", "not authorized")
    refused = find(lambda: check_stack(deployment(), TEMPLATE, clients))
    assert refused.text.startswith("AWS refuses describe_stacks: An error occurred (AccessDenied)")
    assert refused.cure.startswith("allow it to your identity")


# --- What is deployed


def a_deployed(server: Server, **parameters: str) -> Stack:
    outputs = {"ApiUrl": server.url, "PhonePeWebhookUrl": f"{server.url}/v1/webhooks/phonepe"}
    return Stack("pavati-sandbox", outputs, SANDBOX | parameters)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ((503, {"status": "degraded"}), "GET /v1/health answers 503"),
        ((200, {"status": "degraded"}), "GET /v1/health answers 200"),
        ((200, b"<html>"), "GET /v1/health answers 200"),
        ((404, {"error": {"code": "not_found", "message": "Gone."}}), "GET /v1/health answers 404 not_found Gone."),
    ],
    ids=str,
)
def test_health_that_is_not_ok_is_refused(server: Server, answer: tuple[int, Any], why: str) -> None:
    server.answers = {"/v1/health": answer}
    refused = find(lambda: check_health(a_deployed(server)))
    assert refused == Finding("fail", why, "read the log group of the function health")


@pytest.mark.parametrize(
    ("answer", "why", "cure"),
    [
        ((200, {"received": True}), "is answered 200, not 401", "do not take payments: the proof is not checked"),
        ((404, {}), "is answered 404, not 401", "check PublicBaseUrl and its domain"),
        ((500, {}), "is answered 500, not 401", "read the log group of the function webhook"),
        ((401, {"message": "Unauthorized"}), "401 is not the function's own", "the route must have no authorizer"),
    ],
    ids=str,
)
def test_a_webhook_route_that_does_not_check_is_refused(
    server: Server, answer: tuple[int, Any], why: str, cure: str
) -> None:
    server.answers = {"/v1/webhooks/phonepe": answer}
    refused = find(lambda: check_webhook(a_deployed(server)))
    assert why in refused.text
    assert cure in refused.cure


def test_a_payment_is_made_in_sandbox_only_and_never_without_a_token(server: Server) -> None:
    given = {"TOKEN": "t", "WORKSPACE": "ws_shop"}
    for mode in ("production", "simulator"):
        left = find_payment(a_deployed(server, GatewayMode=mode), given)
        assert left == Finding("left out", f"a payment: GatewayMode is {mode}, and one is made in sandbox only")
    for name in given:
        left = find_payment(a_deployed(server), given | {name: ""})
        assert left.text == "a payment: it needs TOKEN, a member's access token, and WORKSPACE"
        assert left.cure == "give both: TOKEN=… WORKSPACE=ws_shop make deploy-verify STAGE=sandbox"
    assert server.received == []


def test_the_payment_is_of_the_least_amount_and_its_id_is_shown(server: Server) -> None:
    server.answers = {"/v1/payments": (201, {"payment_id": "pay_1"})}
    found = find_payment(a_deployed(server), {"TOKEN": "secret-token", "WORKSPACE": "ws_shop"})
    text = "payment pay_1 at phonepe of 100 INR, minor units: left unpaid, it expires"
    assert found == Finding("ok", text)
    ((_, headers, body),) = server.received
    assert (headers["authorization"], headers["x-tenant-id"]) == ("Bearer secret-token", "ws_shop")
    assert headers["idempotency-key"] == body.pop("merchant_order_id")
    assert body == {
        "gateway": "phonepe", "amount": 100, "currency": "INR", "return_url": "https://shop.example.com/"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("http_status", "cure"),
    [
        (401, "TOKEN must be fresh, of JwtIssuer, and for JwtAudience"),
        (403, "the token's sub must be a member of WORKSPACE"),
        (503, "fill the gateway's secrets (README, Deploy)"),
        (422, "docs/api.md explains the code"),
    ],
)
def test_a_payment_that_is_refused_says_what_to_do_and_never_the_token(
    server: Server, http_status: int, cure: str
) -> None:
    server.answers = {"/v1/payments": (http_status, {"error": {"code": "some_code", "message": "Some text."}})}
    refused = find_payment(a_deployed(server), {"TOKEN": "secret-token", "WORKSPACE": "ws_shop"})
    assert refused.text == f"POST /v1/payments answers {http_status} some_code Some text."
    assert cure in refused.cure
    assert "secret-token" not in refused.lines


@pytest.mark.parametrize("gateway", ["phonepe", "razorpay", "paypal:eu", "stripe", "square"])
def test_every_gateway_has_a_least_payment(gateway: str) -> None:
    body = verify.least_payment(SANDBOX | {"Gateways": f"{gateway},phonepe"})
    assert body["gateway"] == gateway.partition(":")[0]
    assert body["amount"] > 0


@pytest.mark.parametrize(
    ("clients", "why", "cure"),
    [
        (stack_in(""), "there is no stack pavati-sandbox in ap-south-1", "make deploy STAGE=sandbox"),
        (stack_in("ROLLBACK_COMPLETE"), "is ROLLBACK_COMPLETE", "make deploy-check STAGE=sandbox says more"),
        (stack_in("UPDATE_ROLLBACK_COMPLETE"), "is UPDATE_ROLLBACK_COMPLETE", "STAGE=sandbox says more"),
        (stack_in("CREATE_COMPLETE"), "has no output ApiUrl, PhonePeWebhookUrl", "it is no stack of this template"),
    ],
)
def test_without_a_stack_or_its_outputs_nothing_else_is_tried(clients: Account, why: str, cure: str) -> None:
    (refused,) = verify.find_in_stack(deployment(), clients, {})
    assert refused.mark == "fail"
    assert why in refused.text
    assert cure in refused.cure


# --- Make, and both commands against the local stack


def test_nothing_is_built_before_the_check() -> None:
    planned = subprocess.run(
        ["make", "-n", "deploy", "STAGE=production"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    steps = (
        'dev.tools.deploy_check check --stage "production"', "sam build", 'dev.tools.release --stage "production"'
    )  # fmt: skip
    places = [planned.stdout.index(step) for step in steps]
    assert places == sorted(places)


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    with running_stack(workers=1) as running:
        yield running


def with_local_issuer() -> Template:
    """The template, but it accepts the local stack's issuer, which has no https."""
    template = read_template()
    template["Parameters"]["JwtIssuer"]["AllowedPattern"] = r"^http://127\.0\.0\.1:\d+/_local$"
    return template


@contextlib.contextmanager
def reaching(stack: RunningStack) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("AWS_PROFILE", raising=False)
        patch.setattr(command_line, "read_template", with_local_issuer)
        for name, value in (("ENDPOINT_URL", stack.url), ("ACCESS_KEY_ID", "local"), ("SECRET_ACCESS_KEY", "local")):
            patch.setenv(f"AWS_{name}", value)
        yield


def run(stack: RunningStack, folder: Path, command: str, stage: str, stack_name: str = "") -> tuple[int, list[str]]:
    """The exit code, and each printed line."""
    pairs = SIMULATOR | {"Stage": stage, "JwtIssuer": f"{stack.url}/_local", "WebhookConcurrency": "20"}
    overrides = json.dumps([f"{name}={value}" for name, value in pairs.items()])
    path = folder / "samconfig.toml"
    path.write_text(
        f'[{stage}.deploy.parameters]\nstack_name = "{stack_name or f"pavati-{stage}"}"\nregion = "ap-south-1"\n'
        f"parameter_overrides = {overrides}\n"
    )
    printed: list[str] = []
    with reaching(stack):
        code = main([command, "--stage", stage], {}, printed.append, path)
    return code, "".join(printed).splitlines()


@pytest.mark.xdist_group("deploy-check")
def test_the_local_stack_is_ready_to_be_updated(stack: RunningStack, tmp_path: Path) -> None:
    code, lines = run(stack, tmp_path, "check", "dev")
    assert lines[6:] == [
        f"ok        issuer {stack.url}/_local: 1 key to check tokens with",
        "ok        region ap-south-1",
        "ok        account 123456789012 in ap-south-1, as arn:aws:iam::123456789012:user/local",
        "ok        concurrency 1000: 20 reserved for webhooks, 980 left",
        "ok        stack pavati-dev is CREATE_COMPLETE: it is updated",
        "Ready to deploy.",
    ]
    assert code == 0


@pytest.mark.xdist_group("deploy-check")
def test_a_second_stage_is_created_and_a_second_stack_of_one_stage_is_not(stack: RunningStack, tmp_path: Path) -> None:
    assert (
        "ok        stack pavati-sandbox is not there yet: it is created" in run(stack, tmp_path, "check", "sandbox")[1]
    )
    code, lines = run(stack, tmp_path, "check", "dev", "pavati-other")
    (line,) = (line for line in lines if line.startswith("fail"))
    assert line == "fail      stage dev belongs to stack pavati-dev, not to pavati-other"
    assert (code, lines[-1]) == (1, "Not ready: nothing was built or deployed.")


@pytest.mark.xdist_group("deploy-check")
def test_the_local_stack_answers_as_a_deployment_must(stack: RunningStack, tmp_path: Path) -> None:
    assert run(stack, tmp_path, "verify", "dev") == (
        0,
        [
            f"ok        stack pavati-dev: {stack.url}",
            "ok        GET /v1/health: ok, version 0.1.0",
            f"ok        POST {stack.url}/v1/webhooks/phonepe: a wrong proof is refused with 401",
            "left out  a payment: GatewayMode is simulator, and one is made in sandbox only",
            "The deployment answers as it must.",
        ],
    )


@pytest.mark.xdist_group("deploy-check")
def test_the_payment_is_valid_for_the_api(stack: RunningStack) -> None:
    values = SIMULATOR | {"ReturnUrlAllowList": stack.url, "Gateways": "phonepe"}
    deployed = Stack("pavati-dev", {"ApiUrl": stack.url}, values)
    text = create_payment(deployed, stack.token(), "ws_demo")
    assert text.startswith("payment pay_")
    with pytest.raises(Refusal, match="POST /v1/payments answers 403"):
        create_payment(deployed, stack.token("stranger"), "ws_demo")
