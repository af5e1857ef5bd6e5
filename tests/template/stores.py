"""Tables, key and secrets: no record of money can be lost, read or deleted by accident."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from dev.tools.expand import RELEASE, Template
from tests.template.rulebook import Resources, differences, drop, listed, of_type, put, rule, target, texts

INDEXES = {
    "payment_transactions": {
        "due": ("due_shard", "due_at"),
        "listed": ("list_pk", "list_sk"),
        "listed_by_status": ("status_pk", "list_sk"),
        "checkpoint": ("checkpoint_pk", "checkpoint_at"),
    },
    "payment_refunds": {"due": ("due_shard", "due_at")},
    "payment_disputes": {"due": ("due_shard", "due_at"), "listed": ("list_pk", "list_sk")},
    "payment_events_log": {},
    "payment_webhook_logs": {"due": ("due_shard", "due_at")},
    "workspaces": {},
    "reconciliation": {"listed": ("list_pk", "list_sk")},
    "idempotency_keys": {},
    "gateway_tokens": {},
}
FORGETFUL = {"payment_webhook_logs", "idempotency_keys", "gateway_tokens"}
_RETAINED_TYPES = ("AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::Logs::LogGroup", "AWS::SecretsManager::Secret")
_DATA_KEY = {"Fn::GetAtt": ["DataKey", "Arn"]}
_SECRETS = re.compile(
    r"AKIA[0-9A-Z]{16}|-----BEGIN|(sk|pk|rzp|whsec)_(live|test)_\w+|://[^/\s{]+:[^/\s{]+@|[0-9a-f]{40}|[A-Za-z0-9+/]{40}="
)


def tables(template: Template) -> Resources:
    """Properties by plain table name."""
    return {table_name(table): table for table in of_type(template, "AWS::DynamoDB::Table").values()}


def table_name(table: Mapping[str, Any]) -> str:
    return str(table["TableName"]["Fn::Sub"]).removeprefix("pavati-${Stage}-")


def keys_of(schema: list[dict[str, str]]) -> tuple[str, ...]:
    return tuple(key["AttributeName"] for key in sorted(schema, key=lambda key: key["KeyType"]))


_TABLE = ("PaymentTransactionsTable", "Properties")


@rule(drop("WorkspacesTable"), put(*_TABLE, "TableName", value={"Fn::Sub": "payments-${Stage}"}))
def the_tables_are_these(template: Template) -> Iterator[str]:
    yield from differences("tables", set(tables(template)), set(INDEXES))


@rule(put(*_TABLE, "KeySchema", value=[{"AttributeName": "id", "KeyType": "HASH"}]))
def every_table_has_a_text_pk_and_sk(template: Template) -> Iterator[str]:
    for name, table in tables(template).items():
        if keys_of(table["KeySchema"]) != ("pk", "sk"):
            yield f"{name} has other keys"
        if {attribute["AttributeType"] for attribute in table["AttributeDefinitions"]} != {"S"}:
            yield f"{name} has keys that are not text"


@rule(
    drop(*_TABLE, "GlobalSecondaryIndexes", 1),
    put(*_TABLE, "GlobalSecondaryIndexes", 0, "Projection", value={"ProjectionType": "ALL"}),
)
def indexes_find_candidates_and_have_no_facts(template: Template) -> Iterator[str]:
    for name, table in tables(template).items():
        found = {index["IndexName"]: index for index in table.get("GlobalSecondaryIndexes", ())}
        keyed = {(index, keys_of(found[index]["KeySchema"])) for index in found}
        yield from differences(name, keyed, set(INDEXES[name].items()))
        if any(index["Projection"] != {"ProjectionType": "KEYS_ONLY"} for index in found.values()):
            yield f"an index of {name} holds more than keys"


@rule(put(*_TABLE, "BillingMode", value="PROVISIONED"))
def every_table_is_on_demand(template: Template) -> Iterator[str]:
    yield from (n for n, table in tables(template).items() if table.get("BillingMode") != "PAY_PER_REQUEST")


@rule(put(*_TABLE, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled", value=False))
def every_table_can_be_restored_to_a_second(template: Template) -> Iterator[str]:
    wanted = {"PointInTimeRecoveryEnabled": True}
    yield from (n for n, table in tables(template).items() if table.get("PointInTimeRecoverySpecification") != wanted)


@rule(
    drop(*_TABLE, "DeletionProtectionEnabled"),
    put(*_TABLE, "DeletionProtectionEnabled", value=False),
    put("WorkspacesTable", "Properties", "DeletionProtectionEnabled", value={"Ref": "Stage"}),
)
def one_parameter_says_whether_one_call_can_delete_a_table(template: Template) -> Iterator[str]:
    wanted = {"Ref": "DeletionProtection"}
    yield from (name for name, table in tables(template).items() if table.get("DeletionProtectionEnabled") != wanted)


# A failed first deployment removes what it made. Otherwise every name would be in use at the next try.
_POLICIES = {"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"}


@rule(
    put("PaymentRefundsTable", "DeletionPolicy", value="Delete"),
    put("PaymentRefundsTable", "DeletionPolicy", value="Retain"),
    put("PhonePeApiSecret", "DeletionPolicy", value="Retain"),
    drop("DataKey", "UpdateReplacePolicy"),
    put("DataKey", "UpdateReplacePolicy", value="RetainExceptOnCreate"),
    drop("PollLogs", "DeletionPolicy"),
    drop("HttpApiLogs", "UpdateReplacePolicy"),
)
def tables_key_secrets_and_logs_outlive_the_stack_but_not_a_failed_first_deployment(
    template: Template,
) -> Iterator[str]:
    for name, resource in template["Resources"].items():
        if resource["Type"] in _RETAINED_TYPES:
            for policy, wanted in _POLICIES.items():
                if resource.get(policy) != wanted:
                    yield f"{name} has no {policy} {wanted}"


@rule(
    put("DeadLetters", "DeletionPolicy", value="Retain"),
    put("PollFunction", "DeletionPolicy", value="RetainExceptOnCreate"),
    put("HttpApi", "UpdateReplacePolicy", value="Retain"),
)
def nothing_else_outlives_the_stack(template: Template) -> Iterator[str]:
    for name, resource in template["Resources"].items():
        if resource["Type"] not in (*_RETAINED_TYPES, "AWS::Lambda::Version"):  # Old versions stay, to go back to.
            policies = (resource.get(policy, "Delete") for policy in _POLICIES)
            yield from (f"{name} stays behind: {policy}" for policy in policies if policy != "Delete")


@rule(put(*_TABLE, "SSESpecification", value={"SSEEnabled": True}))
def every_table_is_encrypted_with_our_key(template: Template) -> Iterator[str]:
    wanted = {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": _DATA_KEY}
    yield from (name for name, table in tables(template).items() if table.get("SSESpecification") != wanted)


@rule(
    put(*_TABLE, "TimeToLiveSpecification", value={"AttributeName": "ttl", "Enabled": True}),
    drop("GatewayTokensTable", "Properties", "TimeToLiveSpecification"),
)
def only_what_is_not_money_expires(template: Template) -> Iterator[str]:
    expiring = {name for name, table in tables(template).items() if "TimeToLiveSpecification" in table}
    yield from differences("TTL", expiring, FORGETFUL)
    for name in expiring:
        if tables(template)[name]["TimeToLiveSpecification"] != {"AttributeName": "ttl", "Enabled": True}:
            yield f"{name} expires by another attribute"


_STATEMENTS = ("DataKey", "Properties", "KeyPolicy", "Statement")


@rule(
    put(*_STATEMENTS, 1, "Condition", value={}),
    put(*_STATEMENTS, 0, "Action", value="kms:*"),
    put(*_STATEMENTS, 0, "Action", value=["kms:Decrypt"]),
    put(*_STATEMENTS, 1, "Principal", value={"AWS": "*"}),
    put("DataKey", "Properties", "EnableKeyRotation", value=False),
)
def the_key_rotates_and_is_used_through_services_only(template: Template) -> Iterator[str]:
    (key,) = of_type(template, "AWS::KMS::Key").values()
    if key.get("EnableKeyRotation") is not True:
        yield "the key does not rotate"
    for statement in key["KeyPolicy"]["Statement"]:
        yield from _faults_of_key_statement(statement)


_USES = {
    f"kms:{use}"
    for use in (
        "Decrypt",
        "DescribeKey",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyWithoutPlaintext",
        "ReEncryptFrom",
        "ReEncryptTo",
    )
}
_LOG_GROUPS = "arn:AWS::Partition:logs:AWS::Region:AWS::AccountId:log-group:/aws"
# By statement: who, which actions beyond administration, and under which conditions.
KEY_STATEMENTS = {
    "AdministeredByTheAccount": ("AWS", {"kms:DescribeKey"}, set()),
    "UsedThroughTheStoresOnly": ("AWS", _USES, {"dynamodb", "secretsmanager", "sns"}),
    "GrantedToDynamoDB": ("AWS", {"kms:CreateGrant"}, {"dynamodb", "true"}),
    "LogsOfThisStage": (
        "logs",
        _USES,
        {f"{_LOG_GROUPS}/lambda/pavati-Stage-*", f"{_LOG_GROUPS}/vendedlogs/pavati-Stage-*"},
    ),
    "AlarmsReachTheTopic": ("cloudwatch", {"kms:Decrypt", "kms:GenerateDataKey"}, set()),
}
_ADMINISTERS = {f"kms:{verb}" for verb in ("GetKeyPolicy", "PutKeyPolicy", "EnableKey", "CancelKeyDeletion")}


@rule(
    put(*_STATEMENTS, 1, "Condition", "StringEquals", "kms:ViaService", value=[]),
    put(*_STATEMENTS, 2, "Condition", "Bool", value={"kms:GrantIsForAWSResource": "false"}),
    put(*_STATEMENTS, 3, "Action", value=["kms:Decrypt"]),
    put(*_STATEMENTS, 3, "Principal", value={"Service": "lambda.amazonaws.com"}),
    drop(*_STATEMENTS, 3, "Condition", "ArnLike", "kms:EncryptionContext:aws:logs:arn", 1),
    put(*_STATEMENTS, 4, "Action", value=["kms:Decrypt"]),
    drop(*_STATEMENTS, 4),
    put(*_STATEMENTS, 0, "Action", value=["kms:DescribeKey"]),
)
def each_service_gets_exactly_its_use_of_the_key(template: Template) -> Iterator[str]:
    (key,) = of_type(template, "AWS::KMS::Key").values()
    statements = {statement["Sid"]: statement for statement in key["KeyPolicy"]["Statement"]}
    yield from differences("key", set(statements), set(KEY_STATEMENTS))
    for sid, statement in statements.items():
        ((kind, who),) = statement["Principal"].items()
        actions = set(listed(statement["Action"]))
        service = kind if kind == "AWS" else target(who).partition(".")[0]
        bounds = {target(value) for value in _values(statement.get("Condition", {}))}
        if (service, actions & (_USES | {"kms:CreateGrant"}), bounds) != KEY_STATEMENTS[sid]:
            yield f"{sid} allows {service} {sorted(actions)} within {sorted(bounds)}"
        if sid == "AdministeredByTheAccount" and not actions >= _ADMINISTERS:
            yield "nobody can mend the key"


def _values(condition: dict[str, dict[str, Any]]) -> Iterator[Any]:
    """Services without their region, and everything else unchanged."""
    for of in condition.values():
        for key, values in of.items():
            for value in listed(values):
                yield target(value).partition(".")[0] if key == "kms:ViaService" else value


def _faults_of_key_statement(statement: dict[str, Any]) -> Iterator[str]:
    actions, sid = listed(statement["Action"]), statement["Sid"]
    uses = {"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:CreateGrant"} & set(actions)
    if any("*" in action for action in actions):
        yield f"{sid} has a wildcard"
    if "*" in texts_of_principal(statement):
        yield f"{sid} is for anybody"
    if uses and sid != "AlarmsReachTheTopic" and not statement.get("Condition"):
        yield f"{sid} allows {sorted(uses)} without a condition"


def texts_of_principal(statement: dict[str, Any]) -> set[str]:
    return set(texts(statement["Principal"]))


@rule(
    put("PhonePeApiSecret", "Properties", "SecretString", value='{"client_secret": "s3cret"}'),
    put("PhonePeApiSecret", "Properties", "KmsKeyId", value="alias/aws/secretsmanager"),
)
def the_secret_comes_empty_and_under_our_key(template: Template) -> Iterator[str]:
    for name, secret in of_type(template, "AWS::SecretsManager::Secret").items():
        yield from (f"{name} has a {key}" for key in ("SecretString", "GenerateSecretString") if key in secret)
        if target(secret.get("KmsKeyId", "")) != "DataKey":
            yield f"{name} is under another key"


@rule(
    put("PollFunction", "Properties", "Environment", "Variables", "X", value="AKIAABCDEFGHIJKLMNOP"),
    put("PollFunction", "Properties", "Environment", "Variables", "X", value="https://user:password@example.com"),
    put("PollFunction", "Properties", "Environment", "Variables", "X", value="rzp_live_abcdef123456"),
)
def nothing_looks_like_a_secret(template: Template) -> Iterator[str]:
    yield from (text for text in texts(template) if text != RELEASE and _SECRETS.search(text))
