"""The runtime: words of HTTP and Lambda, settings, logs."""

VERSION = "0.1.0"
