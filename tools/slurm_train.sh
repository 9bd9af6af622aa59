#!/usr/bin/env bash
# Train on a Slurm cluster:
#   [GPUS=8] [GPUS_PER_NODE=8] [CPUS_PER_TASK=5] [SRUN_ARGS=...] \
#       tools/slurm_train.sh PARTITION JOB_NAME CONFIG WORK_DIR [flags of tools/train.py]
set -euo pipefail
if [ $# -lt 4 ]; then
    echo "usage: $0 PARTITION JOB_NAME CONFIG WORK_DIR [flags of tools/train.py]" >&2
    exit 2
fi
gpus=${GPUS:-8}
per_node=${GPUS_PER_NODE:-8}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# SRUN_ARGS holds several words on purpose.
# shellcheck disable=SC2086
PYTHONPATH="$here/..:${PYTHONPATH:-}" exec srun --partition="$1" --job-name="$2" \
    --gres="gpu:$per_node" --ntasks="$gpus" --ntasks-per-node="$per_node" \
    --cpus-per-task="${CPUS_PER_TASK:-5}" --kill-on-bad-exit=1 ${SRUN_ARGS:-} \
    python -u "$here/train.py" "$3" --work-dir "$4" --launcher slurm "${@:5}"
