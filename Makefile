# Everything that this workspace is built, tested and shown with. `make` alone lists the targets.

CARGO ?= cargo
target := $(abspath $(or $(CARGO_TARGET_DIR),target))
sim := $(target)/sim
drift := .ci/with-header $(CARGO) test --quiet --workspace --test bindings -- --ignored

.DEFAULT_GOAL := help
.PHONY: help demo test clients sim bindings bench clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Walk through a MIG setup on the simulator
	$(CARGO) run --package gpushare-examples --bin walkthrough

test: ## Run every check and test, cheap ones first
	$(CARGO) fmt --all --check
	.ci/check-packages
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	$(CARGO) test --workspace
	RUSTDOCFLAGS=-Dwarnings $(CARGO) doc --workspace --no-deps
	$(drift)
	.ci/check-exports $(target)
	$(MAKE) clients

clients: sim ## Run other people's NVML programs on the simulated driver
	.ci/clients $(sim)

sim: ## Build the simulated driver and say how to use it
	$(CARGO) build --package gpushare-sim --release
	@install -D $(target)/release/libgpushare_sim.so $(sim)/libnvidia-ml.so.1
	@ln -sfn libnvidia-ml.so.1 $(sim)/libnvidia-ml.so
	@echo
	@echo '# For every NVML program:'
	@echo 'export LD_LIBRARY_PATH=$(sim)$${LD_LIBRARY_PATH:+:$$LD_LIBRARY_PATH}'
	@echo '# For programs that use gpushare alone:'
	@echo 'export GPUSHARE_NVML_LIBRARY=$(sim)/libnvidia-ml.so.1'

bindings: ## Regenerate gpushare-sys/src/bindings.rs from NVIDIA's header
	GPUSHARE_BLESS=1 $(drift)

bench: ## Run the benchmarks
	$(CARGO) bench --package gpushare-benches

clean: ## Remove everything that was built or downloaded
	$(CARGO) clean
