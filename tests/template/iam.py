"""One role per function, with exact resources, and no action that its code does not call."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from dev.tools.expand import Template
from tests.template.functions import JOBS
from tests.template.rulebook import differences, drop, listed, of_type, put, rule, target

Statement = dict[str, Any]

# Actions for which AWS has no narrower resource, by the owner of the statement and its Sid.
FORCED_STARS = {
    ("TracingPolicy", "Traces"): "X-Ray has no resources",
    ("MetricsReaderPolicy", "Metrics"): "metrics have no resources",
    ("PollPaymentRole", "DeliversLogs"): "log deliveries have no resource level",
    ("PollPaymentRole", "SamplesTraces"): "X-Ray has no resources",
    ("ApplyRole", "Streams"): "a list of streams is of none of them",
    ("DeploymentRole", "MovesAliases"): "the aliases need the role, so it cannot need them",
    ("DeploymentRole", "ReadsAlarms"): "alarms are listed by name",
}
FUNCTIONS = {
    "Initiate", "Status", "Checkout", "Gateways", "Capture", "Refund", "Disputes", "Webhook", "Apply", "Poll", "Sweep",
    "Reconcile", "Cases", "Health",
}  # fmt: skip
ONLY_READS = {"Status", "Gateways", "Health"}
CALLS_GATEWAYS = FUNCTIONS - ONLY_READS - {"Webhook"}

_SYNC = {
    "PaymentTransactionsTable": {"GetItem", "BatchGetItem", "PutItem"},
    "PaymentRefundsTable": {"GetItem", "BatchGetItem", "PutItem", "Query"},
    "PaymentEventsLogTable": {"PutItem"},
    "ReconciliationTable": {"GetItem", "PutItem"},
    "WorkspacesTable": {"BatchGetItem", "GetItem"},
    "GatewayTokensTable": {"GetItem", "UpdateItem"},
}
_DISPUTES = {"PaymentDisputesTable": {"BatchGetItem", "GetItem", "PutItem", "Query"}}
_KEYS = {"IdempotencyKeysTable": {"GetItem", "PutItem", "UpdateItem"}}
# More than a sync needs.
OWN: dict[str, dict[str, set[str]]] = {
    "Initiate": _KEYS,
    "Status": {
        "PaymentTransactionsTable": {"BatchGetItem", "GetItem"},
        "PaymentTransactionsTable/index/listed": {"Query"},
        "PaymentTransactionsTable/index/listed_by_status": {"Query"},
        "PaymentEventsLogTable": {"Query"},
        "WorkspacesTable": {"BatchGetItem"},
    },
    "Checkout": {},
    "Gateways": {"WorkspacesTable": {"BatchGetItem"}},
    "Capture": {},
    "Refund": _KEYS | {"PaymentDisputesTable": {"Query"}},
    "Disputes": _DISPUTES
    | {
        "PaymentDisputesTable/index/listed": {"Query"},
        "PaymentWebhookLogsTable": {"GetItem", "PutItem"},
        "ReconciliationTable": {"UpdateItem"},
    },
    "Webhook": {"PaymentWebhookLogsTable": {"PutItem"}},
    "Apply": _DISPUTES
    | {
        "PaymentWebhookLogsTable": {"GetItem", "PutItem", "UpdateItem"},
        "PaymentWebhookLogsTable/stream": {"DescribeStream", "GetRecords", "GetShardIterator"},
        "PaymentWebhookLogsTable/stream/*": {"ListStreams"},
    },
    "Poll": {},
    "Sweep": {
        "PaymentTransactionsTable": {"UpdateItem"},
        "PaymentTransactionsTable/index/due": {"Query"},
        "PaymentRefundsTable": {"UpdateItem"},
        "PaymentRefundsTable/index/due": {"Query"},
        "PaymentDisputesTable": {"BatchGetItem", "GetItem", "PutItem", "Query", "UpdateItem"},
        "PaymentDisputesTable/index/due": {"Query"},
        "PaymentWebhookLogsTable": {"GetItem", "PutItem", "UpdateItem"},
        "PaymentWebhookLogsTable/index/due": {"Query"},
        "ReconciliationTable": {"UpdateItem"},
    },
    "Reconcile": {
        "PaymentTransactionsTable": {"UpdateItem"},
        "PaymentTransactionsTable/index/listed": {"Query"},
        "PaymentTransactionsTable/index/checkpoint": {"Query"},
        "ReconciliationTable": {"BatchGetItem", "Query", "UpdateItem"},
        "ReconciliationTable/index/listed": {"Query"},
        "WorkspacesTable": {"Query"},
    },
    "Cases": {
        "PaymentEventsLogTable": {"Query"},
        "ReconciliationTable": {"BatchGetItem", "Query"},
        "ReconciliationTable/index/listed": {"Query"},
        "WorkspacesTable": {"Query"},
    },
    "Health": {"WorkspacesTable": {"BatchGetItem"}},
}
NEVER = {"Scan", "DeleteItem", "BatchWriteItem", "PartiQLSelect", "PartiQLInsert", "PartiQLUpdate", "PartiQLDelete"}


def policies(template: Template) -> Iterator[tuple[str, Statement]]:
    """Every identity statement with the role or policy that holds it."""
    for name, policy in of_type(template, "AWS::IAM::ManagedPolicy").items():
        yield from ((name, statement) for statement in policy["PolicyDocument"]["Statement"])
    for name, role in of_type(template, "AWS::IAM::Role").items():
        for policy in role.get("Policies", ()):
            yield from ((name, statement) for statement in policy["PolicyDocument"]["Statement"])


def statements_of(template: Template, role: str) -> Iterator[Statement]:
    """A role's own statements and those of the policies it carries."""
    attached = template["Resources"][role]["Properties"].get("ManagedPolicyArns", ())
    owners = {role, *map(target, attached)}
    return (statement for owner, statement in policies(template) if owner in owners)


