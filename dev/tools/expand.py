"""template.yaml as CloudFormation sees it, by SAM's own translator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
from samtranslator.parser.parser import Parser  # type: ignore[import-untyped]
from samtranslator.translator.translator import Translator  # type: ignore[import-untyped]
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "template.yaml"
_URIS = ("CodeUri", "ContentUri", "DefinitionUri")

Template = dict[str, Any]


def read_template(path: Path = TEMPLATE) -> Template:
    """The template as written, with short tags as `Fn::` mappings."""
    template: Template = yaml_parse(path.read_text())
    return template


def expand(template: Template) -> Template:
    """The template with every serverless resource translated. It changes the template that is passed."""
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        properties.update({name: "s3://packaged/later" for name in _URIS if name in properties})
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name="ap-south-1"))
    expanded: Template = translator.translate(template, {})
    return expanded
