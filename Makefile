# Every CI job is a target here; bare `make` prints them.
CACHE ?= $(or $(FIREBREAK_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/firebreak)
export FIREBREAK_CACHE := $(CACHE)
export CARGO_TARGET_DIR ?= $(CACHE)/target
BED := python3 e2e/testbed/bed.py
NAME ?= default

.DEFAULT_GOAL := help
.PHONY: help demo test ci build unit e2e bench lint fmt words clippy check-each purity generate generated deny image bed-up bed-down

help: ## Print the targets.
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## Walk through three stories on a real API server and an AWS emulator (KEEP=1 leaves it running).
	@$(BED) build
	@cargo build --workspace --all-targets
	@cd e2e && $$(testbed/bed.py python) -m demo

test: ## Everything that CI runs.
	.ci/test

ci: test

build: ## Build the operator and the kubectl plugin (with the tests: one feature set, so that the AWS SDK is compiled once).
	cargo build --workspace --all-targets

unit: ## Pure tables and laws, scenarios on a fake API server and the in-memory AWS.
	cargo test --workspace

e2e: build ## The stories on a real API server and the AWS emulator.
	e2e/run

bench: ## Measure a release build on a test bed: latency, memory, AWS calls; prints the tables of docs/benchmarks.md.
	e2e/bench

lint: fmt words clippy check-each purity generated ## All static checks.

fmt: ## Formatting.
	cargo fmt --all --check

words: ## One word for one thing: none that has another word here.
	.ci/words

clippy: ## Lints, warnings are errors.
	cargo clippy --workspace --all-targets -- -D warnings

check-each: ## Each crate builds alone: feature unification hides nothing.
	@for crate in firebreak-crds firebreak-core firebreak-cloud firebreak-aws firebreak-executor firebreak-controller kubectl-firebreak; do \
	  echo "cargo check -p $$crate" && cargo check -q -p $$crate || exit 1; done

purity: ## core and crds know no runtime, no client, no AWS and no clock; only controller/aws names the AWS SDK.
	.ci/purity

generate: ## Write the CRDs (crds/manifests, the chart), the chart's lists of kinds, docs/reference.md, and the IAM policies and RBAC (examples/permissions).
	cargo run -q -p firebreak-crds --bin kindgen charts/firebreak/files/*.yaml
	cargo run -q -p firebreak-crds --bin crdgen crds/manifests
	cargo run -q -p firebreak-crds --bin crdgen charts/firebreak-crds/files
	cargo run -q -p firebreak-crds --bin crddoc docs/reference.md
	cargo run -q -p firebreak-core --bin iamgen examples/permissions

generated: build ## What is generated is committed.
	.ci/generated

deny: ## Advisories, licences, bans and sources of dependencies (needs cargo-deny, and the network for the advisories).
	cargo deny --locked check advisories licenses bans sources

image: ## Build the operator's image (needs docker, or ENGINE=podman).
	$(or $(ENGINE),docker) build --tag firebreak:dev .

bed-up: ## Start a test bed (NAME=default): prints the path of its bed.json.
	$(BED) up --name $(NAME)

bed-down: ## Stop it.
	$(BED) down --name $(NAME)