def grants(template: Template, role: str, service: str) -> set[tuple[str, str]]:
    """(resource, action) pairs that a role is allowed of one service."""
    return {
        (target(resource), action.removeprefix(f"{service}:"))
        for statement in statements_of(template, role)
        if statement["Effect"] == "Allow"
        for action in listed(statement["Action"])
        if action.startswith(f"{service}:")
        for resource in listed(statement["Resource"])
    }


def wanted_tables(function: str) -> set[tuple[str, str]]:
    tables = [OWN[function]] + ([_SYNC] if function in CALLS_GATEWAYS else [])
    return {(table, action) for needs in tables for table, actions in needs.items() for action in actions}


_PUBLIC = "arn:AWS::Partition:ssm:AWS::Region:AWS::AccountId:parameter/pavati/Stage/*/public"
_SECRETS = "arn:AWS::Partition:secretsmanager:AWS::Region:AWS::AccountId:secret:pavati/Stage/*"
_SYNC_ACTIONS = ("SyncPolicy", "Properties", "PolicyDocument", "Statement")
_OWN_STATEMENTS = ("Properties", "Policies", 0, "PolicyDocument", "Statement")


@rule(put(*_SYNC_ACTIONS, 0, "Action", value="dynamodb:*"), put(*_SYNC_ACTIONS, 0, "Action", value=["dynamodb:Get*"]))
def no_action_has_a_wildcard(template: Template) -> Iterator[str]:
    for owner, statement in policies(template):
        yield from (f"{owner} may {action}" for action in listed(statement["Action"]) if "*" in action)


@rule(
    put(*_SYNC_ACTIONS, 0, "Resource", value="*"),
    put(*_SYNC_ACTIONS, 0, "Resource", value={"Fn::Sub": "${PaymentRefundsTable.Arn}/index/*"}),
    put("PollRole", *_OWN_STATEMENTS, 0, "Resource", value="arn:aws:logs:ap-south-1:1:log-group:x"),
)
def every_resource_is_one_of_this_template(template: Template) -> Iterator[str]:
    for owner, statement in policies(template):
        for resource in listed(statement["Resource"]):
            is_ours = re.split("/|:live$", target(resource))[0] in template["Resources"] and "*" not in target(resource)
            # Further accounts have their own beside it.
            is_ours = is_ours or target(resource).startswith(f"{_SECRETS}/") or target(resource) == _PUBLIC
            if not is_ours and (owner, statement["Sid"]) not in FORCED_STARS:
                yield f"{owner}, {statement['Sid']}: {resource}"


