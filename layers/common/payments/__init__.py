"""Pavati's payments package: what ships in the common layer."""

import gc
import os

# Objects that are made during the start live as long as the process: collecting among them finds nothing.
gc.set_threshold(50_000, 20, 20)
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # It would look for some in every installed package.
if "AWS_LAMBDA_RUNTIME_API" in os.environ:
    gc.disable()  # Until the first answer: `runtime.lambdas.enable_gc`.
