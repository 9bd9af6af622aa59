import math

import numpy as np
import pytest

from smoothnet_plugin.errors import ConfigError
from smoothnet_plugin.evaluation import DoNoHarmMetric
from smoothnet_plugin.registry import METRICS


def run(metric, samples):
    metric.process({}, samples)
    return metric.evaluate(len(samples))


def errors(sample, name, before, after, frames=4):
    """A clip whose keypoints are off by so much before and after."""
    target = np.zeros((frames, 3, 3))
    up = np.array([0, 0, 1.0])
    return sample(target + after * up, target + before * up, target, name)


def test_every_clip_counts_the_same(sample):
    clips = [errors(sample, 'a', 0.02, 0.01, 50), errors(sample, 'b', 0.02, 0.0201),
             errors(sample, 'c', 0.02, 0.03), errors(sample, 'd', 0.02, 0.025)]
    metric = DoNoHarmMetric(root_align=False)
    assert run(metric, clips) == {
        'worst_ratio': pytest.approx(1.5), 'harmed': 0.5,
        'worst_joint_ratio': pytest.approx((50 * 0.01 + 4 * (0.0201 + 0.03 + 0.025)) / (62 * 0.02))}
    assert run(DoNoHarmMetric(0.3, root_align=False), clips)['harmed'] == 0.25
    named = run(DoNoHarmMetric(root_align=False, per_sequence=True), clips)
    assert (named['sequence/b/harmed'], named['sequence/c/harmed']) == (0, 1)
    # One shift of all keypoints is gone once the root is taken off: nothing to better or to harm.
    assert run(DoNoHarmMetric(), clips) == {
        'worst_ratio': 1.0, 'harmed': 0.0, 'worst_joint_ratio': 1.0}


def test_only_what_is_measured_counts(sample, caplog):
    clip = errors(sample, 'a', 0.02, 0.01)
    clip['pred'][1, 0] = 9.0
    assert run(DoNoHarmMetric(root_align=False), [clip])['harmed'] == 1
    clip['mask'][1, 0] = False
    assert run(DoNoHarmMetric(root_align=False), [clip])['worst_ratio'] == pytest.approx(0.5)
    perfect = errors(sample, 'b', 0.0, 0.001)
    assert run(DoNoHarmMetric(root_align=False), [perfect])['worst_ratio'] == math.inf
    nothing = {**clip, 'target': None}
    assert run(DoNoHarmMetric(), [nothing]) == {}


@pytest.mark.parametrize('names', [
    ('pelvis', 'left_ankle', 'right_ankle'), ('pelvis', 'LAnk', 'RAnk'), None])
def test_joints_that_get_worse(sample, names):
    clips = []
    for name, frames in (('a', 10), ('b', 30)):
        target = np.zeros((frames, 3, 3))
        before, after = np.zeros((2, 3, 3))
        before[:, 0], after[:, 0] = (0, 0.04, 0.04), (0, 0.02, 0.06)
        clips.append(sample(target + after, target + before, target, name, keypoint_names=names))
    values = run(DoNoHarmMetric(per_joint=True), clips)
    if names is None:
        joints = {'joint/1/ratio': 0.5, 'joint/2/ratio': 1.5}
    else:
        joints = {f'joint/{"ankle" if "left_ankle" in names else "Ank"}/ratio': 1.0}
    # The aligned root has no error, neither before nor after.
    assert values == pytest.approx(
        {'worst_ratio': 1.0, 'harmed': 0.0, 'worst_joint_ratio': max(joints.values()), **joints})
    metric = DoNoHarmMetric(per_joint=True)
    metric.dataset_meta = {'keypoint_names': ['root', 'knee', 'foot']}
    unnamed = [{**clip, 'meta': {**clip['meta'], 'keypoint_names': None}} for clip in clips]
    assert run(metric, unnamed)['joint/foot/ratio'] == pytest.approx(1.5)


def test_a_joint_that_only_one_skeleton_has(sample):
    few = errors(sample, 'a', 0.02, 0.01)
    target = np.zeros((4, 5, 3))
    many = sample(target + [0, 0, 0.03], target + [0, 0, 0.02], target, 'b')
    values = run(DoNoHarmMetric(root_align=False, per_joint=True), [few, many])
    assert values['joint/0/ratio'] == pytest.approx(1.0)
    assert values['joint/4/ratio'] == values['worst_joint_ratio'] == pytest.approx(1.5)


def test_arguments():
    assert METRICS.build({'type': 'DoNoHarmMetric', 'tolerance': 0}).tolerance == 0
    with pytest.raises(ConfigError, match='tolerance is -0.1'):
        DoNoHarmMetric(-0.1)
