# Everything that this workspace is built, tested and shown with. `make` alone lists the targets.

CARGO ?= cargo
PREFIX ?= /usr/local
target := $(abspath $(or $(CARGO_TARGET_DIR),target))
sim := $(target)/sim
branches := $(patsubst gpushare-sim/symbols/%.txt,%,$(wildcard gpushare-sim/symbols/*.txt))
sim_sources := Cargo.toml Cargo.lock $(shell find gpushare-sim gpushare-sys -type f -not -path '*/tests/*' -not -path '*/fuzz/*')
drift := .ci/with-header $(CARGO) test --quiet --workspace --test bindings -- --ignored

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test clients guide c python install sim branches bindings hardware bench clean

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
	$(MAKE) branches
	.ci/check-exports $(target)
	$(MAKE) guide
	$(MAKE) c
	$(MAKE) python
	benches/run --quick $(target)

clients: sim ## Run other people's NVML programs on the simulated driver
	.ci/clients $(sim)

guide: clients ## Run the examples of the simulator's guide
	.ci/with-header .ci/guide $(sim)

c: sim ## Check the C library: headers, exports, installation, examples, tests
	.ci/c $(sim)

python: ## Build the wheel and check the Python package
	gpushare-py/check $(target)/python

install: ## Build the C library for release and install it: PREFIX, DESTDIR
	CARGO='$(CARGO)' DESTDIR='$(DESTDIR)' .ci/install '$(abspath $(PREFIX))'

sim: $(branches:%=$(sim)/%/libnvidia-ml.so.1) ## Build the simulated driver and say how to use it
	@install -D $(sim)/580/libnvidia-ml.so.1 $(sim)/libnvidia-ml.so.1
	@ln -sfn libnvidia-ml.so.1 $(sim)/libnvidia-ml.so
	@install $(addprefix $(target)/release/,nvidia-cuda-mps-control nvidia-cuda-mps-server gpushare-sim-mps-client gpushare-sim-nvidia-smi) $(sim)
	@echo
	@echo '# For every NVML program:'
	@echo 'export LD_LIBRARY_PATH=$(sim)$${LD_LIBRARY_PATH:+:$$LD_LIBRARY_PATH}'
	@echo '# For programs that use gpushare alone:'
	@echo 'export GPUSHARE_NVML_LIBRARY=$(sim)/libnvidia-ml.so.1'

# What is not the default has a folder of its own, so that neither makes cargo build the other anew.
$(sim)/%/libnvidia-ml.so.1: $(sim_sources)
	GPUSHARE_SIM_BRANCH=$* $(CARGO) build --package gpushare-sim --release --target-dir $(target)$(if $(filter-out 580,$*),/branches)
	@install -D $(target)$(if $(filter-out 580,$*),/branches)/release/libgpushare_sim.so $@
	@ln -sfn libnvidia-ml.so.1 $(@D)/libnvidia-ml.so

branches: sim ## Test the simulated driver's branches
	$(CARGO) test --package gpushare-sim --package gpushare-tests --test branches -- --ignored

bindings: ## Regenerate gpushare-sys/src/bindings.rs from NVIDIA's header
	GPUSHARE_BLESS=1 $(drift)

hardware: ## Run what needs a real GPU; only reads and MPS
	GPUSHARE_HARDWARE=1 $(CARGO) test --package gpushare-tests --test hardware -- --ignored --test-threads=1

bench: ## Run the benchmarks and write benches/RESULTS.md with its charts
	benches/run $(target)

clean: ## Remove everything that was built or downloaded
	$(CARGO) clean
