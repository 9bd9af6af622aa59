"""Ctrl-C at the commands while they work: status 130, one line, nothing half-written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from smoothnet_plugin import io
from smoothnet_plugin.structures import PoseTracks
from smoothnet_plugin.visualization.timed_video import write_timed
from smoothnet_plugin.visualization.video import video_info

from .test_io import documents
from .test_tools.conftest import CONFIG, write_pairs
from .walking import walking_person

pytestmark = [pytest.mark.slow,
              pytest.mark.skipif(os.name == 'nt', reason='Windows has no SIGINT for one process')]
REPO = Path(__file__).resolve().parents[1]
FRAMES, FPS = 800, 25

#: A filter that says that it has begun, and takes a minute.
WAITING = """
import os, time
from pathlib import Path
from smoothnet_plugin.filters import GaussianFilter
from smoothnet_plugin.registry import SMOOTHERS

@SMOOTHERS.register_module()
class WaitingFilter(GaussianFilter):
    def _filter(self, coords, fps, weights):
        Path(f'begun{os.getpid()}').touch()
        time.sleep(60)
        return coords
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / 'waiting.py').write_text(WAITING)
    (tmp_path / 'waiting_config.py').write_text("smoother = dict(type='WaitingFilter')\n")
    return tmp_path


def poses(folder: Path) -> Path:
    coords = 0.2 * walking_person(FRAMES, FPS, dims=2) + [60, 20]
    io.save(folder / 'in.json', PoseTracks.from_array(coords, fps=FPS), format='mmpose_video')
    return folder / 'in.json'


def clip(folder: Path) -> Path:
    picture = np.random.default_rng(0).integers(0, 255, (240, 320, 3), dtype=np.uint8)
    write_timed(folder / 'in.mp4', ((t / FPS, picture) for t in range(FRAMES)))
    return folder / 'in.mp4'


def tiny_config(folder: Path) -> Path:
    write_pairs(folder / 'train.npz', 6, 0)
    write_pairs(folder / 'val.npz', 2, 1)
    path = folder / 'tiny.py'
    path.write_text(CONFIG.format(repo=REPO, root=f'{folder}/'))
    return path


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob('*') if path.is_file()
            and '__pycache__' not in path.parts and not path.name.startswith('begun')}