@rule(put(*_SYNC_ACTIONS, 0, "NotAction", value=["iam:PassRole"]))
def nothing_is_allowed_by_exception(template: Template) -> Iterator[str]:
    for owner, statement in policies(template):
        yield from (f"{owner} uses {key}" for key in ("NotAction", "NotResource", "NotPrincipal") if key in statement)


@rule(
    drop("MetricsReaderPolicy", "Condition"),
    put("MetricsReaderPolicy", "Properties", "Roles", value=["somebody"]),
    put("MetricsReaderPolicy", "Properties", "Users", value=["somebody"]),
    put("TracingPolicy", "Properties", "Groups", value=["somebody"]),
)
def no_outsider_gets_a_policy_unless_he_is_named(template: Template) -> Iterator[str]:
    for name, policy in of_type(template, "AWS::IAM::ManagedPolicy").items():
        is_reader = name == "MetricsReaderPolicy"
        given = {to: policy[to] for to in ("Roles", "Users", "Groups") if to in policy}
        if given != ({"Roles": [{"Ref": "PrometheusRole"}]} if is_reader else {}):
            yield f"{name} is given to {given}"
        if template["Resources"][name].get("Condition") != ("HasPrometheusRole" if is_reader else None):
            yield f"{name} is there on another condition"


@rule(put("PollFunction", "Properties", "Role", value={"Fn::GetAtt": ["InitiateRole", "Arn"]}))
def every_function_has_a_role_of_its_own(template: Template) -> Iterator[str]:
    roles = {name: target(found["Role"]) for name, found in of_type(template, "AWS::Lambda::Function").items()}
    yield from differences("roles", set(roles.values()), {f"{name}Role" for name in FUNCTIONS})
    yield from (f"{name} runs as {role}" for name, role in roles.items() if role != name.replace("Function", "Role"))


@rule(put("PollRole", "Properties", "ManagedPolicyArns", 0, value="arn:aws:iam::aws:policy/AdministratorAccess"))
def no_policy_of_amazons_is_attached(template: Template) -> Iterator[str]:
    for name, role in of_type(template, "AWS::IAM::Role").items():
        for arn in role.get("ManagedPolicyArns", ()):
            if target(arn) not in of_type(template, "AWS::IAM::ManagedPolicy"):
                yield f"{name} carries {arn}"


_TRUST = ("Properties", "AssumeRolePolicyDocument", "Statement", 0)


@rule(
    put("PollRole", *_TRUST, "Principal", value={"AWS": "*"}),
    put("ScheduleRole", *_TRUST, "Condition", value={}),
    put("DeploymentRole", *_TRUST, "Condition", value={}),
    put("DeploymentRole", *_TRUST, "Principal", value={"Service": "lambda.amazonaws.com"}),
    put("PollPaymentRole", *_TRUST, "Condition", value={}),
)
def a_role_is_assumed_by_one_service_of_this_account(template: Template) -> Iterator[str]:
    services = dict.fromkeys((f"{name}Role" for name in FUNCTIONS), "lambda.amazonaws.com")
    services |= {"PollPaymentRole": "states.amazonaws.com", "ScheduleRole": "scheduler.amazonaws.com"}
    services |= {"DeploymentRole": "codedeploy.amazonaws.com"}
    for name, role in of_type(template, "AWS::IAM::Role").items():
        for trust in role["AssumeRolePolicyDocument"]["Statement"]:
            if trust["Principal"] != {"Service": services.get(name)}:
                yield f"{name} is assumed by {trust['Principal']}"
            fenced = trust.get("Condition", {}).get("StringEquals", {}).get("aws:SourceAccount")
            if services.get(name) != "lambda.amazonaws.com" and fenced != {"Ref": "AWS::AccountId"}:
                yield f"{name} may be assumed for another account"


