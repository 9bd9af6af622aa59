"""Reads damaged files in a process of its own; ``test_reader_fuzz.py`` starts it.

    python read_damaged.py SEED COUNT FILE...

For every input a reader must answer with tracks or with an error of this package, within the
seconds and the memory given below. What it reads, it must also write, or refuse with such an
error; some of it is smoothed too, into any format, and finite values stay finite. Prints a line of
JSON per fault, and one with the counts, the longest time and the most memory at the end.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
from mutations import mutated

from smoothnet_plugin import io
from smoothnet_plugin.apis import smooth_with_report
from smoothnet_plugin.errors import SmoothNetError

#: Processor time of one input, that of child processes included; a hang is waited for longer.
SECONDS, HANG = 10.0, 90.0
LONGEST = 8000
#: Memory that one input may take: so much whatever it holds, and so many times its size.
MEGABYTES, TIMES = 64.0, 20.0
#: Formats whose library is first tried in a process of its own are slow, and drawn less often.
GUARDED, SHARE = ('c3d', 'deeplabcut_h5', 'sleap'), 0.25
#: Share of the files read that are smoothed, and with what.
SMOOTHED, SMOOTHERS = 0.4, ('one_euro', 'classical', 'kalman')
STATUS, RESET = Path('/proc/self/status'), Path('/proc/self/clear_refs')


def peak() -> float:
    """Largest resident memory of this process, in MB: since :func:`forget_peak` on Linux."""
    if STATUS.exists():
        line = next(line for line in STATUS.read_text().splitlines() if line.startswith('VmHWM'))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def forget_peak() -> None:
    """Let the peak start anew, so that one large input does not hide the next."""
    with contextlib.suppress(OSError):  # Not Linux, or a sandbox forbids it: the peak only grows.
        RESET.write_text('5')


def worked() -> float:
    """Seconds of processor time of this process and its children."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def kind(source: Path) -> str:
    """The format that a sample is named after."""
    return source.name.partition('.')[0]


def damaged_copy(source: Path, target: Path, rng: np.random.Generator) -> int:
    """Write a damaged copy of a file or folder; its size in bytes."""
    if source.is_dir():
        shutil.copytree(source, target)
        files = sorted(path for path in target.rglob('*') if path.is_file())
        chosen = files[rng.integers(len(files))]
        chosen.write_bytes(mutated(chosen.read_bytes(), rng))
        return sum(path.stat().st_size for path in files)
    target.write_bytes(mutated(source.read_bytes(), rng))
    return target.stat().st_size


def smoothed(source: Path, target: Path, chosen: str | None, smoother: str) -> str | None:
    """Smooth a file into another, with the report of the command; what is wrong, or None."""
    result, report = smooth_with_report(source, smoother, target, input_format=chosen,
                                        image_size=(640, 480))
    assert all(f'{label}{value}' for label, value in report.lines())
    raw = io.load(source, format=chosen, image_size=(640, 480))
    for key, sequence in raw:
        kept = np.isin(result[key].frame_ids, sequence.frame_ids)
        finite = np.isfinite(sequence.coords).all(axis=-1)
        if kept.sum() != len(sequence) or not np.isfinite(result[key].coords[kept][finite]).all():
            return f'{smoother}: frames are lost, or finite values are not finite any more'
    return None


def main(seed: int, count: int, sources: list[Path]) -> int:
    rng = np.random.default_rng(seed)
    counts: Counter[str] = Counter()
    formats: Counter[str] = Counter()
    longest, most = (0.0, ''), (0.0, '')
    weights = np.array([SHARE if kind(source) in GUARDED else 1.0 for source in sources])
    warnings.simplefilter('ignore')
    # What an intact file needs, imports included, is no fault of the damaged one.
    for source in sources:
        smooth_with_report(source, SMOOTHERS, image_size=(640, 480))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(count):
            source = sources[int(rng.choice(len(sources), p=weights / weights.sum()))]
            formats[kind(source)] += 1
            target = folder / f'{number}{source.suffix}'
            size = damaged_copy(source, target, rng)
            forget_peak()
            before, started, fault = peak(), (worked(), time.monotonic()), None
            # Half of the files are read as what they are, the others by what they look like.
            chosen = kind(source) if rng.random() < 0.5 else None
            try:
                tracks = io.load(target, format=chosen, image_size=(640, 480))
                counts['read'] += 1
                io.save(folder / f'out-{number}{source.suffix}', tracks)
                counts['written'] += 1
                if rng.random() < SMOOTHED:
                    other = sources[rng.integers(len(sources))]
                    fault = smoothed(target, folder / f'smoothed-{number}{other.suffix}', chosen,
                                     SMOOTHERS[rng.integers(len(SMOOTHERS))])
                    counts['smoothed'] += 1
            except SmoothNetError as error:
                counts['refused'] += 1
                if len(str(error)) > LONGEST:
                    fault = f'a message of {len(str(error))} characters'
            except Exception:
                fault = traceback.format_exc()
            spent, waited = worked() - started[0], time.monotonic() - started[1]
            grown = peak() - before
            longest, most = max(longest, (spent, source.name)), max(most, (grown, source.name))
            if spent > SECONDS:
                fault = f'{spent:.1f} s'
            if waited > HANG:
                fault = f'{waited:.1f} s of waiting'
            if grown > MEGABYTES + TIMES * size / 2**20:
                fault = f'{grown:.0f} MB for a file of {size} bytes'
            if fault:
                counts['faults'] += 1
                print(json.dumps({'seed': seed, 'number': number, 'file': source.name,
                                  'format': chosen, 'fault': fault}), flush=True)
            for path in folder.iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
    print(json.dumps({'counts': counts, 'formats': formats, 'seconds': longest,
                      'megabytes': most}))
    return int(counts['faults'] > 0)


if __name__ == '__main__':
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), [Path(path) for path in sys.argv[3:]]))
