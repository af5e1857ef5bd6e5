"""template.yaml with its nested stacks, read into a Blueprint. SAM's own translator makes CloudFormation of it."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from dev.local import event_source_spec, http_api_spec
from dev.local.blueprint import (
    ACCOUNT,
    REGION,
    AccessLogSpec,
    Blueprint,
    EventSourceSpec,
    FunctionSpec,
    LogGroupSpec,
    MachineSpec,
    OutputSpec,
    QueueSpec,
    ResourceSpec,
    ScheduleSpec,
    SecretSpec,
    StackSpec,
    TableSpec,
    nested_name,
    stack_arn,
    stream_arn,
)
from dev.local.intrinsics import Resolver, UnresolvedError
from dev.local.translation import translate
from dev.tools.nested import HOME, STACKS, NestingError, Template, read_whole

# SAM accepts only S3 addresses; the "bucket" is the folder of the template.
_BUCKET = "local"
_URI_PROPERTIES = ("CodeUri", "ContentUri", "DefinitionUri")
_TABLE_PROPERTIES = (
    "AttributeDefinitions",
    "KeySchema",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
    "BillingMode",
    "ProvisionedThroughput",
)
_PSEUDO_PARAMETERS = {
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::NotificationARNs": [],
}
# What Ref and GetAtt Arn give, by type; {0} is the physical name.
_ARNS = {
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{{0}}",
    "AWS::Lambda::Function": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{{0}}",
    "AWS::SecretsManager::Secret": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{{0}}",
    "AWS::StepFunctions::StateMachine": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{{0}}",
    "AWS::SQS::Queue": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{{0}}",
    "AWS::SNS::Topic": f"arn:aws:sns:{REGION}:{ACCOUNT}:{{0}}",
    "AWS::Logs::LogGroup": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{{0}}:*",
    "AWS::IAM::Role": f"arn:aws:iam::{ACCOUNT}:role/{{0}}",
    "AWS::KMS::Key": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{{0}}",
}
_REF_IS_ARN = ("AWS::SecretsManager::Secret", "AWS::StepFunctions::StateMachine", "AWS::SNS::Topic")
_NAME_PROPERTIES = (
    "FunctionName", "TableName", "StateMachineName", "QueueName", "LogGroupName", "TopicName", "DashboardName", "Name"
)  # fmt: skip
_VERSION = "1"
_STACK_NAME = "pavati-{Stage}"  # As samconfig.toml names the stacks.


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short tags (!Ref, !Sub, …)."""


def _construct_tag(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        scalar = loader.construct_scalar(node)
        return {name: scalar.split(".", 1) if name == "Fn::GetAtt" else scalar}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _construct_tag)


def read_template(path: Path, overrides: Mapping[str, str]) -> Blueprint:
    """`overrides` are parameters by name; the others have their defaults. Raises UnresolvedError."""
    document = _read(path)
    parameters = _parameters(document, overrides)
    _localize(document)
    # As CloudFormation hands them to SAM: lists as lists.
    translated = translate(document, {**parameters, **_lists(document, parameters)})
    return _Reader(translated, parameters, path.parent).blueprint()


def _read(path: Path) -> Template:
    try:
        return read_whole(path, _parse)
    except NestingError as fault:
        raise UnresolvedError(str(fault)) from fault
    except yaml.YAMLError as fault:
        raise UnresolvedError(f"{path}, or a template nested in it, is not YAML: {fault}") from fault


def _parse(text: str) -> Template:
    document = yaml.load(text, Loader=_Loader)  # noqa: S506  A SafeLoader with tags added.
    if not isinstance(document, dict) or not isinstance(document.get("Resources"), dict):
        raise UnresolvedError(
            "a SAM template begins with keys, and Resources is one of them: mend it, or unset TEMPLATE"
        )
    return document


