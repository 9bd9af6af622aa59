import numpy as np
import pytest

from smoothnet_plugin.benchmark.clips import clips_of
from smoothnet_plugin.benchmark.scoring import Scorer, evaluate
from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.evaluation import Clip


@pytest.fixture
def clips(rng):
    made = []
    for number, frames in enumerate((9, 1, 2, 30)):
        truth = rng.normal(size=(frames, 3, 3))
        mask = rng.random((frames, 3)) < 0.9
        made.append(Clip(truth + rng.normal(0, 0.1, truth.shape), truth, mask, None,
                         {'name': str(number), 'root_indices': [0], 'unit': 'm',
                          'representation': 'keypoints_3d'}))
    return made


@pytest.mark.parametrize('root_align', [True, False])
def test_the_quick_score_is_the_metrics(clips, root_align, rng):
    refined = [clip.inputs + rng.normal(0, 0.01, clip.inputs.shape) for clip in clips]
    quick = Scorer(clips, root_align)(refined)
    slow = evaluate(clips, refined, [{'type': 'PoseErrorMetric', 'root_align': root_align}])
    assert quick.mpjpe == pytest.approx(slow['mpjpe'], rel=1e-9)
    assert quick.accel_error == pytest.approx(slow['accel_error'], rel=1e-9)


def test_clips_without_truth_cannot_be_tuned_on(clips):
    with pytest.raises(DataFormatError, match="1 of 5 clips have none; the first is '7'"):
        Scorer([*clips, Clip(clips[0].inputs, None, clips[0].mask, None, {'name': '7'})])


def test_windows_are_no_clips():
    with pytest.raises(DataFormatError, match='expected a whole clip'):
        clips_of([{'inputs': np.zeros((2, 8, 3, 3))}])
