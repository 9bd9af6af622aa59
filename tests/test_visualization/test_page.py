from __future__ import annotations

import json
import re
from importlib.util import find_spec

import numpy as np
import pytest

from smoothnet_plugin import load, save, smooth
from smoothnet_plugin.apis import smooth_with_report
from smoothnet_plugin.apis.view import report_of
from smoothnet_plugin.cli import main
from smoothnet_plugin.errors import ConfigError, DataFormatError
from smoothnet_plugin.structures import PoseSequence, PoseTracks
from smoothnet_plugin.visualization.page import write_page
from smoothnet_plugin.visualization.page_data import page_data
from smoothnet_plugin.visualization.pairing import matched_ids
from smoothnet_plugin.visualization.rerun_recording import write_recording


def data_of(path):
    """The data inside a page."""
    text = path.read_text(encoding='utf-8')
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text,
                                re.DOTALL).group(1))


@pytest.fixture
def files(repo_dir, tmp_path):
    """The sample clip, and it smoothed, as files without track ids."""
    raw = repo_dir / 'demo/data/sports2d_mediapipe.json'
    save(tmp_path / 'smoothed.json', smooth(load(raw, fps=30), 'gaussian'))
    return raw, tmp_path / 'smoothed.json'


def test_view_of_files(files, tmp_path, capsys):
    raw, smoothed = files
    out = tmp_path / 'page.html'
    assert main(['view', str(raw), str(smoothed), '-o', str(out), '--fps', '30']) == 0
    assert str(out) in capsys.readouterr().out
    data = data_of(out)
    assert (data['frames'], data['step'], data['dims'], data['unit']) == (230, 1, 2, 'px')
    assert data['names'][9] == 'left_wrist' and [7, 9] in data['links']  # recognised
    assert data['clips'] == ['raw', 'smoothed'] and data['notes'] == []
    assert dict(data['report'])['poses'] == '136'
    assert [row['joint'] for row in data['jointChanges']][:2] == ['all keypoints', 'nose']
    # The woman who walks through the picture has one id in both clips, and her gaps are filled.
    walker = max(data['people'], key=lambda person: person['count'])
    assert walker['count'] == 134 and set(walker['coords']) == {'raw', 'smoothed'}
    text = out.read_text(encoding='utf-8')
    assert 'https://' not in re.sub(r'<details>.*?</details>|/\*!.*?\*/', '', text, flags=re.DOTALL
                                    ).replace('https://github.com/leeoniya/uPlot', '')
    assert 'THREE' not in text and out.stat().st_size < 300_000


def test_smooth_writes_the_page(files, tmp_path, capsys):
    out = tmp_path / 'page.html'
    assert main(['smooth', str(files[0]), '--smoother', 'gaussian', '--fps', '30', '--page',
                 str(out)]) == 0
    assert f'written: {out}' in capsys.readouterr().out
    assert data_of(out)['title'] == files[0].name
    _, report = smooth_with_report(files[0], 'gaussian', fps=30)
    assert data_of(out)['report'] == [list(line) for line in report.lines(with_joints=False)]
    assert 'swaps corrected' in dict(data_of(out)['report'])


def test_one_clip_alone_and_standard_output(files, tmp_path, capfdbinary):
    assert main(['view', str(files[0]), '-o', '-']) == 0
    captured = capfdbinary.readouterr()
    assert captured.out.startswith(b'<!doctype html>') and b'assumed' in captured.err
    (tmp_path / 'page.html').write_bytes(captured.out)
    assert data_of(tmp_path / 'page.html')['clips'] == ['raw']


