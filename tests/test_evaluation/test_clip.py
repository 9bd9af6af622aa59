import numpy as np
import pytest
import torch

from smoothnet_plugin import evaluation
from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.evaluation import Clip


def test_an_item_is_brought_to_its_unit(rng):
    normal = rng.normal(size=(5, 2, 2)).astype(np.float32)
    undo = {'scale': [500.0, 500.0], 'offset': [500.0, 400.0]}
    clip = Clip.from_item({'inputs': torch.from_numpy(normal), 'target': normal,
                           'meta': {'name': 'a', 'denormalise': undo}})
    pixels = normal * 500 + np.array([500, 400])
    np.testing.assert_allclose(clip.inputs, pixels, rtol=1e-6)
    np.testing.assert_allclose(clip.target, pixels, rtol=1e-6)
    assert clip.pred is clip.inputs and clip.mask.all()
    assert (clip.meta['unit'], clip.representation) == ('px', 'keypoints_2d')
    np.testing.assert_allclose(clip.normalised().inputs, normal, atol=1e-6)
    np.testing.assert_allclose(clip.restored(normal), clip.inputs)
    # A dump holds coordinates in their unit.
    dumped = Clip.from_item({**clip.sample(), 'pred': pixels + 1})
    np.testing.assert_array_equal(dumped.inputs, clip.inputs)
    np.testing.assert_array_equal(dumped.pred, pixels + 1)
    np.testing.assert_allclose(dumped.normalised().inputs, normal, atol=1e-6)


def test_a_named_unit_is_kept_and_an_unknown_width_refused(rng):
    coords = rng.normal(size=(5, 2, 3))
    assert Clip.from_item({'inputs': coords, 'meta': {'unit': 'mm'}}).scale == 1.0
    rotations = Clip.from_item({'inputs': coords, 'meta': {'representation': 'axis_angle'}})
    assert rotations.meta['unit'] == ''
    with pytest.raises(DataFormatError, match='C = 5 values'):
        Clip.from_item({'inputs': np.zeros((3, 2, 5))})
    with pytest.raises(DataFormatError, match=r"'w'.*\(2, 8, 3, 3\).*not windows"):
        Clip.from_item({'inputs': np.zeros((2, 8, 3, 3)), 'meta': {'name': 'w'}})


def test_tracks_know_what_the_clip_knows(rng):
    meta = {'name': 'a', 'dataset': 'd', 'representation': 'keypoints_3d', 'unit': 'mm',
            'fps': 25.0, 'root_indices': [2]}
    clip = Clip(rng.normal(size=(4, 3, 3)), scores=rng.random((4, 3)), meta=meta)
    tracks = clip.tracks()
    person = tracks[0]
    assert (tracks.fps, person.unit, person.skeleton.root_indices) == (25.0, 'mm', [2])
    np.testing.assert_array_equal(person.scores, clip.scores)
    named = clip.replace(meta={**meta, 'keypoint_names': ['left_hip', 'right_hip', 'pelvis']})
    assert named.tracks()[0].skeleton.root == ('pelvis',)
    unknown = clip.replace(meta={**meta, 'fps': None, 'root_indices': None})
    assert unknown.fps is None and unknown.tracks()[0].skeleton is None


def test_the_old_name_is_deprecated():
    with pytest.warns(FutureWarning, match='SequenceResult.*Clip'):
        assert evaluation.SequenceResult is Clip
