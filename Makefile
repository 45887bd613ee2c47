# The verbs of this repository: `make help` lists them.
#
# Two profiles, each with one purpose, so that nothing is built in both without need:
# dev serves tests and checks, release serves what people run (`run`, `demo`, `bench`).
# Cargo always sees the whole workspace: with `-p` it would choose other features for the
# dependencies and build them again.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# The data folder of `run` and `demo`.
DATA ?= .data

CARGO ?= cargo
TOOLS := target/tools
USHER := target/release/usher
DEBUG := target/debug
PEERS := crates/bench/peers

# SQL is checked against .sqlx, whether or not a database is named.
export SQLX_OFFLINE := true

BUF_VERSION := 1.75.0
SQLX_VERSION := 0.9.0
DENY_VERSION := 0.20.2
TYPOS_VERSION := 1.52.0
BUF := $(TOOLS)/buf-$(BUF_VERSION)
SQLX := $(TOOLS)/sqlx-$(SQLX_VERSION)/bin/cargo-sqlx
DENY := $(TOOLS)/deny-$(DENY_VERSION)/bin/cargo-deny
TYPOS := $(TOOLS)/typos-$(TYPOS_VERSION)/bin/typos

.PHONY: help
help: ## List the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

##@ Run

.PHONY: deps deps-run
deps: ## Install what is missing: PostgreSQL, nats-server, a C compiler, npm, Python
	@deploy/deps

# Servers that DATABASE_URL and NATS_URL name need not be installed here.
deps-run:
	@deploy/deps named

.PHONY: build
build: | deps-run ## Build target/release/usher
	@$(CARGO) build --release --locked --bin usher

.PHONY: run
run: build ## Start Usher, run the main job once on the sample, stay up
	@exec $(USHER) dev --data $(DATA) --sample

.PHONY: demo
demo: build ## The same, but stop then; succeeds only if every good row became active
	@exec $(USHER) dev --data $(DATA) --sample --exit

.PHONY: clean-data
clean-data: ## Delete the data folder of `run` and `demo`
	@deploy/clean-data $(DATA)

##@ Test

.PHONY: test
test: | deps ## Run every test
	@$(CARGO) test --workspace --locked

.PHONY: test-faults
test-faults: | deps ## Kill the main job and erasures at random, at every write, under load; race for invitations (hours)
	@USHER_FAULT_ROUNDS=$${USHER_FAULT_ROUNDS:-30} USHER_CRASH_POINTS=$${USHER_CRASH_POINTS:-all} \
		USHER_STORM_CLIENTS=$${USHER_STORM_CLIENTS:-20000} \
		$(CARGO) test --workspace --locked --test faults --test outages -- --nocapture
	@USHER_RACE_ROUNDS=$${USHER_RACE_ROUNDS:-1000} $(CARGO) test --workspace --locked --test it -- --nocapture \
		of_all_that_is_done_to_an_invitation_at_once

.PHONY: test-security
test-security: | deps ## Compare what only a clock can tell: known and unknown accounts
	@$(CARGO) test --workspace --locked --test security -- --nocapture --test-threads 1

.PHONY: bench bench-peers
bench: build ## Measure, and print medians
	@$(CARGO) run --release --locked --bin bench
bench-peers: | deps-run ## Compare the job engine with what one would pick instead (needs npm)
	@npm ci --ignore-scripts --no-audit --no-fund --loglevel error --prefix $(PEERS)
	@$(CARGO) build --release --locked --manifest-path $(PEERS)/rust/Cargo.toml --target-dir target/peers
	@$(CARGO) run --release --locked --bin bench -- peers

##@ Check

.PHONY: fmt fmt-check
fmt: ## Format the code
	@$(CARGO) fmt --all
fmt-check: ## Fail if the code is not formatted
	@$(CARGO) fmt --all --check

.PHONY: lint
lint: | deps ## Clippy, warnings are errors
	@$(CARGO) clippy --workspace --all-targets --locked -- -D warnings

.PHONY: tidy
tidy: | deps ## The architecture as tests
	@$(CARGO) test --locked -p tidy

.PHONY: sqlx-check sqlx-prepare
sqlx-check: $(SQLX) | deps ## Fail if .sqlx does not match the SQL and the migrations
	@$(call with_schema,--workspace,$(CARGO) sqlx prepare --workspace --check -- --all-targets)
# Only the packages of the two tools, which hold no checked SQL: the others do not compile while .sqlx is stale.
sqlx-prepare: $(SQLX) | deps ## Write .sqlx anew
	@$(call with_schema,--package pg --package sandbox,$(CARGO) sqlx prepare --workspace -- --all-targets)

.PHONY: proto-lint
proto-lint: $(BUF) ## Lint the contract with buf
	@cd proto && ../$(BUF) lint

.PHONY: deny
deny: $(DENY) ## Licences, banned crates, sources
	@$(DENY) --locked check licenses bans sources

.PHONY: typos
typos: $(TYPOS) ## Spelling
	@$(TYPOS)

.PHONY: ci
ci: ## All that must hold before a merge
	@.ci/run

##@ Ship

.PHONY: image
image: ## Build the container image usher:latest
	@docker build --file deploy/Dockerfile --tag usher:latest .

# $(2) on a fresh private PostgreSQL that has been migrated by the tools of the packages $(1).
define with_schema
$(CARGO) build --locked $(1) --examples
PATH="$(dir $(abspath $(SQLX))):$$PATH" SQLX_OFFLINE=false $(DEBUG)/examples/with_servers \
	sh -euc '$(DEBUG)/examples/migrate; $(2)'
endef

$(SQLX):
	@$(call cargo_tool,sqlx-cli,$(SQLX_VERSION),--no-default-features --features rustls$(,)postgres$(,)sqlx-toml)

$(DENY):
	@$(call cargo_tool,cargo-deny,$(DENY_VERSION),)

$(TYPOS):
	@$(call cargo_tool,typos-cli,$(TYPOS_VERSION),)

, := ,
# $(1) the package, $(2) its version, $(3) more options. Built once, without optimisation.
define cargo_tool
echo "installing $(1) $(2) under $(TOOLS)"
$(CARGO) install --quiet --debug --root $(abspath $(dir $@)..) --version $(2) $(3) $(1)
endef

# The program comes from the npm package that carries it; npm itself is not needed.
$(BUF):
	@deploy/fetch-buf $(BUF_VERSION) $@
