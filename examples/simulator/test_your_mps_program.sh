#!/bin/bash
# Tests your_mps_program.sh on the simulated machine and programs, which LD_LIBRARY_PATH and PATH lead to.
set -euo pipefail
program=$(cd "$(dirname "$0")" && pwd)/your_mps_program.sh
GPUSHARE_SIM_STATE=$(mktemp -d)
export GPUSHARE_SIM_STATE GPUSHARE_SIM_MACHINE=1xH200
trap 'rm -rf "$GPUSHARE_SIM_STATE"' EXIT

expect() { # OUTPUT PART
    [[ $1 == *"$2"* ]] || { printf 'your_mps_program.sh: no "%s" in:\n%s\n' "$2" "$1" >&2; exit 1; }
}

# The simulated client stands for a CUDA program: each argument is a step, and each answer a line.
expect "$("$program" gpushare-sim-mps-client init context work)" 'percentage 50.0 multiprocessors 66'

# A fault of one client is that of all; one that hangs is ended from outside, and its daemon with it.
expect "$("$program" gpushare-sim-mps-client init context fault work)" $'error 719\nerror 719'
if "$program" timeout 1 gpushare-sim-mps-client init context hang > /dev/null; then
    echo 'your_mps_program.sh: a worker that hung ended well' >&2
    exit 1
fi

# The daemon does not carry out what it is told, and says nothing.
if error=$(GPUSHARE_SIM_MPS_FAULTS='command#1=silent' "$program" true 2>&1); then
    echo 'your_mps_program.sh: a share that was not set went unnoticed' >&2
    exit 1
fi
expect "$error" 'the share is unknown'

# A server that does not come about: CUDA's error 805.
expect "$(GPUSHARE_SIM_MPS_FAULTS='server#1+=exit' "$program" gpushare-sim-mps-client init)" 'error 805'
echo 'your_mps_program.sh: ok'
