#!/bin/sh
# usage: your_program.sh GPU-INSTANCE-PROFILE
#
# Makes a MIG device on GPU 0, with one compute instance that is all of its GPU instance.
set -eu
nvidia-smi -i 0 -mig 1 > /dev/null
nvidia-smi mig -i 0 -cgi "$1" -C
nvidia-smi -i 0 --query-gpu=name,mig.mode.current --format=csv,noheader
