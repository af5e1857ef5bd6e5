"""Pavati's payments package: what ships in the common layer."""

import gc
import os

# What a start makes lives for ever, so looking for garbage in it is wasted.
gc.set_threshold(50_000, 20, 20)
if "AWS_LAMBDA_RUNTIME_API" in os.environ:
    gc.disable()  # Until the first answer: `runtime.lambdas.end_start`.