def _lists(document: dict[str, Any], parameters: Mapping[str, str]) -> dict[str, list[str]]:
    """The parameters that are lists, as lists."""
    declared = document.get("Parameters", {})
    names = [name for name in parameters if declared[name]["Type"] in ("CommaDelimitedList", "List<String>")]
    return {name: [part.strip() for part in parameters[name].split(",")] for name in names}


def _parameters(document: dict[str, Any], overrides: Mapping[str, str]) -> dict[str, str]:
    """The value of every parameter. Raises UnresolvedError."""
    chosen: dict[str, str] = {}
    for name, declared in document.get("Parameters", {}).items():
        if name not in overrides and "Default" not in declared:
            raise UnresolvedError(f"parameter {name} has neither a default nor a local value")
        chosen[name] = str(overrides.get(name, declared.get("Default")))
    return chosen


def _localize(document: dict[str, Any]) -> None:
    """Turn folders into the S3 addresses that SAM accepts; `_path` turns them back."""
    sections = [*document.get("Globals", {}).values()]
    sections += [resource.get("Properties", {}) for resource in document["Resources"].values()]
    for properties in sections:
        for key in _URI_PROPERTIES:
            if isinstance(properties.get(key), str):
                properties[key] = f"s3://{_BUCKET}/{properties[key].removeprefix('./')}"


