"""The dashboard's graphs, written out: each line shows a metric of this deployment."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from dev.tools.expand import Template
from tests.template.rulebook import Edit, differences, of_type, rule

Graph = dict[str, Any]
DIMENSIONS = {
    "Pavati": "service",
    "AWS/ApiGateway": "ApiId",
    "AWS/DynamoDB": "TableName",
    "AWS/Lambda": "FunctionName",
    "AWS/SQS": "QueueName",
    "AWS/States": "StateMachineArn",
}


def graphs(template: Template) -> list[Graph]:
    body = template["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    return [widget["properties"] for widget in json.loads(body)["widgets"] if widget["type"] == "metric"]


def lines(graph: Graph) -> Iterator[list[str]]:
    """Namespace, metric, dimension and value. A dot repeats the entry above, three dots repeat all others."""
    above: list[str] = []
    for line in graph["metrics"]:
        response = [code for code in line if isinstance(code, str)]
        if response[:1] == ["..."]:
            response = [*above[: len(above) - len(response) + 1], *response[1:]]
        if response:
            above = [above[place] if code == "." else code for place, code in enumerate(response)]
            yield above


def _with(old: str, new: str) -> Edit:
    """Replace a text in the dashboard."""

    def change(template: Template) -> None:
        body = template["Resources"]["Dashboard"]["Properties"]["DashboardBody"]
        assert old in body["Fn::Sub"]
        body["Fn::Sub"] = body["Fn::Sub"].replace(old, new, 1)

    return change


@rule(
    _with('"service", "pavati-${Stage}"', '"service", "pavati"'),
    _with('"ExecutionThrottled", ".", "."', '"ExecutionThrottled"'),
    _with('"AWS/SQS"', '"AWS/SNS"'),
    _with('"${AWS::Region}"', '"us-east-1"'),
)
def each_line_is_of_this_deployment(template: Template) -> Iterator[str]:
    for graph in graphs(template):
        if graph["region"] != "${AWS::Region}":
            yield f"{graph['title']} is of another region"
        for namespace, metric, *dimension in lines(graph):
            is_ours = namespace != "Pavati" or dimension[-1] == "pavati-${Stage}"
            if len(dimension) != 2 or dimension[0] != DIMENSIONS.get(namespace) or not is_ours:
                yield f"{graph['title']}: {namespace} {metric} of {dimension}"


@rule(_with('{"id": "expired", "visible": false}', '{"id": "lapsed", "visible": false}'))
def what_is_calculated_is_calculated_from_lines_that_are_there(template: Template) -> Iterator[str]:
    for graph in graphs(template):
        last = [line[-1] for line in graph["metrics"] if isinstance(line[-1], dict)]
        formulas = " ".join(response["expression"] for response in last if "expression" in response)
        yield from differences(
            graph["title"],
            set(re.findall(r"\b[a-z]+\b", formulas)),
            {response["id"] for response in last if "id" in response},
        )


@rule(_with('["...", "${DisputesFunction}"]', '["...", "${PollFunction}"]'))
def the_errors_of_every_function_but_poll_are_shown(template: Template) -> Iterator[str]:
    found = {line[-1] for graph in graphs(template) for line in lines(graph) if line[1] == "Errors"}
    wanted = {f"${{{name}}}" for name in of_type(template, "AWS::Lambda::Function")} - {"${PollFunction}"}
    yield from differences("errors", found, wanted)
