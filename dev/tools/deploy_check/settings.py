"""Check the stage's section of samconfig.toml against template.yaml, as far as is possible from files alone."""

from __future__ import annotations

import contextlib
import re
import shlex
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.local.intrinsics import Resolver, UnresolvedError
from dev.tools.deploy_check.findings import FAIL, LEFT_OUT, OK, Finding, Refusal, find, has_failure
from dev.tools.expand import Template
from payments.gateways.registry import GATEWAYS
from payments.runtime.settings import BadSetting, read_settings

Pairs = tuple[tuple[str, str], ...]

UNRELEASED = ("Release", "SET-BY-MAKE-DEPLOY")  # dev.tools.release computes it over what is built.
_FILL_IN = "FILL-IN"
_STACK_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,127}")
_LISTS = ("CommaDelimitedList", "List<String>")


@dataclass(frozen=True, slots=True)
class Deployment:
    """A stage's section of samconfig.toml. `pairs` are its parameters as written, `others` its other settings."""

    stage: str
    pairs: Pairs
    others: Mapping[str, Any]

    @property
    def values(self) -> dict[str, str]:
        return dict(self.pairs)

    @property
    def stack_name(self) -> str:
        return str(self.others.get("stack_name", ""))

    @property
    def region(self) -> str:
        return str(self.others.get("region", ""))

    @property
    def profile(self) -> str | None:
        return self.others.get("profile")

    @property
    def place(self) -> str:
        return f"[{self.stage}.deploy.parameters]"


def read_deployment(path: Path, stage: str) -> Deployment:
    """Read the section. Raises Refusal."""
    sections = _sections(path)
    if "deploy" not in sections.get(stage, {}):
        stages = ", ".join(name for name, commands in sections.items() if "deploy" in commands)
        cure = f"STAGE is one of: {stages}" if stages else f"no stage has one: take {path.name} of the repository"
        raise Refusal(f"{path.name} has no section [{stage}.deploy.parameters]", cure)
    section = {**_parameters(sections[stage], stage, "global"), **_parameters(sections[stage], stage, "deploy")}
    return Deployment(stage, tuple(_pairs(section.pop("parameter_overrides", []))), section)


