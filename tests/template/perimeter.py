"""What the stack must not have: another way in or out, code of others, other services."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dev.tools.expand import Template
from tests.template.functions import functions
from tests.template.iam import policies
from tests.template.rulebook import differences, drop, listed, of_type, put, rule, target, texts

KINDS = {
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Stage",
    "AWS::CloudWatch::Alarm",
    "AWS::CodeDeploy::Application",
    "AWS::CodeDeploy::DeploymentGroup",
    "AWS::CloudWatch::Dashboard",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::DynamoDB::Table",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Role",
    "AWS::KMS::Key",
    "AWS::Lambda::Alias",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Function",
    "AWS::Lambda::LayerVersion",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Version",
    "AWS::Logs::LogGroup",
    "AWS::Logs::MetricFilter",
    "AWS::Scheduler::Schedule",
    "AWS::SNS::Subscription",
    "AWS::SNS::Topic",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::Queue",
    "AWS::SQS::QueuePolicy",
    "AWS::SecretsManager::Secret",
    "AWS::StepFunctions::StateMachine",
}
# By who may do it; tables and log groups have rules of their own.
ACTIONS = {
    "SyncPolicy": {
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:Encrypt",
        "kms:GenerateDataKey",
        "secretsmanager:GetSecretValue",
    },
    "TracingPolicy": {"xray:PutTelemetryRecords", "xray:PutTraceSegments"},
    "MetricsReaderPolicy": {"cloudwatch:GetMetricData"},
    "WebhookRole": {
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:Encrypt",
        "kms:GenerateDataKey",
        "secretsmanager:GetSecretValue",
    },
    "InitiateRole": {"states:StartExecution"},
    "StatusRole": {"kms:Decrypt", "kms:DescribeKey"},
    "GatewaysRole": {"kms:Decrypt", "kms:DescribeKey", "ssm:GetParameter"},
    "DisputesRole": {"sqs:SendMessage"},
    "SweepRole": {"sqs:SendMessage"},
    "ReconcileRole": {"sqs:SendMessage"},
    "HealthRole": {"kms:Decrypt", "kms:DescribeKey"},
    "DeploymentRole": {
        "cloudwatch:DescribeAlarms",
        "lambda:GetAlias",
        "lambda:GetProvisionedConcurrencyConfig",
        "lambda:UpdateAlias",
    },
    "PollPaymentRole": {"lambda:InvokeFunction", "xray:GetSamplingRules", "xray:GetSamplingTargets"},
    "ScheduleRole": {"lambda:InvokeFunction", "sqs:SendMessage"},
}
ELSEWHERE = ("dynamodb", "logs")
# Properties that would let others read data, or move it to another region.
OPENINGS = {
    "AWS::DynamoDB::Table": {
        "ContributorInsightsSpecification",
        "ImportSourceSpecification",
        "KinesisStreamSpecification",
        "ResourcePolicy",
    },
    "AWS::SecretsManager::Secret": {"ReplicaRegions"},
    "AWS::KMS::Key": {"MultiRegion", "Origin"},
    "AWS::Logs::LogGroup": {"ResourcePolicyDocument", "FieldIndexPolicies"},
    "AWS::Lambda::Function": {"FileSystemConfigs", "ImageConfig", "VpcConfig"},
    "AWS::Lambda::Permission": {"FunctionUrlAuthType", "PrincipalOrgID"},
    "AWS::SNS::Topic": {"DataProtectionPolicy", "DeliveryStatusLogging", "Subscription"},
    "AWS::ApiGatewayV2::Api": {"CredentialsArn", "RouteKey", "Target"},
}


def _new(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


@rule(
    put("Open", value=_new("AWS::Lambda::Url", AuthType="NONE", TargetFunctionArn={"Ref": "RefundFunction"})),
    put("Open", value=_new("AWS::S3::Bucket")),
    put("Open", value=_new("AWS::IAM::AccessKey", UserName="root")),
    put("Open", value=_new("AWS::Logs::SubscriptionFilter", DestinationArn="arn:aws:logs:us-east-1:1:destination:x")),
    put("Open", value=_new("AWS::SecretsManager::ResourcePolicy")),
    put("Open", value=_new("AWS::DynamoDB::GlobalTable")),
)
def there_is_nothing_but_these_kinds(template: Template) -> Iterator[str]:
    kinds = {resource["Type"] for resource in template["Resources"].values()}
    yield from differences("kinds", kinds, KINDS)


@rule(
    put("PollFunction", "Properties", "Layers", 0, value="arn:aws:lambda:ap-south-1:1:layer:monitor:1"),
    put("PollFunction", "Properties", "Layers", value=[{"Ref": "CommonLayer1"}, {"Ref": "OtherLayer1"}]),
    put("PollFunction", "Properties", "Handler", value="wrapper.handler"),
)
def functions_load_no_code_but_ours(template: Template) -> Iterator[str]:
    layers = set(of_type(template, "AWS::Lambda::LayerVersion"))
    for name, function in functions(template).items():
        yield from differences(name, {target(layer) for layer in function["Layers"]}, layers)
        if function["Handler"] != "handler.handler":
            yield f"{name} starts at {function['Handler']}"


_POLICY = ("Properties", "PolicyDocument", "Statement")
_ROLE = ("Properties", "Policies", 0, "PolicyDocument", "Statement")


@rule(
    put("SyncPolicy", *_POLICY, 7, "Action", value=["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"]),
    put("TracingPolicy", *_POLICY, 0, "Action", value=["xray:PutTraceSegments", "iam:PassRole"]),
    put("HealthRole", *_ROLE, 1, "Action", value="sts:AssumeRole"),
    put("SweepRole", *_ROLE, 0, "Action", value=["sqs:SendMessage", "sqs:PurgeQueue"]),
    drop("DisputesRole", *_ROLE, 5),
    put("CasesRole", *_ROLE, 0, "Action", value="sqs:SendMessage"),
)
def no_role_may_do_more_at_any_service(template: Template) -> Iterator[str]:
    found: dict[str, set[str]] = {}
    for owner, statement in policies(template):
        actions = {action for action in listed(statement["Action"]) if action.split(":")[0] not in ELSEWHERE}
        found[owner] = found.get(owner, set()) | actions
    for owner in found.keys() | ACTIONS.keys():
        yield from differences(owner, found.get(owner, set()), ACTIONS.get(owner, set()))


_TABLE, _SECRET = ("PaymentTransactionsTable", "Properties"), ("PhonePeApiSecret", "Properties")


@rule(
    put(*_TABLE, "ResourcePolicy", value={"PolicyDocument": {}}),
    put(*_TABLE, "KinesisStreamSpecification", value={"StreamArn": "arn:aws:kinesis:us-east-1:1:stream/x"}),
    put(*_SECRET, "ReplicaRegions", value=[{"Region": "us-east-1"}]),
    put("DataKey", "Properties", "MultiRegion", value=True),
    put("PollFunction", "Properties", "VpcConfig", value={"SubnetIds": ["subnet-1"]}),
    put("AlarmTopic", "Properties", "Subscription", value=[{"Protocol": "https", "Endpoint": "https://x.example"}]),
)
def nothing_is_copied_away_or_opened_to_others(template: Template) -> Iterator[str]:
    for kind, openings in OPENINGS.items():
        for name, properties in of_type(template, kind).items():
            yield from (f"{name} has {opening}" for opening in openings & set(properties))


_STREAMED = ("PaymentWebhookLogsTable", "Properties", "StreamSpecification")


@rule(
    put(*_TABLE, "StreamSpecification", value={"StreamViewType": "KEYS_ONLY"}),
    put(*_STREAMED, "StreamViewType", value="NEW_IMAGE"),
    put(*_STREAMED, "ResourcePolicy", value={"PolicyDocument": {}}),
    drop(*_STREAMED),
)
def the_table_of_webhooks_alone_is_streamed_and_by_its_keys_alone(template: Template) -> Iterator[str]:
    for name, table in of_type(template, "AWS::DynamoDB::Table").items():
        wanted = {"StreamViewType": "KEYS_ONLY"} if name == _STREAMED[0] else None
        if table.get("StreamSpecification") != wanted:
            yield f"{name} is streamed as {table.get('StreamSpecification')}"


@rule(
    put("AlarmEmailSubscription", "Properties", "Endpoint", value="somebody@example.com"),
    put("AlarmEmailSubscription", "Properties", "Protocol", value="https"),
    put("Second", value=_new("AWS::SNS::Subscription", Endpoint={"Ref": "AlarmEmail"}, Protocol="sms")),
)
def alarms_are_mailed_to_the_deployments_address_only(template: Template) -> Iterator[str]:
    for name, heard in of_type(template, "AWS::SNS::Subscription").items():
        if (heard["Protocol"], heard["Endpoint"]) != ("email", {"Ref": "AlarmEmail"}):
            yield f"{name} tells {heard['Endpoint']} by {heard['Protocol']}"


@rule(
    put("PollFunction", "Properties", "Environment", "Variables", "X", value="{{resolve:secretsmanager:pavati}}"),
    put("PollFunction", "Properties", "Environment", "Variables", "X", value="{{resolve:ssm-secure:pavati}}"),
    put("PollFunction", "Properties", "Description", value={"Fn::ImportValue": "other-stack-secret"}),
    put("Dashboard", "Properties", "DashboardBody", value={"Fn::Transform": {"Name": "AWS::Include"}}),
)
def nothing_is_fetched_from_elsewhere_while_deploying(template: Template) -> Iterator[str]:
    for text in texts(template["Resources"]):
        if "{{resolve:" in text or text in ("Fn::ImportValue", "Fn::Transform"):
            yield text