@rule(
    put(*_SYNC_ACTIONS, 0, "Action", value=["dynamodb:GetItem", "dynamodb:Scan"]),
    put("HealthRole", *_OWN_STATEMENTS, 1, "Resource", value={"Fn::GetAtt": ["PaymentTransactionsTable", "Arn"]}),
    put("HealthRole", "Properties", "ManagedPolicyArns", 0, value={"Ref": "SyncPolicy"}),
    put("ApplyRole", *_OWN_STATEMENTS, 3, "Resource", value={"Fn::GetAtt": ["PaymentWebhookLogsTable", "Arn"]}),
    put("ApplyRole", *_OWN_STATEMENTS, 3, "Action", value=["dynamodb:DescribeStream", "dynamodb:GetRecords"]),
    put("ApplyRole", *_OWN_STATEMENTS, 4, "Resource", value="*"),
    drop("ApplyRole", *_OWN_STATEMENTS, 4),
)
def every_function_reaches_exactly_the_tables_it_uses(template: Template) -> Iterator[str]:
    for function in FUNCTIONS:
        found = grants(template, f"{function}Role", "dynamodb")
        yield from differences(function, found, wanted_tables(function))


@rule(put(*_SYNC_ACTIONS, 4, "Action", value="dynamodb:DeleteItem"))
def no_function_scans_or_deletes(template: Template) -> Iterator[str]:
    for owner, statement in policies(template):
        actions = {action.removeprefix("dynamodb:") for action in listed(statement["Action"])}
        if statement["Effect"] == "Allow" and actions & NEVER:
            yield f"{owner} may {sorted(actions & NEVER)}"


@rule(put(*_SYNC_ACTIONS, 2, "Condition", value={}), put(*_SYNC_ACTIONS, 3, "Effect", value="Allow"))
def events_are_only_appended_and_only_in_a_transaction(template: Template) -> Iterator[str]:
    for function in CALLS_GATEWAYS:
        denied: set[str] = set()
        for statement in statements_of(template, f"{function}Role"):
            if target(listed(statement["Resource"])[0]) != "PaymentEventsLogTable":
                continue
            if statement["Effect"] == "Deny":
                denied |= set(listed(statement["Action"]))
            elif statement["Action"] == "dynamodb:PutItem":
                wanted = {"ForAnyValue:StringEquals": {"dynamodb:EnclosingOperation": ["TransactWriteItems"]}}
                if statement.get("Condition") != wanted:
                    yield f"{function} may put events outside of a transaction"
        names = ("UpdateItem", "DeleteItem", "BatchWriteItem", "PartiQLInsert", "PartiQLUpdate", "PartiQLDelete")
        yield from differences(f"{function}, denied", denied, {f"dynamodb:{name}" for name in names})


@rule(
    put("StatusRole", *_OWN_STATEMENTS, 1, "Action", value=["dynamodb:GetItem", "dynamodb:PutItem"]),
    put("StatusRole", "Properties", "ManagedPolicyArns", 0, value={"Ref": "SyncPolicy"}),
)
def who_only_reads_may_write_nothing(template: Template) -> Iterator[str]:
    """Its role has read actions only, so a bug in its code changes no money."""
    for function in ONLY_READS:
        for service in ("dynamodb", "states", "sqs", "lambda"):
            for table, action in grants(template, f"{function}Role", service):
                if not action.startswith(("Get", "BatchGet", "Query")):
                    yield f"{function} may {action} of {table}"


@rule(
    put(
        "HealthRole",
        *_OWN_STATEMENTS,
        1,
        value={
            "Sid": "S",
            "Effect": "Allow",
            "Action": "secretsmanager:GetSecretValue",
            "Resource": {"Ref": "PhonePeApiSecret"},
        },
    )
)
def only_who_needs_a_gateways_secret_reads_it(template: Template) -> Iterator[str]:
    """Secrets for calls and for webhooks of every account; only the webhook function needs the latter."""
    for function in FUNCTIONS:
        parts = ("api",) * (function in CALLS_GATEWAYS) + ("webhook",) * (function == "Webhook")
        wanted = {(f"{_SECRETS}/{part}-??????", "GetSecretValue") for part in parts}
        yield from differences(function, grants(template, f"{function}Role", "secretsmanager"), wanted)