def interrupt(folder: Path, *command: object, begun: Callable[[], object],
              lines: bytes = b'', group: bool = True) -> tuple[str, set[str]]:
    """Run a command, press Ctrl-C once it has begun; what it said and the files that are new."""
    before = files(folder)
    env = {**os.environ, 'OMP_NUM_THREADS': '1', 'MPLBACKEND': 'Agg', 'PYTHONWARNINGS': 'ignore',
           'PYTHONPATH': os.pathsep.join([str(REPO), str(folder)])}
    # A terminal signals the group of the command, its workers as well.
    with subprocess.Popen([sys.executable, *map(str, command)], cwd=folder, env=env,
                          stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdin is not None and process.stderr is not None
        try:
            process.stdin.write(lines)
            process.stdin.flush()
            start = time.monotonic()
            while not begun():
                assert process.poll() is None, process.stderr.read().decode()
                assert time.monotonic() - start < 120
                time.sleep(0.01)
            (os.killpg if group else os.kill)(process.pid, signal.SIGINT)
            process.wait(30)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
        said = process.stderr.read().decode()
    assert process.returncode == 130, said
    assert 'Traceback' not in said and 'interrupted' in said
    return said, files(folder) - before


def marked(folder: Path, count: int = 1) -> Callable[[], bool]:
    return lambda: len(list(folder.glob('begun*'))) == count


WITH_WAITING = ('--import', 'waiting.py', '--smoother', 'WaitingFilter')
COMMAND = ('-m', 'smoothnet_plugin.cli')


def test_smooth(folder):
    said, new = interrupt(folder, *COMMAND, 'smooth', poses(folder), '-o', 'out.json',
                          '--quiet', *WITH_WAITING, begun=marked(folder))
    assert said == 'smoothnet: interrupted\n' and not new


def test_stream(folder):
    source = b''.join(json.dumps(entry).encode() + b'\n' for entry in documents.video(200))
    said, new = interrupt(folder, *COMMAND, 'smooth', '-', '--stream', '-o', 'out.jsonl',
                          '--smoother', 'one_euro', lines=source,
                          begun=lambda: [p for p in folder.iterdir() if '.jsonl' in p.name])
    assert said == 'smoothnet: interrupted\n' and not new


@pytest.mark.parametrize(('workers', 'group'), [(1, True), (2, True), (2, False)])
def test_many(folder, workers, group):
    poses(folder)
    (folder / 'b.json').write_bytes((folder / 'in.json').read_bytes())
    said, new = interrupt(folder, *COMMAND, 'smooth-many', 'in.json', 'b.json', '-o', 'out',
                          '--workers', workers, *WITH_WAITING, begun=marked(folder, workers),
                          group=group)
    assert 'run the same command again to resume' in said
    assert new <= {'out/manifest.jsonl'}


def test_benchmark(folder):
    _, new = interrupt(folder, REPO / 'tools/benchmark.py', tiny_config(folder), '--smoothers',
                          'waiting_config.py', '--import', 'waiting.py', '--out', 'table.json',
                          begun=marked(folder))
    assert not new


def test_training(folder):
    from smoothnet_plugin.engine.compat import load_from_local
    work_dir = folder / 'work'
    _, new = interrupt(folder, REPO / 'tools/train.py', tiny_config(folder), '--work-dir',
                          work_dir, '--cfg-options', 'train_cfg.max_epochs=100000',
                          begun=(work_dir / 'epoch_2.pth').exists)
    checkpoints = sorted(work_dir.rglob('*.pth'))
    assert checkpoints
    for path in checkpoints:
        load_from_local(str(path), 'cpu')
    assert not {name for name in new if name.endswith('.tmp') or '/.' in name}


def test_testing(folder):
    config = tiny_config(folder)
    (folder / 'filter.py').write_text(
        "_base_ = './tiny.py'\ncustom_imports = dict(imports=['waiting'])\n"
        "model = dict(_delete_=True, type='FilterRefiner', smoother=dict(type='WaitingFilter'))\n")
    assert config.is_file()
    _, new = interrupt(folder, REPO / 'tools/test.py', 'filter.py', '--out', 'metrics.json',
                          '--dump', 'dump.pkl', begun=marked(folder))
    assert all(name.startswith('work_dirs/') for name in new)
    assert not {name for name in new if name.endswith(('.tmp', '.pkl'))}


def video_begun(folder: Path, out: str) -> Callable[[], object]:
    """Whether a picture of a video is in its temporary file."""
    known = files(folder)

    def begun():
        return [path for path in folder.iterdir() if path.suffix == '.mp4'
                and path.name not in known and path.name != out and path.stat().st_size > 0]
    return begun


def test_visualizing(folder):
    source = poses(folder)
    _, new = interrupt(folder, REPO / 'tools/visualize.py', source, source, '-o', 'out.mp4',
                          '--fps', FPS, '--skeleton', 'coco', begun=video_begun(folder, 'out.mp4'))
    assert not new


def test_the_demo_leaves_a_video_that_plays(folder):
    source, footage = poses(folder), clip(folder)
    _, new = interrupt(folder, REPO / 'demo/video_demo.py', footage, '--poses', source, '-o',
                          'out.mp4', '--smoother', 'gaussian', '--quiet', '--height', 240,
                          begun=video_begun(folder, 'out.mp4'))
    assert new == {'out.mp4', 'out.json'}
    assert video_info(folder / 'out.mp4')[1] == pytest.approx(FPS, rel=0.05)
    assert len(io.load(folder / 'out.json').frame_ids) == FRAMES


def test_a_converter(folder):
    os.mkfifo(folder / 'slow.bvh')
    opened = []

    def begun():
        try:  # Possible only once the converter reads.
            opened.append(os.open(folder / 'slow.bvh', os.O_WRONLY | os.O_NONBLOCK))
        except OSError:
            return False
        return True

    try:
        said, new = interrupt(folder, REPO / 'tools/dataset_converters/bvh_to_npz.py', 'slow.bvh',
                              '-o', 'out.npz', '--metres-per-unit', 1, begun=begun)
    finally:
        for number in opened:
            os.close(number)
    assert said == 'bvh_to_npz.py: interrupted\n' and not new
