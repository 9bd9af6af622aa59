from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin import io, smooth
from smoothnet_plugin.errors import DataFormatError

from . import documents as d

SIZE = (800, 400)


def labels(folder, frames=range(8, 14), count=17, scored=True, extras='{p}', people=2):
    """A folder as ``model.track(save_txt=True)`` writes it: frames from 1, no leading zeros."""
    folder.mkdir()
    for t in frames:
        lines = []
        for p in range(people):
            numbers = [0, 0.5, 0.5, 0.25, 0.5]
            for k in range(count):
                numbers += [0.1 + 0.01 * t + 0.4 * p + 0.005 * k, 0.2 + 0.02 * k] + [0.9] * scored
            lines.append(' '.join([f'{number:.6g}' for number in numbers]
                                  + extras.format(p=p + 1).split()))
        (folder / f'clip_{t}.txt').write_text('\n'.join(lines) + '\n')
    return folder


CASES = {'tracked': {}, 'plain': {'extras': ''}, 'confidence': {'extras': '0.87'},
         'both': {'extras': '0.87 {p}'}, 'unscored': {'scored': False}, 'few': {'count': 4}}


@pytest.mark.parametrize('case', CASES)
def test_read_by_content_and_written_back(tmp_path, case):
    folder = labels(tmp_path / 'labels', **CASES[case])
    assert io.sniff(folder) == 'ultralytics_labels'
    tracks = io.load(folder, image_size=SIZE)
    ids = [1, 2] if case in ('tracked', 'both', 'unscored', 'few') else [0, 1]
    assert list(tracks.tracks) == ids and tracks.frame_ids.tolist() == [*range(8, 14)]
    np.testing.assert_allclose(tracks[ids[0]].coords[0, :2], [[144, 80], [148, 88]], rtol=1e-6)
    io.save(tmp_path / 'same', tracks)
    assert d.content(tmp_path / 'same') == d.content(folder)
    io.save(tmp_path / 'out', d.shifted(tracks))
    again = io.load(tmp_path / 'out', image_size=SIZE)
    for track_id, sequence in tracks:
        np.testing.assert_allclose(again[track_id].coords, sequence.coords + 1, atol=1e-3)
        if sequence.scores is not None:
            np.testing.assert_array_equal(again[track_id].scores, sequence.scores)


def test_missing_people_and_keypoints(tmp_path):
    folder = labels(tmp_path / 'labels', frames=[8, 9, 11, 12], people=1)
    line = (folder / 'clip_9.txt').read_text().split()
    line[5:7] = '0', '0'
    (folder / 'clip_9.txt').write_text(' '.join(line) + '\n')
    tracks = io.load(folder, image_size=SIZE)
    assert tracks.num_frames == 5 and (~tracks[1].valid).sum() == 1
    io.save(tmp_path / 'out', d.bridged(d.shifted(tracks), 1, 10))
    names = sorted(path.name for path in (tmp_path / 'out').iterdir())
    assert names == sorted(f'clip_{t}.txt' for t in range(8, 13))
    again = io.load(tmp_path / 'out', image_size=SIZE)
    assert (again[1].scores[2] == 0).all() and (~again[1].valid[1]).sum() == 1


def test_smoothed_by_the_front_door(tmp_path):
    smooth(labels(tmp_path / 'labels'), 'gaussian', tmp_path / 'out', fps=30, image_size=SIZE)
    assert io.sniff(tmp_path / 'out') == 'ultralytics_labels'


@pytest.mark.parametrize('change, options, message', [
    (lambda f: None, {'image_size': None}, r'image_size=\(width, height\)'),
    (lambda f: None, {'num_keypoints': 5}, 'do not fit 5 keypoints; specify num_keypoints'),
    (lambda f: (f / 'clip_9.txt').write_text('0 0.5 0.5\n'), {}, 'do not fit 17'),
    (lambda f: (f / 'clip_9.txt').write_text(
        (f / 'clip_9.txt').read_text().replace('0.9', 'x', 1)), {}, r"clip_9\.txt', line 1.*'x'"),
    (lambda f: (f / 'other_9.txt').write_text((f / 'clip_9.txt').read_text()), {}, 'one video'),
])
def test_damaged_folders(tmp_path, change, options, message):
    folder = labels(tmp_path / 'labels')
    change(folder)
    with pytest.raises(DataFormatError, match=message):
        io.load(folder, **{'image_size': SIZE, **options})


def test_names_of_classes_beside_the_labels(tmp_path):
    folder = labels(tmp_path / 'labels')
    (folder / 'classes.txt').write_text('person\n')
    assert io.load(folder, image_size=SIZE).num_frames == 6
