#!/usr/bin/env bash
# Train on the GPUs of one or more machines:
#   tools/dist_train.sh CONFIG GPUS [flags of tools/train.py]
# On several machines set NNODES, NODE_RANK, MASTER_ADDR and PORT. Without GPUs the processes run
# on the CPU, by gloo.
set -euo pipefail
if [ $# -lt 2 ]; then
    echo "usage: $0 CONFIG GPUS [flags of tools/train.py]" >&2
    exit 2
fi
config=$1
gpus=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PYTHONPATH="$here/..:${PYTHONPATH:-}" exec python -m torch.distributed.run \
    --nnodes="${NNODES:-1}" --node_rank="${NODE_RANK:-0}" --nproc_per_node="$gpus" \
    --master_addr="${MASTER_ADDR:-127.0.0.1}" --master_port="${PORT:-29500}" \
    "$here/train.py" "$config" --launcher pytorch "${@:3}"