@rule(
    put("WebhookRole", "Properties", "ManagedPolicyArns", 0, value={"Ref": "SyncPolicy"}),
    put("WebhookRole", *_OWN_STATEMENTS, 1, "Action", value=["dynamodb:PutItem", "dynamodb:UpdateItem"]),
    put("WebhookRole", *_OWN_STATEMENTS, 1, "Action", value="dynamodb:GetItem"),
    put("WebhookRole", *_OWN_STATEMENTS, 1, "Resource", value={"Fn::GetAtt": ["PaymentTransactionsTable", "Arn"]}),
    put("WebhookRole", *_OWN_STATEMENTS, 2, "Resource", value={"Fn::Sub": f"{_SECRETS}/api-??????"}),
    put("WebhookRole", *_OWN_STATEMENTS, 2, "Resource", value={"Fn::Sub": f"{_SECRETS}/*"}),
    drop("WebhookRole", *_OWN_STATEMENTS, 2),
)
def who_proves_webhooks_keeps_them_and_can_do_nothing_else(template: Template) -> Iterator[str]:
    """Anybody may call it, so a bug in its code must read no payment and reach no gateway."""
    wanted = {
        "dynamodb": {("PaymentWebhookLogsTable", "PutItem")},
        "secretsmanager": {(f"{_SECRETS}/webhook-??????", "GetSecretValue")},
    }
    for service in ("dynamodb", "secretsmanager", "lambda", "sqs", "ssm", "states"):
        yield from differences(service, grants(template, "WebhookRole", service), wanted.get(service, set()))


@rule(
    put("GatewaysRole", *_OWN_STATEMENTS, 2, "Resource", value=_PUBLIC.removesuffix("public") + "*"),
    put("GatewaysRole", *_OWN_STATEMENTS, 2, "Action", value=["ssm:GetParameter", "ssm:PutParameter"]),
    put(
        "PollRole",
        *_OWN_STATEMENTS,
        0,
        value={"Sid": "S", "Effect": "Allow", "Action": "ssm:GetParameter", "Resource": _PUBLIC},
    ),
)
def only_the_list_of_gateways_reads_what_is_public(template: Template) -> Iterator[str]:
    for name in of_type(template, "AWS::IAM::Role"):
        wanted = {(_PUBLIC, "GetParameter")} if name == "GatewaysRole" else set()
        yield from differences(name, grants(template, name, "ssm"), wanted)


@rule(
    put(
        "PollRole",
        *_OWN_STATEMENTS,
        0,
        value={
            "Sid": "S",
            "Effect": "Allow",
            "Action": "states:StartExecution",
            "Resource": {"Ref": "PollPaymentStateMachine"},
        },
    )
)
def only_an_initiation_starts_polling(template: Template) -> Iterator[str]:
    for name in of_type(template, "AWS::IAM::Role"):
        wanted = {("PollPaymentStateMachine", "StartExecution")} if name == "InitiateRole" else set()
        yield from differences(name, grants(template, name, "states"), wanted)


_STARTED = ("ScheduleRole", *_OWN_STATEMENTS, 0, "Resource")
_MOVED = ("DeploymentRole", *_OWN_STATEMENTS, 0)
_OURS = "arn:AWS::Partition:lambda:AWS::Region:AWS::AccountId:function:pavati-Stage-*"


@rule(
    put(*_STARTED, 0, value={"Ref": "RefundFunctionAliaslive"}),
    put(*_STARTED, 2, value={"Ref": "CasesFunctionAliaslive"}),
    drop(*_STARTED, 1),
    put(*_MOVED, "Action", value=["lambda:UpdateAlias", "lambda:UpdateFunctionCode"]),
    put(*_MOVED, "Resource", value="*"),
)
def the_machine_calls_poll_the_schedules_their_jobs_and_codedeploy_moves_aliases(template: Template) -> Iterator[str]:
    wanted = {"PollPaymentRole": {"Poll"}, "ScheduleRole": {function for _, function in JOBS.values()}}
    for name in of_type(template, "AWS::IAM::Role"):
        called = {(f"{function}Function:live", "InvokeFunction") for function in wanted.get(name, ())}
        if name == "DeploymentRole":
            called = {(_OURS, action) for action in ("GetAlias", "GetProvisionedConcurrencyConfig", "UpdateAlias")}
        yield from differences(name, grants(template, name, "lambda"), called)


