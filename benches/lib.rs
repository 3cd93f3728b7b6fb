//! The benchmarks of the workspace: run them with `make bench`.
