from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from smoothnet_plugin.errors import ConfigError, DataFormatError
from smoothnet_plugin.evaluation import BodyJointsMetric
from smoothnet_plugin.processing.rotations import from_rotmat


@pytest.fixture
def sample(rng):
    truth = rng.normal(0, 0.3, (40, 24, 3))
    return dict(inputs=truth + rng.normal(0, 0.1, truth.shape), target=truth,
                pred=truth + rng.normal(0, 0.05, truth.shape), mask=np.ones((40, 24), bool),
                meta=dict(name='a', representation='axis_angle', unit='', fps=30))


def numbers(sample, **options):
    metric = BodyJointsMetric(**options)
    metric.process(None, [sample])
    return metric.evaluate(1)


def test_errors_in_millimetres(sample):
    found = numbers(sample)
    assert 10 < found['joints/mpjpe'] < found['joints/input_mpjpe'] < 200
    assert found['joints/pa_mpjpe'] < found['joints/mpjpe']
    assert found['joints/accel_error'] < found['joints/input_accel_error']
    worst = numbers(sample, metric=dict(type='WorstFramesMetric', fraction=0.05))
    assert worst['joints/mpjpe_worst5'] > found['joints/mpjpe']


def test_an_elbow_by_hand(sample):
    """A right angle at the left elbow moves wrist and hand only."""
    still = np.zeros((10, 24, 3))
    bent = still.copy()
    bent[:, 18, 2] = np.pi / 2
    found = numbers(dict(sample, inputs=bent, pred=bent, target=still, mask=np.ones((10, 24))))
    expected = np.hypot(0.248, 0.248) + np.hypot(0.333, 0.333)
    assert found['joints/mpjpe'] == pytest.approx(1000 * expected / 24)


def test_any_representation_and_missing_frames(sample):
    by = Rotation.from_rotvec
    found = numbers(sample)
    matrices = {key: by(sample[key].reshape(-1, 3)).as_matrix().reshape(40, 24, 9)
                for key in ('inputs', 'target', 'pred')}
    for kind in ('rotmat', 'rot6d', 'quaternion'):
        other = {key: from_rotmat(value, kind) for key, value in matrices.items()}
        assert numbers({**sample, **other, 'meta': dict(sample['meta'], representation=kind)}
                       ) == pytest.approx(found)
    sample['pred'][3, 7] = np.nan
    assert np.isfinite(numbers(sample)['joints/mpjpe'])


def test_other_clips_are_refused(sample):
    with pytest.raises(DataFormatError, match='joints'):
        numbers({**sample, 'meta': dict(sample['meta'], representation='keypoints_3d')})
    few = {key: sample[key][:, :10] for key in ('inputs', 'target', 'pred', 'mask')}
    with pytest.raises(DataFormatError, match='SMPL'):
        numbers({**sample, **few})
    with pytest.raises(ConfigError, match='not a metric'):
        BodyJointsMetric(dict(type='Accuracy'))
