from __future__ import annotations

import io as streams
import json
import subprocess
import sys

import numpy as np
import pytest

from smoothnet_plugin import io, smooth
from smoothnet_plugin.apis.stream import smooth_stream
from smoothnet_plugin.cli import main
from smoothnet_plugin.errors import DataFormatError


@pytest.fixture
def entries():
    rng = np.random.default_rng(5)
    body = np.array([[0, 0], [90, 0], [9, 50], [0, 99], [90, 99]])
    made = []
    for t in range(40):
        people = [{'keypoints': np.round(body + 400 * n + t + rng.normal(0, 2, (5, 2)), 3).tolist(),
                   'keypoint_scores': [0.9] * 5, 'note': f'{n}é'} for n in range(2)]
        if 10 <= t < 14:
            del people[1]
        made.append({'frame_id': t, 'instances': people, 'extra': t})
    made[20]['instances'].append({'keypoints': [], 'bbox': [1, 2, 3, 4]})
    return made


@pytest.fixture
def lines(entries, tmp_path):
    path = tmp_path / 'in.jsonl'
    path.write_text(''.join(f'{json.dumps(entry)}\n' for entry in entries), encoding='utf-8')
    return path


def test_a_stream_is_what_a_live_run_of_the_whole_file_gives(lines, entries, tmp_path):
    out = tmp_path / 'out.jsonl'
    assert smooth_stream(lines, out, 'classical', lookahead=4, fps=30, track_ids=True) == 40
    tracks = smooth(lines, 'classical', lookahead=4, fps=30)
    streamed = io.load(out, fps=30)
    assert sorted(streamed.tracks) == sorted(tracks.tracks)
    for key, sequence in tracks:
        np.testing.assert_allclose(streamed[key].coords, sequence.coords, rtol=0, atol=5.1e-4)
    written = [json.loads(line) for line in out.read_text(encoding='utf-8').splitlines()]
    assert [entry['frame_id'] for entry in written] == list(range(40))
    assert [entry['extra'] for entry in written] == list(range(40))
    assert written[3]['instances'][1]['note'] == '1é'
    assert written[3]['instances'][0]['keypoints'] != entries[3]['instances'][0]['keypoints']
    assert written[12]['instances'][1]['filled'] is True
    assert written[20]['instances'][2] == {'keypoints': [], 'bbox': [1, 2, 3, 4]}


def test_the_format_is_read_and_written_back(lines, entries, tmp_path):
    tracks = io.load(lines)
    assert tracks.source.format == 'mmpose_lines' and io.sniff(lines) == 'mmpose_lines'
    io.save(tmp_path / 'same.jsonl', tracks)
    assert (tmp_path / 'same.jsonl').read_bytes() == lines.read_bytes()
    io.save(tmp_path / 'video.json', tracks, format='mmpose_video')
    again = io.load(tmp_path / 'video.json')
    io.save(tmp_path / 'new.jsonl', again)
    np.testing.assert_array_equal(io.load(tmp_path / 'new.jsonl')[0].coords, tracks[0].coords)
    one = tmp_path / 'one.jsonl'
    one.write_text(json.dumps(entries[0]))
    assert io.load(one).source.format == 'mmpose_lines'


def test_frames_come_out_as_they_are_finished(lines, monkeypatch):
    """A pipe sees a frame as soon as the delay allows, not at the end."""
    class Source(streams.BytesIO):
        def __iter__(self):
            for n, line in enumerate(self.getvalue().splitlines(keepends=True)):
                seen.append((n, sink.getvalue().count(b'\n')))
                yield line

    seen: list[tuple[int, int]] = []
    sink = streams.BytesIO()
    monkeypatch.setattr(sys, 'stdin', type('In', (), {'buffer': Source(lines.read_bytes())}))
    monkeypatch.setattr(sys, 'stdout', type('Out', (), {'buffer': sink}))
    assert smooth_stream('-', '-', 'one_euro', fps=30) == 40
    assert seen[-1][0] - seen[-1][1] <= 2


def test_a_depth_of_0_stays(entries, tmp_path):
    paths = [tmp_path / f'{name}.jsonl' for name in ('in', 'flat', 'out', 'flat_out')]
    del entries[20]['instances'][2]
    for path, depth in zip(paths, ([], [0.0])):
        path.write_text(''.join(json.dumps({**entry, 'instances': [
            {**person, 'keypoints': [[*xy, *depth] for xy in person['keypoints']]}
            for person in entry['instances']]}) + '\n' for entry in entries))
    for source, out in zip(paths[:2], paths[2:]):
        assert smooth_stream(source, out, 'classical', lookahead=4, fps=30) == 40
    plane, flat = ([json.loads(line) for line in path.read_text().splitlines()]
                   for path in paths[2:])
    for one, other in zip(plane, flat, strict=True):
        for a, b in zip(one['instances'], other['instances'], strict=True):
            # Points in space have more decimals.
            np.testing.assert_allclose(np.array(b['keypoints'])[:, :2], a['keypoints'], atol=6e-4)
            assert not np.array(b['keypoints'])[:, 2].any()


@pytest.mark.parametrize(('content', 'message'), [
    (b'{"frame_id": 0, "instances": []}\n{"x": 1}\n', "line 2'"),
    (b'{"frame_id": 0, "instances": []}\n{"frame_id": 1, "inst', 'cut off'),
    (b'{"frame_id": 0, "instances": []}\n\xff\xfe\n', 'UTF-8'),
    (b'{"frame_id": 1, "instances": []}\n{"frame_id": 1, "instances": []}\n', 'increase'),
])
def test_damaged_lines(tmp_path, content, message):
    path = tmp_path / 'bad.jsonl'
    path.write_bytes(content)
    with pytest.raises(DataFormatError, match=message):
        smooth_stream(path, tmp_path / 'out.jsonl', 'gaussian')
    assert not (tmp_path / 'out.jsonl').exists()
    with pytest.raises(DataFormatError):
        io.load(path, format='mmpose_lines')


def test_the_command(lines, tmp_path, capsys):
    assert main(['smooth', str(lines), '--stream', '--smoother', 'gaussian']) == 2
    assert 'give --out' in capsys.readouterr().err
    assert main(['smooth', str(lines), '--stream', '-o', str(tmp_path / 'o.jsonl'), '--unit',
                 'px']) == 2
    assert '--unit has no effect' in capsys.readouterr().err
    for option in (['--columns', 'frame=t'], ['--read-options', 'dims=2'], ['--betas', 'kept'],
                   ['--keep-derived']):
        assert main(['smooth', str(lines), '--stream', '-o', str(tmp_path / 'o.jsonl'),
                     *option]) == 2
        assert f'{option[0]} has no effect' in capsys.readouterr().err
    assert not (tmp_path / 'o.jsonl').exists()
    done = subprocess.run(
        [sys.executable, '-m', 'smoothnet_plugin.cli', 'smooth', '-', '-o', '-', '--stream',
         '--smoother', 'gaussian', '--lookahead', '3'], input=lines.read_bytes(),
        capture_output=True, check=True)
    assert len(done.stdout.splitlines()) == 40 and b'frames  40' in done.stderr


def test_a_document_of_all_frames_is_no_stream(tmp_path):
    (tmp_path / 'a.json').write_text('[{"frame_id": 0, "instances": []}]')
    with pytest.raises(DataFormatError, match='leave out --stream'):
        smooth_stream(tmp_path / 'a.json', tmp_path / 'b.json', 'one_euro')
