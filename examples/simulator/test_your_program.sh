#!/bin/bash
# Tests your_program.sh on the simulated driver, which LD_LIBRARY_PATH leads to.
set -euo pipefail
program=$(cd "$(dirname "$0")" && pwd)/your_program.sh
GPUSHARE_SIM_STATE=$(mktemp -d)
export GPUSHARE_SIM_STATE
trap 'rm -rf "$GPUSHARE_SIM_STATE"' EXIT

expect() { # OUTPUT PART
    [[ $1 == *"$2"* ]] || { printf 'your_program.sh: no "%s" in:\n%s\n' "$2" "$1" >&2; exit 1; }
}

# nvidia-smi is a process per command: without a shared state, each would find a new machine.
expect "$("$program" 9)" 'NVIDIA A100-SXM4-40GB, Enabled'
expect "$(nvidia-smi mig -i 0 -lgi)" 'MIG 3g.20gb'

# A refusal reaches the script, which says so by its status.
fault='nvmlDeviceCreateGpuInstance*#1=INSUFFICIENT_RESOURCES'
if output=$(GPUSHARE_SIM_FAULTS=$fault "$program" 9); then
    echo 'your_program.sh: a refusal went unnoticed' >&2
    exit 1
fi
expect "$output" 'Insufficient Resources'
echo 'your_program.sh: ok'
