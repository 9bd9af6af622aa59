from __future__ import annotations

import numpy as np
import pytest

pytestmark = pytest.mark.mmpose

K = 4


@pytest.mark.parametrize('wait', [True, False])
@pytest.mark.parametrize(('length', 'step', 'causal'), [
    (1, 1, False), (5, 1, False), (5, 1, True), (4, 1, False), (3, 2, False), (3, 3, True)])
def test_windows_are_those_of_mmpose(length, step, causal, wait, rng):
    from mmengine.structures import InstanceData
    from mmpose.apis import collate_pose_sequence, extract_pose_sequence
    from mmpose.structures import PoseDataSample

    from smoothnet_plugin.integrations.mmpose.lifting import WindowShape, windows
    present = {0: range(14), 1: [2, 3, 4, 5, 8, 9, 10, 11, 12, 13], 2: range(7)}
    frames = [{key: rng.random((K, 2)).astype(np.float32) for key in present
               if t in present[key]} for t in range(14)]

    def sample(key, pose):
        result = PoseDataSample()
        result.pred_instances = InstanceData(keypoints=pose[None])
        result.gt_instances = InstanceData()
        result.track_id = key
        return result

    samples = [[sample(key, pose) for key, pose in frame.items()] for frame in frames]
    shape = WindowShape.of_dataset(dict(seq_len=length, seq_step=step, causal=causal))
    got = list(windows(enumerate(frames), shape, wait))
    assert [number for number, _ in got] == list(range(14))
    for t, sequences in got:
        known = samples if wait else samples[:t + 1]
        window = extract_pose_sequence(known, t, causal, length, step)
        target = len(window) - 1 if causal else len(window) // 2
        assert list(sequences) == list(frames[t])
        for (key, sequence), expected in zip(sequences.items(), collate_pose_sequence(
                window, True, target), strict=True):
            expected = expected.pred_instances.keypoints[0]
            seen = [any(sample.track_id == key for sample in frame) for frame in window[target:]]
            if not all(seen):  # MMPose gives the lifter zeros where a person is gone
                gone = target + seen.index(False)
                assert not expected[gone:].any()
                expected[gone:] = expected[gone - 1]
            np.testing.assert_array_equal(sequence, expected)


def test_frames_wait_for_their_future_only():
    from smoothnet_plugin.integrations.mmpose.lifting import WindowShape, windows
    pushed = []

    def people():
        for t in range(50):
            pushed.append(t)
            yield t, {0: np.full((K, 2), float(t))}

    for wait, behind in ((True, 4), (False, 0)):
        pushed.clear()
        for number, (t, _) in enumerate(windows(people(), WindowShape(3, 2, 2), wait)):
            assert t == number
            assert pushed[-1] == min(number + behind, 49)
