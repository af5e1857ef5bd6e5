#!/bin/sh
# Renews the three lock files: layer (ships), local (make run), dev (make test). All agree on versions.
set -eu
cd "$(dirname "$0")"
lock() { uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header "$@"; }
lock dev.in -o dev.txt
lock -c dev.txt local.in -o local.txt
lock -c dev.txt layer.in -o ../layers/common/requirements.txt