@pytest.mark.parametrize(('arguments', 'words'), [
    (['page.txt'], ['page.txt', '.html']),
    (['page.html', '--video', 'none.mp4'], ['none.mp4']),
    (['page.html', '--truth', 'other.npz'], ['(5,', '(17,']),
    (['page.html', '--fps', '-1'], ['fps', '-1']),
])
def test_errors_write_nothing(files, arguments, words, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.savez('other.npz', keypoints=np.zeros((4, 5, 2)), fps=30.0)
    assert main(['view', str(files[0]), '-o', *arguments]) == 2
    message = capsys.readouterr().err
    assert not [word for word in words if word not in message.replace('((', '(')], message
    assert not list(tmp_path.glob('page.*'))


def test_what_cannot_be_drawn_is_refused(tmp_path):
    turned = PoseTracks.from_array(np.zeros((5, 3, 3)), representation='axis_angle')
    with pytest.raises(DataFormatError, match='3 rotations of no known body model'):
        write_page(tmp_path / 'a.html', turned)
    angles = PoseTracks.from_array(np.zeros((5, 3, 1)), representation='scalar')
    with pytest.raises(DataFormatError, match='the clips hold scalar'):
        write_page(tmp_path / 'a.html', angles)
    with pytest.raises(DataFormatError, match='nothing to view'):
        write_page(tmp_path / 'a.html', PoseTracks())
    solid = PoseTracks.from_array(np.random.default_rng(0).normal(size=(9, 4, 3)),
                                  representation='keypoints_3d')
    with pytest.raises(DataFormatError, match='video'):
        write_page(tmp_path / 'a.html', solid, video=tmp_path / 'a.mp4')
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(('page', 'options', 'word'), [
    ('a.html', {'representation': 'axis_angle'}, 'no known body model'), ('a.txt', {}, '.html')])
def test_smooth_writes_nothing_if_the_page_cannot_be(tmp_path, page, options, word, capsys):
    source = tmp_path / 'in.npz'
    np.savez(source, keypoints=np.random.default_rng(0).normal(size=(20, 7, 3)), fps=30.0)
    with pytest.raises(DataFormatError, match=word):
        smooth_with_report(source, 'gaussian', tmp_path / 'out.npz', page=tmp_path / page,
                           read_options=options)
    assert list(tmp_path.iterdir()) == [source]
    assert main(['smooth', str(source), '-o', '-', '--page', '-']) == 2
    assert 'both' in capsys.readouterr().err
    with pytest.raises(ConfigError, match='page'):
        smooth(source, 'gaussian', page=tmp_path / 'a.html')


def test_time_stamps_are_the_frame_rate(files):
    raw = load(files[0])
    times = np.cumsum(np.tile([0.05, 0.05, 0.1], raw.num_frames))[:raw.num_frames]
    raw = raw.replace(fps=None, times=times)
    raw = raw.map(lambda sequence: sequence.replace(fps=None))
    report = report_of(raw, smooth(raw, 'gaussian'))
    assert report.fps == pytest.approx(20) and not report.fps_assumed
    data = page_data({'raw': raw})
    assert data['fps'] == pytest.approx(20) and not data['fpsAssumed']


def test_space_has_three_and_its_licence(tmp_path):
    coords = np.random.default_rng(0).normal(size=(20, 4, 3))
    write_page(tmp_path / 'a.html', PoseTracks.from_array(coords, representation='keypoints_3d',
                                                          fps=30))
    text = (tmp_path / 'a.html').read_text(encoding='utf-8')
    assert 'three.js authors' in text and 'Leon Sorokin' in text
    assert data_of(tmp_path / 'a.html')['up'] == [0, -1, 0]


def test_people_keep_their_ids():
    rng = np.random.default_rng(0)
    people = [rng.normal(0, 1, (30, 5, 2)) + 100 * n for n in range(3)]
    one = PoseTracks({name: PoseSequence(people[n]) for n, name in enumerate('abc')})
    other = PoseTracks({number: PoseSequence(people[n][:20] + 0.5) for n, number in
                        ((2, 0), (0, 1))})
    matched = matched_ids(one, other)
    np.testing.assert_array_equal(matched[1].coords, people[0])
    np.testing.assert_array_equal(matched[0].coords, people[2])
    assert set(matched.tracks) == {0, 1, 'b'}
    assert list(matched_ids(one, one).tracks) == list('abc')
    # An id of its own that the other clip uses for another person is changed.
    strange = PoseTracks({0: PoseSequence(people[1], frame_ids=np.arange(50, 80))})
    assert list(matched_ids(strange, other).tracks) == ['0*']


@pytest.mark.slow
def test_rerun_recording(files, tmp_path, capsys):
    pytest.importorskip('rerun', reason='needs the extra rerun')
    out = tmp_path / 'clip.rrd'
    assert main(['view', str(files[0]), str(files[1]), '-o', str(tmp_path / 'page.html'), '--fps',
                 '30', '--rerun', str(out)]) == 0
    content = out.read_bytes()
    assert content[:3] == b'RRF' and len(content) > 10_000
    for part in (b'raw/person_4', b'smoothed/person_', b'links'):
        assert part in content
    assert main(['view', str(files[0]), '-o', str(tmp_path / 'second.html'), '--rerun',
                 str(tmp_path / 'clip.mp4')]) == 2
    assert '.rrd' in capsys.readouterr().err
    assert not (tmp_path / 'second.html').exists()


def test_a_person_without_frames_is_left_out(tmp_path, rng):
    person = PoseSequence(rng.normal(0, 9, (9, 5, 2)), fps=30.0)
    tracks = PoseTracks({0: person.select(slice(0)), 1: person}, fps=30.0)
    write_page(tmp_path / 'page.html', tracks, tracks)
    assert [one['id'] for one in data_of(tmp_path / 'page.html')['people']] == ['1']
    if find_spec('rerun') is not None:
        write_recording(tmp_path / 'a.rrd', {'raw': tracks})