@rule(
    put(*_SYNC_ACTIONS, 8, "Condition", value={}), put(*_SYNC_ACTIONS, 8, "Resource", value={"Ref": "PhonePeApiSecret"})
)
def the_key_is_used_through_the_stores_only(template: Template) -> Iterator[str]:
    for owner, statement in policies(template):
        if any(action.startswith("kms:") for action in listed(statement["Action"])):
            if target(statement["Resource"]) != "DataKey":
                yield f"{owner} uses another key"
            if "kms:ViaService" not in statement.get("Condition", {}).get("StringEquals", {}):
                yield f"{owner} may use the key directly"


_STORES = {"dynamodb"}
KEY_THROUGH = {
    "SyncPolicy": _STORES | {"secretsmanager"},
    "StatusRole": _STORES,
    "GatewaysRole": _STORES,
    "HealthRole": _STORES,
    "WebhookRole": _STORES | {"secretsmanager"},
}


def services_in(condition: dict[str, Any]) -> set[str]:
    """The services of this region through which a condition allows use of the key."""
    reported = listed(condition.get("StringEquals", {}).get("kms:ViaService", []))
    return {target(service).removesuffix(".AWS::Region.amazonaws.com") for service in reported}


_VIA = ("Condition", "StringEquals", "kms:ViaService")


@rule(
    put("StatusRole", *_OWN_STATEMENTS, 4, *_VIA, value={"Fn::Sub": "secretsmanager.${AWS::Region}.amazonaws.com"}),
    put("GatewaysRole", *_OWN_STATEMENTS, 3, *_VIA, value={"Fn::Sub": "ssm.${AWS::Region}.amazonaws.com"}),
    put(*_SYNC_ACTIONS, 8, *_VIA, value=[{"Fn::Sub": "dynamodb.us-east-1.amazonaws.com"}]),
    put("WebhookRole", *_OWN_STATEMENTS, 3, *_VIA, value=[{"Fn::Sub": "dynamodb.${AWS::Region}.amazonaws.com"}]),
)
def who_uses_a_store_may_use_the_key_through_it(template: Template) -> Iterator[str]:
    found = {
        (owner, service)
        for owner, statement in policies(template)
        if any(action.startswith("kms:") for action in listed(statement["Action"]))
        for service in services_in(statement.get("Condition", {}))
    }
    yield from differences("key", found, {(owner, of) for owner, through in KEY_THROUGH.items() for of in through})


@rule(
    put("StatusRole", *_OWN_STATEMENTS, 4, "Effect", value="Deny"),
    put("PollRole", *_TRUST, "Action", value="sts:TagSession"),
    put("PollRole", *_TRUST, "Effect", value="Deny"),
)
def only_changes_of_events_are_denied_and_every_role_may_be_assumed(template: Template) -> Iterator[str]:
    denied = {(owner, statement["Sid"]) for owner, statement in policies(template) if statement["Effect"] != "Allow"}
    yield from differences("denied", denied, {("SyncPolicy", "EventsNeverChange")})
    for name, role in of_type(template, "AWS::IAM::Role").items():
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        if (trust["Effect"], listed(trust["Action"])) != ("Allow", ["sts:AssumeRole"]):
            yield f"{name} is never assumed"


@rule(put("PollRole", *_OWN_STATEMENTS, 0, "Resource", value={"Fn::GetAtt": ["RefundLogs", "Arn"]}))
def a_function_writes_its_own_log_only(template: Template) -> Iterator[str]:
    for function in FUNCTIONS:
        wanted = {(f"{function}Logs", action) for action in ("CreateLogStream", "PutLogEvents")}
        yield from differences(function, grants(template, f"{function}Role", "logs"), wanted)


@rule(
    put(
        "PollFunctionX",
        value={"Type": "AWS::Lambda::Permission", "Properties": {"Action": "lambda:InvokeFunction", "Principal": "*"}},
    )
)
def functions_are_invoked_by_this_api_only(template: Template) -> Iterator[str]:
    for name, permission in of_type(template, "AWS::Lambda::Permission").items():
        if permission["Principal"] != "apigateway.amazonaws.com":
            yield f"{name} lets {permission['Principal']} in"
        if "HttpApi" not in str(permission.get("SourceArn", "")):
            yield f"{name} is for any API"
