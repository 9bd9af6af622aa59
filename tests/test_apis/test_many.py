from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from smoothnet_plugin import io, smooth
from smoothnet_plugin.apis.manifest import Manifest, digest
from smoothnet_plugin.apis.many import find_inputs, smooth_many
from smoothnet_plugin.cli import main
from smoothnet_plugin.errors import ConfigError, DataFormatError
from smoothnet_plugin.registry import SMOOTHERS
from smoothnet_plugin.smoothers import build_smoother
from smoothnet_plugin.structures import PoseTracks


def write_clip(path, seed=0, frames=30):
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    body = [[0, 0], [90, 0], [9, 50], [0, 99], [90, 99]]
    coords = np.round(rng.normal(0, 3, (frames, 5, 2)) + body, 2)
    io.save(path, PoseTracks.from_array(coords, fps=30), format='mmpose_video')


@pytest.fixture
def clips(tmp_path):
    for n in range(6):
        write_clip(tmp_path / 'in' / 'ab'[n % 2] / f'{n}.json', seed=n)
    return tmp_path


def rows(folder):
    return [json.loads(line) for line in
            (folder / 'out' / 'manifest.jsonl').read_text().splitlines()]


def run(folder, **options):
    return smooth_many([str(folder / 'in' / '**' / '*.json')], folder / 'out', 'gaussian',
                       **options)


def test_results_are_those_of_the_single_files(clips):
    assert run(clips) == {'done': 6, 'failed': 0, 'skipped': 0}
    for path in sorted((clips / 'in').rglob('*.json')):
        alone = smooth(path, 'gaussian', out=clips / 'alone.json')
        written = clips / 'out' / path.relative_to(clips / 'in')
        assert written.read_bytes() == (clips / 'alone.json').read_bytes()
        assert alone.num_frames == 30
    row = rows(clips)[0]
    assert row['status'] == 'done' and row['report']['frames'] == 30
    assert row['sha256'] == digest(clips / 'in' / 'a' / '0.json')


@pytest.mark.slow
def test_processes_give_the_same(clips):
    run(clips)
    alone = {path: path.read_bytes() for path in (clips / 'out').rglob('[0-9].json')}
    assert smooth_many([str(clips / 'in' / '**' / '*.json')], clips / 'out2', 'gaussian',
                       workers=2)['done'] == 6
    for path, content in alone.items():
        assert (clips / 'out2' / path.relative_to(clips / 'out')).read_bytes() == content


@pytest.mark.parametrize('workers', [1, pytest.param(2, marks=pytest.mark.slow)])
def test_types_of_an_extension_are_known_in_every_process(clips, monkeypatch, workers):
    monkeypatch.chdir(clips)
    monkeypatch.setattr(SMOOTHERS, '_module_dict', dict(SMOOTHERS.module_dict))
    name = f'halving_{workers}'
    Path(f'{name}.py').write_text(f'''
from smoothnet_plugin.filters import GaussianFilter
from smoothnet_plugin.registry import SMOOTHERS

@SMOOTHERS.register_module('{name}')
class Halving(GaussianFilter):
    def _filter(self, coords, fps, weights):
        return coords / 2
''')
    assert main(['smooth-many', 'in/a/0.json', 'in/b/1.json', '--quiet', '-o', 'out', '--import',
                 f'{name}.py', '--smoother', name, '--workers', str(workers)]) == 0
    for file in ('a/0.json', 'b/1.json'):
        raw, halved = (io.load(path)[0].coords for path in (f'in/{file}', f'out/{file[2:]}'))
        # The median, since named filters have outliers replaced before.
        np.testing.assert_allclose(np.median(halved, axis=0), np.median(raw, axis=0) / 2, atol=0.5)


def test_a_second_run_skips_what_is_done(clips):
    run(clips)
    assert run(clips) == {'done': 0, 'failed': 0, 'skipped': 6}
    write_clip(clips / 'in' / 'a' / '0.json', seed=99)
    (clips / 'out' / 'b' / '1.json').unlink()
    assert run(clips) == {'done': 2, 'failed': 0, 'skipped': 4}
    assert run(clips, strength=0.5) == {'done': 6, 'failed': 0, 'skipped': 0}
    assert max(Counter(row['input'] for row in rows(clips)).values()) == 1


def test_a_changed_config_file_is_another_setting(clips):
    config = clips / 'smoother.json'
    results = []
    for sigma in (1.0, 1.0, 3.0):
        config.write_text(json.dumps({'smoother': {'type': 'GaussianFilter', 'sigma': sigma}}))
        results.append(smooth_many([clips / 'in' / 'a' / '0.json'], clips / 'out', config))
    assert [result['done'] for result in results] == [1, 0, 1]


def test_what_is_built_is_refused(clips):
    with pytest.raises(ConfigError, match='plain values'):
        smooth_many([clips / 'in' / 'a' / '0.json'], clips / 'out', build_smoother('gaussian'))


def test_a_bad_file_fails_alone_and_is_tried_again(clips, capsys):
    (clips / 'in' / 'a' / 'bad.json').write_text('{"x": 1')
    (clips / 'in' / 'b' / 'empty.json').write_text('')
    arguments = ['smooth-many', str(clips / 'in' / '**' / '*.json'), '-o', str(clips / 'out'),
                 '--smoother', 'gaussian', '--workers', '1']
    assert main(arguments) == 1
    printed = capsys.readouterr()
    assert '6 done, 2 failed, 0 skipped' in printed.out
    assert 'bad.json' in printed.err and 'cut off' in printed.err
    failed = [row for row in rows(clips) if row['status'] == 'failed']
    assert len(failed) == 2 and all(row['error'] for row in failed)
    assert not (clips / 'out' / 'a' / 'bad.json').exists()
    write_clip(clips / 'in' / 'a' / 'bad.json')
    assert main([*arguments, '--quiet']) == 1
    assert len(rows(clips)) == 8


