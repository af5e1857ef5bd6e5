"""CloudFormation of a SAM template, by SAM's own translator. Results are stored: importing it takes a second."""

import hashlib
import json
import logging
import os
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dev.local.blueprint import REGION
from dev.local.options import ROOT

_STORED = ROOT / ".pavati" / "translated"


def translate(document: dict[str, Any], parameters: Mapping[str, Any], stored: Path = _STORED) -> dict[str, Any]:
    """The translated template. `stored` is the folder of earlier results."""
    wanted = json.dumps([version("aws-sam-translator"), document, dict(parameters)], sort_keys=True, default=str)
    path = stored / f"{hashlib.sha256(wanted.encode()).hexdigest()[:16]}.json"
    if path.exists():
        found: dict[str, Any] = json.loads(path.read_text())
        return found
    translated = _translate(document, parameters)
    stored.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.write_text(json.dumps(translated))
    unfinished.replace(path)
    return translated


def _translate(document: dict[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    import boto3
    from samtranslator.parser.parser import Parser  # type: ignore[import-untyped]
    from samtranslator.translator.translator import Translator  # type: ignore[import-untyped]

    logging.getLogger("samtranslator").setLevel(logging.ERROR)  # It warns of a feature toggle of AWS's own.
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name=REGION))
    translated: dict[str, Any] = translator.translate(document, dict(parameters))
    return translated