def _sections(path: Path) -> dict[str, Any]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Refusal(f"{path.name} cannot be read ({error.strerror})", "run this in a whole checkout") from error
    except UnicodeDecodeError as error:
        raise Refusal(f"{path.name} is not UTF-8: {error.reason} at byte {error.start}", "save it in UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise Refusal(f"{path.name} is not TOML: {error}", "mend that line: quotes and commas, most often") from error
    return {name: commands for name, commands in document.items() if isinstance(commands, dict)}


def _parameters(commands: Mapping[str, Any], stage: str, command: str) -> Mapping[str, Any]:
    table = commands.get(command, {})
    found = table.get("parameters", {}) if isinstance(table, dict) else table
    if not isinstance(found, dict):
        heading = f"[{stage}.{command}.parameters]"
        raise Refusal(f"{heading} is no table of settings", "write that heading, and a line name = value for each")
    return found


def _pairs(overrides: Any) -> Iterator[tuple[str, str]]:
    for text in _texts(overrides):
        if not (isinstance(text, str) and _PAIR.fullmatch(text)):
            raise Refusal(f"parameter_overrides has {text!r}", _PAIR_CURE)
        name, _, value = text.partition("=")
        yield name, value


_PAIR = re.compile(r"[^\s=][^=]*(?<!\s)=(\S.*)?", re.DOTALL)
_PAIR_CURE = 'write each parameter as "Name=value", with no space beside the first ='


def _texts(overrides: Any) -> list[Any]:
    if isinstance(overrides, list):
        return overrides
    with contextlib.suppress(ValueError):  # A quote that is not closed.
        if isinstance(overrides, str):
            return shlex.split(overrides)
    raise Refusal(f"parameter_overrides is {overrides!r}", 'write a list: parameter_overrides = ["Name=value", …]')


def complete_values(deployment: Deployment, template: Template) -> dict[str, str]:
    """The value of every parameter: the given one, else its default, else ""."""
    given = deployment.values
    return {name: given.get(name, str(of.get("Default", ""))) for name, of in template["Parameters"].items()}


def resolver(values: Mapping[str, str], template: Template) -> Resolver:
    """Resolves what depends on parameters alone. A list stays a list."""
    declared = template["Parameters"]
    parameters = {name: _items(declared[name], value) for name, value in values.items()}
    return Resolver(parameters, template.get("Conditions"))


def _items(declared: Mapping[str, Any], value: str) -> Any:
    return [item.strip() for item in value.split(",")] if declared["Type"] in _LISTS else value


def find_in_settings(deployment: Deployment, template: Template) -> list[Finding]:
    found = [finding for title, check in _CHECKS.items() for finding in _run(title, check(deployment, template))]
    return found if has_failure(found) else [*found, find(lambda: _read_as_functions_do(deployment, template))]


def _run(title: str, faults: Iterable[Finding]) -> list[Finding]:
    return list(faults) or [Finding(OK, f"samconfig.toml: {title}")]


def _fail(text: str, cure: str) -> Finding:
    return Finding(FAIL, text, cure)


def _unfilled(deployment: Deployment, _: Template) -> Iterator[Finding]:
    texts = {**{name: str(value) for name, value in deployment.others.items()}, **deployment.values}
    for name, value in texts.items():
        if _FILL_IN in value:
            yield _fail(f"{name} is still {_FILL_IN}", f"samconfig.toml {deployment.place}: write your own value")


def _misnamed(deployment: Deployment, template: Template) -> Iterator[Finding]:
    declared = template["Parameters"]
    names = [name for name, _ in deployment.pairs]
    for name in dict.fromkeys(names):
        if name not in declared:
            yield _fail(f"the template has no parameter {name}", f"it has: {', '.join(declared)}")
        if names.count(name) > 1:
            yield _fail(f"{name} is set {names.count(name)} times", "keep one of the lines")
    for name, of in declared.items():
        if "Default" not in of and name not in names:
            yield _fail(f"{name} is missing", f'add "{name}=…" to parameter_overrides. {of.get("Description", "")}')


def _misplaced(deployment: Deployment, _: Template) -> Iterator[Finding]:
    for name in ("stack_name", "region"):
        if not deployment.others.get(name):
            yield _fail(f"{name} is missing", f"add it to {deployment.place}")
    if deployment.stack_name and not _STACK_NAME.fullmatch(deployment.stack_name):
        cure = "a letter first, then letters, digits and -, at most 128: pavati-sandbox"
        yield _fail(f"stack_name is {deployment.stack_name!r}", cure)
    stage = deployment.values.get("Stage", "")
    if stage != deployment.stage:
        cure = f'set "Stage={deployment.stage}": the names of tables and secrets begin with it'
        yield _fail(f"Stage is {stage or 'not set'} in {deployment.place}", cure)


def _malformed(deployment: Deployment, template: Template) -> Iterator[Finding]:
    declared = template["Parameters"]
    for name, value in dict(pair for pair in deployment.pairs if pair != UNRELEASED).items():
        if name in declared and _FILL_IN not in value and (wanted := _unmet(declared[name], value)):
            yield _fail(f"{name} is {value!r}", f"{wanted}. {declared[name].get('Description', '')}".rstrip())


def _unmet(declared: Mapping[str, Any], value: str) -> str:
    """What the parameter's value must be instead; "" if it is valid."""
    items = _items(declared, value)
    for item in items if isinstance(items, list) else [items]:
        for constraint, (is_met, wanted) in _CONSTRAINTS.items():
            if constraint in declared and not is_met(declared[constraint], item):
                return wanted(declared[constraint])
    return ""


Constraint = tuple[Callable[[Any, str], bool], Callable[[Any], str]]
_CONSTRAINTS: dict[str, Constraint] = {
    "Type": (
        lambda kind, value: kind != "Number" or bool(re.fullmatch(r"-?\d+(\.\d+)?", value)),
        lambda _: "it must be a number",
    ),
    "AllowedValues": (
        lambda allowed, value: value in map(str, allowed),
        lambda allowed: f"it must be one of {', '.join(map(str, allowed))}",
    ),
    "AllowedPattern": (
        lambda pattern, value: bool(re.fullmatch(pattern, value)),
        lambda pattern: f"it must match {pattern}",
    ),
    "MinValue": (lambda least, value: float(value) >= least, lambda least: f"it must be at least {least}"),
    "MaxValue": (lambda most, value: float(value) <= most, lambda most: f"it must be at most {most}"),
}


def _contradicting(deployment: Deployment, template: Template) -> Iterator[Finding]:
    resolve = resolver(complete_values(deployment, template), template)
    for name, rule in template.get("Rules", {}).items():
        try:
            if resolve(rule.get("RuleCondition", True)):
                yield from _unmet_in(name, rule, resolve)
        except UnresolvedError as error:
            yield Finding(LEFT_OUT, f"the template's rule {name}: {error}", "CloudFormation itself judges it")


def _unmet_in(name: str, rule: Mapping[str, Any], resolve: Resolver) -> Iterator[Finding]:
    for assertion in rule["Assertions"]:
        if not resolve(assertion["Assert"]):
            yield _fail(assertion.get("AssertDescription", name), f"the template's rule {name} asks for it")


def _read_as_functions_do(deployment: Deployment, template: Template) -> str:
    """Find settings that CloudFormation accepts and that stop the functions. Raises Refusal."""
    resolve = resolver(complete_values(deployment, template), template)
    variables = {name: value for of in _environments(template) for name, value in of.items()}
    environment = dict(_resolved(variables, resolve))
    try:
        read_settings(GATEWAYS, environment)
    except BadSetting as error:
        raise Refusal(f"functions would not start: {error}", f"mend the parameter in {deployment.place}") from error
    return "samconfig.toml: the functions start with these settings"


def _environments(template: Template) -> Iterator[Mapping[str, Any]]:
    """Environment variables: those of all functions, and those of each."""
    resources = (resource.get("Properties", {}) for resource in template["Resources"].values())
    for properties in (template["Globals"]["Function"], *resources):
        yield properties.get("Environment", {}).get("Variables", {})


def _resolved(variables: Mapping[str, Any], resolve: Resolver) -> Iterator[tuple[str, str]]:
    """The variables that follow from parameters alone."""
    for name, value in variables.items():
        with contextlib.suppress(UnresolvedError):
            yield name, str(resolve(value))


Check = Callable[[Deployment, Template], Iterator[Finding]]
_CHECKS: dict[str, Check] = {
    "nothing is left to fill in": _unfilled,
    "every parameter is known, and none is missing": _misnamed,
    "stack, region and stage are named": _misplaced,
    "every value has the form that the template allows": _malformed,
    "the template's rules are met": _contradicting,
}