def test_a_manifest_that_was_cut_off_is_read(clips):
    run(clips)
    path = clips / 'out' / 'manifest.jsonl'
    path.write_bytes(path.read_bytes()[:-20])
    assert run(clips) == {'done': 1, 'failed': 0, 'skipped': 5}
    assert len(rows(clips)) == 6


def test_another_file_is_no_manifest(tmp_path):
    (tmp_path / 'notes.txt').write_text('hello\nworld\n')
    with pytest.raises(DataFormatError, match='line 1'):
        Manifest(tmp_path / 'notes.txt')


def test_an_interrupted_run_keeps_what_is_done(clips):
    def stop_after(count):
        def progress(stream, total):
            for n, row in enumerate(stream, 1):
                yield row
                if n == count:
                    raise KeyboardInterrupt
        return progress

    with pytest.raises(KeyboardInterrupt):
        run(clips, progress=stop_after(2))
    assert run(clips) == {'done': 4, 'failed': 0, 'skipped': 2}


def test_results_below_the_inputs_are_no_inputs(clips):
    pattern = str(clips / '**' / '*.json')
    assert smooth_many([pattern], clips / 'out', 'gaussian')['done'] == 6
    assert smooth_many([pattern], clips / 'out', 'gaussian') == {
        'done': 0, 'failed': 0, 'skipped': 6}
    with pytest.raises(ConfigError, match='output folder'):
        smooth_many([str(clips / 'out' / 'in' / 'a' / '*.json')], clips / 'out', 'gaussian')


def test_places(clips):
    found = find_inputs([clips / 'in' / 'a' / '0.json', str(clips / 'in' / 'b' / '*.json')])
    assert {path.name: str(place) for path, place in found.items()} == {
        '0.json': '0.json', '1.json': '1.json', '3.json': '3.json', '5.json': '5.json'}
    with pytest.raises(ConfigError, match='There is no file'):
        find_inputs([str(clips / '*.csv')])
    write_clip(clips / 'in' / 'b' / '0.json')
    with pytest.raises(ConfigError, match='would both be written'):
        find_inputs([clips / 'in' / 'a' / '0.json', clips / 'in' / 'b' / '0.json'])


def test_folders_and_image_sizes_and_lookahead(clips):
    run(clips, lookahead=3, image_size=(640, 480))
    live = smooth(clips / 'in' / 'a' / '0.json', 'gaussian', lookahead=3)
    written = io.load(clips / 'out' / 'a' / '0.json')
    # The clips have two decimals.
    np.testing.assert_allclose(written[0].coords, np.round(live[0].coords, 2))


def test_wrong_settings_stop_before_the_first_file(clips):
    with pytest.raises(ConfigError, match='Unknown smoother'):
        smooth_many([clips / 'in' / 'a' / '0.json'], clips / 'out', 'gausian')
    assert not (clips / 'out').exists()


@pytest.mark.slow
@pytest.mark.skipif(not Path('/proc/self/task').is_dir(), reason='finds the workers in /proc')
def test_killed_workers_lose_nothing(tmp_path):
    for n in range(40):
        write_clip(tmp_path / 'in' / f'{n}.json', seed=n, frames=600)
    process = subprocess.Popen(
        [sys.executable, '-m', 'smoothnet_plugin.cli', 'smooth-many',
         str(tmp_path / 'in' / '*.json'), '-o', str(tmp_path / 'out'), '--smoother', 'classical',
         '--workers', '2', '--quiet'])
    deadline, killed = time.monotonic() + 60, 0
    while process.poll() is None and time.monotonic() < deadline and killed < 2:
        done = len(list((tmp_path / 'out').glob('[0-9]*.json')))
        if done >= 5 * (killed + 1):
            children = Path(f'/proc/{process.pid}/task/{process.pid}/children').read_text().split()
            workers = [int(child) for child in children if b'multiprocessing-fork' in
                       Path(f'/proc/{child}/cmdline').read_bytes()]
            if workers:
                os.kill(workers[-1], signal.SIGKILL)
                killed += 1
        time.sleep(0.05)
    assert process.wait(timeout=240) == 0
    assert killed
    assert Counter(row['status'] for row in rows(tmp_path)) == {'done': 40}
    assert len({row['input'] for row in rows(tmp_path)}) == 40
    assert not list((tmp_path / 'out').glob('.*'))


@pytest.mark.slow
def test_a_dask_cluster_gives_the_same(clips):
    distributed = pytest.importorskip('distributed')
    run(clips)
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None,
                                  processes=True) as cluster:
        count = smooth_many([str(clips / 'in' / '**' / '*.json')], clips / 'dask', 'gaussian',
                            scheduler=cluster.scheduler_address)
    assert count == {'done': 6, 'failed': 0, 'skipped': 0}
    for path in (clips / 'dask').rglob('[0-9].json'):
        assert path.read_bytes() == (clips / 'out' / path.relative_to(
            clips / 'dask')).read_bytes()


@pytest.mark.parametrize('workers', [0, -1])
def test_numbers_of_processes_that_cannot_be(tmp_path, capsys, workers):
    (tmp_path / 'a.json').write_text('[]')
    assert main(['smooth-many', str(tmp_path / 'a.json'), '-o', str(tmp_path / 'out'),
                 '--workers', str(workers)]) == 2
    assert f'workers is {workers}; expected' in capsys.readouterr().err
