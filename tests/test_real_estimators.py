"""The named smoothers on five recordings of real estimators, against a truth from other cameras.

MediaPipe and OpenPose on one video of four calibrated cameras. The recordings were looked
at while parameters were chosen, so this guards against regressions and proves nothing else.
"""

from __future__ import annotations

import numpy as np
import pytest

from smoothnet_plugin import smooth
from smoothnet_plugin.apis import smooth_with_report

#: Samples whose input is closer to the truth than this, in pixels, count as right.
RIGHT = 40


@pytest.fixture(scope='module')
def recordings(motion_data):
    """(name, fps, coords, scores, truth, labels of the exchanges) of every recording and rate."""
    found = []
    with np.load(motion_data('real_estimators_dev.npz')) as data:
        for name in sorted({key.split('/')[0] for key in data.files}):
            for fps in (60, 30):
                coords, scores = (data[f'{name}/{part}'].astype(float)[::60 // fps]
                                  for part in ('coords', 'scores'))
                found.append((name, fps, coords, scores, data[f'{name}/truth_{fps}'].astype(float),
                              data[f'{name}/exchanged_{fps}'].astype(bool)))
    return found


def distances(result, truth):
    return np.linalg.norm(result - truth, axis=-1)


@pytest.mark.parametrize('name', ['default', 'robust'])
@pytest.mark.parametrize(('fps', 'rmse', 'right'), [(60, 8.2, 6.3), (30, 8.0, 6.4)])
def test_error_over_all_recordings(recordings, name, fps, rmse, right):
    before, after = [], []
    for _, rate, coords, scores, truth, _ in recordings:
        if rate == fps:
            before.append(distances(coords, truth))
            after.append(distances(smooth(coords, name, fps=fps, scores=scores), truth))
    before, after = np.concatenate(before), np.concatenate(after)
    known = np.isfinite(before)
    good = known & (before <= RIGHT)
    assert np.sqrt((after[known]**2).mean()) < rmse
    assert after[good].mean() < right < before[good].mean()
    assert (after[good] > before[good] + 15).mean() < 0.002


@pytest.mark.slow
@pytest.mark.parametrize(('fps', 'rmse'), [(60, 9.5), (30, 9.5)])
def test_error_live_at_look_ahead_8(recordings, fps, rmse):
    after = []
    for _, rate, coords, scores, truth, _ in recordings:
        if rate == fps:
            result = smooth(coords, 'default', fps=fps, scores=scores, lookahead=8)
            after.append(distances(result, truth))
    after = np.concatenate(after)
    assert np.sqrt(np.nanmean(after**2)) < rmse


@pytest.mark.parametrize('fps', [60, 30])
def test_exchanges_of_real_estimators_are_put_back(recordings, fps):
    """95 % of MediaPipe's, and at most three false ones; none where there are none."""
    for name, rate, coords, scores, _, labels in recordings:
        if rate != fps:
            continue
        # Labels are by keypoint; an elbow and a knee stand for their groups.
        exchanged = int(labels[:, [7, 13]].sum())
        report = smooth_with_report(coords, 'robust', fps=fps, scores=scores)[1]
        if exchanged:
            assert 0.95 * exchanged <= report.exchanged <= exchanged + 3
        else:
            assert report.exchanged == 0, name
