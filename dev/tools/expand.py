"""template.yaml and its nested stacks as CloudFormation sees them, by SAM's own translator."""

from __future__ import annotations

import logging
from pathlib import Path

import boto3
from samtranslator.parser.parser import Parser  # type: ignore[import-untyped]
from samtranslator.translator.translator import Translator  # type: ignore[import-untyped]
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

from dev.tools import nested

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "template.yaml"
_URIS = ("CodeUri", "ContentUri", "DefinitionUri")

RELEASE = "0" * 64  # Where no deployment is meant.

Template = nested.Template


def read_template(path: Path = TEMPLATE) -> Template:
    """The template as written, with its nested stacks in it and short tags as `Fn::` mappings."""
    return nested.read_whole(path, yaml_parse)


def read_alone(path: Path = TEMPLATE) -> Template:
    """The template of one stack as written."""
    template: Template = yaml_parse(path.read_text())
    return template


def expand(template: Template, **parameters: str) -> Template:
    """The template with every serverless resource translated. It changes the template that is passed."""
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        properties.update({name: "s3://packaged/later" for name in _URIS if name in properties})
    logging.getLogger("samtranslator").setLevel(logging.ERROR)  # It warns of a feature toggle of AWS's own.
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name="ap-south-1"))
    expanded: Template = translator.translate(template, {"Release": RELEASE} | parameters)
    return expanded
