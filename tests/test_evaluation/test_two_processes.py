"""Two gloo processes give the numbers of one, to the last bit."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch.distributed as dist
import torch.multiprocessing as mp

from smoothnet_plugin.evaluation import (
    OverSmoothingMetric,
    PCKMetric,
    PoseErrorMetric,
    WorstFramesMetric,
)

from .conftest import make_sample

CLIPS = 5


def samples(numbers, channels):
    for number in numbers:
        rng = np.random.default_rng(number)
        target = rng.normal(size=(30 + 7 * number, 6, channels)).cumsum(axis=0)
        inputs, pred = (target + rng.normal(0, s, target.shape) for s in (0.5, 0.3))
        yield make_sample(pred, inputs, target, f'clip{(3 * number) % CLIPS}',
                          bbox=np.array([0, 0, 9, 9]))


def measure(numbers):
    values = {}
    metrics = ('mpjpe', 'pa_mpjpe', 'n_mpjpe', 'mpjve', 'accel_error', 'acceleration', 'jerk')
    for metric, channels in ((PoseErrorMetric(metrics, per_joint=True, per_sequence=True), 3),
                             (WorstFramesMetric(), 3), (OverSmoothingMetric(), 3),
                             (PCKMetric(per_joint=True), 2)):
        for sample in samples(numbers, channels):
            metric.process({}, [sample])
        values.update(metric.evaluate(CLIPS))
    return values


def _work(rank, folder):
    dist.init_process_group('gloo', init_method=f'file://{folder}/store', rank=rank, world_size=2)
    # As DefaultSampler deals: rank 1 gets the first clip again, to have as many.
    numbers = [(rank + 2 * i) % CLIPS for i in range(3)]
    (folder / f'{rank}.json').write_text(json.dumps(measure(numbers)))
    dist.destroy_process_group()


@pytest.mark.slow
def test_two_processes_equal_one(tmp_path):
    if not dist.is_gloo_available():
        pytest.skip('this torch has no gloo')
    mp.spawn(_work, (tmp_path,), nprocs=2)
    expected = measure(range(CLIPS))
    assert len(expected) > 200
    for rank in range(2):
        assert json.loads((tmp_path / f'{rank}.json').read_text()) == expected
