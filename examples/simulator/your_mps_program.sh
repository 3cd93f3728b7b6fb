#!/bin/sh
# usage: your_mps_program.sh WORKER [ARGUMENT...]
#
# Runs a worker with half of GPU 0 at most, by MPS. Its daemon has a folder of its own, and ends with the worker.
set -eu
folder=$(mktemp -d)
export CUDA_MPS_PIPE_DIRECTORY="$folder/pipe" CUDA_MPS_LOG_DIRECTORY="$folder/log" CUDA_VISIBLE_DEVICES=0
nvidia-cuda-mps-control -d < /dev/null
trap 'echo quit -t 1 | nvidia-cuda-mps-control; rm -rf "$folder"' EXIT

share=$(echo set_default_active_thread_percentage 50 | nvidia-cuda-mps-control)
[ "$share" = 50.0 ] || { echo "the share is ${share:-unknown}" >&2; exit 1; }
"$@"