class _Reader:
    def __init__(self, translated: dict[str, Any], parameters: dict[str, str], root: Path) -> None:
        self._root = root
        self._parameters = parameters
        self._translated = translated
        self._stack_name = _STACK_NAME.format_map({"Stage": "local", **parameters})
        own = {"AWS::StackName": self._stack_name, "AWS::StackId": stack_arn(self._stack_name)}
        self._resolve = Resolver(
            {**_PSEUDO_PARAMETERS, **own, **parameters, **_lists(translated, parameters)},
            translated.get("Conditions", {}),
            translated.get("Mappings", {}),
            self._attribute,
        )
        self._resources: dict[str, dict[str, Any]] = {
            name: resource
            for name, resource in translated["Resources"].items()
            if "Condition" not in resource or self._resolve.condition(resource["Condition"])
        }

    def blueprint(self) -> Blueprint:
        functions = {name: self._function(name, of) for name, of in self._of("AWS::Lambda::Function")}
        tables = tuple(_table(of) for _, of in self._of("AWS::DynamoDB::Table"))
        api = next((of for _, of in self._of("AWS::ApiGatewayV2::Api")), {})
        return Blueprint(
            functions=functions,
            tables=tables,
            secrets=tuple(SecretSpec(n, self._name(n)) for n, _ in self._of("AWS::SecretsManager::Secret")),
            machines=tuple(self._machine(n, of) for n, of in self._of("AWS::StepFunctions::StateMachine")),
            schedules=tuple(self._schedules(functions)),
            event_sources=tuple(self._event_sources(functions, tables)),
            routes=http_api_spec.routes(api, functions),
            authorizers=http_api_spec.authorizers(api),
            cors=http_api_spec.cors(api),
            queues=tuple(_queue(of) for _, of in self._of("AWS::SQS::Queue")),
            log_groups=tuple(_log_group(of) for _, of in self._of("AWS::Logs::LogGroup")),
            access_log=next((_access_log(of) for _, of in self._of("AWS::ApiGatewayV2::Stage")), None),
            stack=self._stack(),
            nested={
                name: self._nested(name, of)
                for name, of in self._translated.get("Metadata", {}).get(STACKS, {}).items()
            },
            resources=tuple(
                ResourceSpec(name, of["Type"], self._attribute(name, ""), of.get("Metadata", {}).get(HOME, ""))
                for name, of in self._resources.items()
            ),
        )

    def _stack(self) -> StackSpec:
        description = self._translated.get("Description", "")
        return StackSpec(self._stack_name, description, self._parameters, tuple(self._outputs()))

    def _nested(self, logical_id: str, of: dict[str, Any]) -> StackSpec:
        given = {name: str(self._resolve(value)) for name, value in of["Parameters"].items()}
        outputs = tuple(OutputSpec(name, str(self._resolve(value))) for name, value in of["Outputs"].items())
        return StackSpec(nested_name(self._stack_name, logical_id), of["Description"], given, outputs)

    def _outputs(self) -> Iterator[OutputSpec]:
        for name, output in self._translated.get("Outputs", {}).items():
            if "Condition" not in output or self._resolve.condition(output["Condition"]):
                yield OutputSpec(name, str(self._resolve(output["Value"])), output.get("Description", ""))

    def _of(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        for name, resource in self._resources.items():
            if resource["Type"] == kind:
                yield name, self._resolve(resource.get("Properties", {}))

    def _name(self, logical_id: str) -> str:
        properties = self._resources[logical_id].get("Properties", {})
        given = next((properties[key] for key in _NAME_PROPERTIES if key in properties), logical_id)
        return str(self._resolve(given))

    def _attribute(self, logical_id: str, attribute: str) -> str:
        """What GetAtt answers, and Ref for the attribute "". Raises UnresolvedError."""
        if logical_id not in self._resources:
            raise UnresolvedError(f"nothing named {logical_id}")
        kind, name = self._resources[logical_id]["Type"], self._name(logical_id)
        is_arn = attribute in ("Arn", "StateMachineArn") or (not attribute and kind in _REF_IS_ARN)
        if is_arn:
            return _ARNS.get(kind, f"arn:aws:local:{REGION}:{ACCOUNT}:{{0}}").format(name)
        if kind in ("AWS::Lambda::Alias", "AWS::Lambda::Version"):
            return self._of_version(logical_id, name, attribute)
        if attribute == "StreamArn":
            return self._stream_arn(logical_id, name)
        if attribute == "ApiEndpoint":
            return self._parameters.get("PublicBaseUrl", "")
        return name if attribute in ("", "Name") else f"{name}.{attribute}"

    def _of_version(self, logical_id: str, function: str, attribute: str) -> str:
        """Ref is the ARN with the alias or version. Here every function has one version."""
        version = self._resources[logical_id]["Properties"].get("Name", _VERSION)
        return version if attribute else f"{_ARNS['AWS::Lambda::Function'].format(function)}:{version}"

    def _stream_arn(self, logical_id: str, table: str) -> str:
        if "StreamSpecification" not in self._resources[logical_id]["Properties"]:
            raise UnresolvedError(f"{logical_id} has no stream")
        return stream_arn(table)

    def _path(self, location: dict[str, str], bucket: str, key: str) -> Path:
        if location.get(bucket) != _BUCKET:
            raise UnresolvedError(f"not a folder of this project: {location}")
        return (self._root / location[key]).resolve()

    def _function(self, logical_id: str, of: dict[str, Any]) -> FunctionSpec:
        reserved = of.get("ReservedConcurrentExecutions")
        return FunctionSpec(
            logical_id=logical_id,
            name=self._name(logical_id),
            handler=of["Handler"],
            code=self._path(of["Code"], "S3Bucket", "S3Key"),
            layers=tuple(self._layer(name) for name in of.get("Layers", [])),
            environment={key: str(value) for key, value in of.get("Environment", {}).get("Variables", {}).items()},
            timeout_seconds=int(of.get("Timeout", 3)),
            memory_mb=int(of.get("MemorySize", 128)),
            reserved_concurrency=None if reserved is None else int(reserved),
            retries=int(self._on_event(logical_id).get("MaximumRetryAttempts", 2)),
            log_group=of.get("LoggingConfig", {}).get("LogGroup", f"/aws/lambda/{self._name(logical_id)}"),
            on_failure=self._on_event(logical_id)
            .get("DestinationConfig", {})
            .get("OnFailure", {})
            .get("Destination", ""),
            aliases=tuple(alias["Name"] for alias in self._aliases(self._name(logical_id))),
        )

    def _aliases(self, function: str) -> Iterator[dict[str, Any]]:
        return (alias for _, alias in self._of("AWS::Lambda::Alias") if alias["FunctionName"] == function)

    def _layer(self, logical_id: str) -> Path:
        content = self._resolve(self._resources[logical_id]["Properties"]["Content"])
        return self._path(content, "S3Bucket", "S3Key")

    def _on_event(self, logical_id: str) -> dict[str, Any]:
        """How the function is called asynchronously."""
        name = self._name(logical_id)
        configs = (config for _, config in self._of("AWS::Lambda::EventInvokeConfig"))
        return next((config for config in configs if config["FunctionName"] == name), {})

    def _machine(self, logical_id: str, of: dict[str, Any]) -> MachineSpec:
        if "DefinitionS3Location" in of:
            text = self._path(of["DefinitionS3Location"], "Bucket", "Key").read_text()
        else:
            text = of.get("DefinitionString") or json.dumps(of["Definition"])
        for key, value in of.get("DefinitionSubstitutions", {}).items():
            text = text.replace(f"${{{key}}}", str(value))
        return MachineSpec(self._name(logical_id), of.get("StateMachineType", "STANDARD"), text)

    def _schedules(self, functions: dict[str, FunctionSpec]) -> Iterator[ScheduleSpec]:
        by_arn = {arn: logical_id for logical_id, function in functions.items() for arn in function.called_at}
        for logical_id, of in [*self._of("AWS::Scheduler::Schedule"), *self._of("AWS::Events::Rule")]:
            targets = [of["Target"]] if "Target" in of else of["Targets"]
            for target in targets:
                function = by_arn.get(target["Arn"])
                if function and of.get("State") != "DISABLED" and "ScheduleExpression" in of:
                    event = logical_id.removeprefix(function)
                    expression, given = of["ScheduleExpression"], target.get("Input", "{}")
                    yield ScheduleSpec(logical_id, function, event, expression, given, self._name(logical_id), target)

    def _event_sources(
        self, functions: dict[str, FunctionSpec], tables: tuple[TableSpec, ...]
    ) -> Iterator[EventSourceSpec]:
        for logical_id, of in self._of("AWS::Lambda::EventSourceMapping"):
            if of.get("Enabled", True) is not False:
                yield event_source_spec.event_source(logical_id, of, functions.values(), tables)


def _queue(of: dict[str, Any]) -> QueueSpec:
    others = {key: value for key, value in of.items() if key not in ("QueueName", "Tags")}
    return QueueSpec(of["QueueName"], {key: _attribute_text(value) for key, value in others.items()})


def _attribute_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _log_group(of: dict[str, Any]) -> LogGroupSpec:
    days = of.get("RetentionInDays")
    return LogGroupSpec(of["LogGroupName"], None if days is None else int(days))


def _access_log(of: dict[str, Any]) -> AccessLogSpec | None:
    settings = of.get("AccessLogSettings", {})
    group = settings.get("DestinationArn", "").partition(":log-group:")[2].removesuffix(":*")
    return AccessLogSpec(group, settings["Format"]) if group else None


def _table(of: dict[str, Any]) -> TableSpec:
    request = {key: of[key] for key in ("TableName", *_TABLE_PROPERTIES) if key in of}
    ttl = of.get("TimeToLiveSpecification", {})
    stream = of.get("StreamSpecification", {}).get("StreamViewType", "")
    return TableSpec(of["TableName"], request, ttl.get("AttributeName", "") if ttl.get("Enabled") else "", stream)


def error_names(definition: str) -> frozenset[str]:
    """Errors that the state machine retries or catches itself. They are expected, and not reported."""
    return frozenset(name for name in re.findall(r'"([A-Za-z_]\w*)"', "".join(_error_lists(definition))))


def _error_lists(definition: str) -> list[str]:
    return re.findall(r'"ErrorEquals"\s*:\s*\[([^\]]*)\]', definition)
