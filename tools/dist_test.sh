#!/usr/bin/env bash
# Evaluate on the GPUs of one or more machines:
#   tools/dist_test.sh CONFIG CHECKPOINT GPUS [flags of tools/test.py]
# CHECKPOINT is 'none' for classical filters. On several machines set NNODES, NODE_RANK, MASTER_ADDR
# and PORT. Without GPUs the processes run on the CPU, by gloo.
set -euo pipefail
if [ $# -lt 3 ]; then
    echo "usage: $0 CONFIG CHECKPOINT GPUS [flags of tools/test.py]" >&2
    exit 2
fi
config=$1
checkpoint=("$2")
if [ "$2" = none ]; then checkpoint=(); fi
gpus=$3
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PYTHONPATH="$here/..:${PYTHONPATH:-}" exec python -m torch.distributed.run \
    --nnodes="${NNODES:-1}" --node_rank="${NODE_RANK:-0}" --nproc_per_node="$gpus" \
    --master_addr="${MASTER_ADDR:-127.0.0.1}" --master_port="${PORT:-29500}" \
    "$here/test.py" "$config" "${checkpoint[@]}" --launcher pytorch "${@:4}"
