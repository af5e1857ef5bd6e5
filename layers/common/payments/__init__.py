"""Pavati's payments package: what ships in the common layer."""

import gc

# What a start makes lives for ever: looking for cycles among it all the time is a good part of a cold start.
gc.set_threshold(50_000, 20, 20)
