"""Smooth many files: :func:`smooth_many`."""

from __future__ import annotations

import functools
import glob
import json
import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import ConfigError, DataFormatError
from ..smoothers import build_smoother
from ..utils.extensions import import_extension
from ..utils.files import remove_leftovers
from ..version import __version__
from .manifest import Manifest, Row, digest, digest_of
from .smooth import smooth_with_report
from .workers import run_jobs

#: Options of :func:`smooth_with_report` that concern one file; the others build the smoother.
_OF_THE_FILE = ('fps', 'unit', 'input_format', 'output_format', 'provenance', 'read_options',
                'write_options', 'return_spread')
#: Settings of a smoother that a config may hold and its description does not.
_BESIDE = ('lookahead', 'fps', 'image_size', 'quaternion_signs', 'representation')


def smooth_many(inputs: Sequence[str | Path], out: str | Path, smoother: Any = 'default', *,
                workers: int = 1, scheduler: str | None = None,
                manifest: str | Path | None = None, extensions: Sequence[str] = (),
                progress: Callable[[Iterable[Row], int], Iterable[Row]] | None = None,
                **options: Any) -> dict[str, int]:
    """Smooth many results files, each on its own.

    Every finished file has a row in the manifest: input and its SHA-256, output, settings,
    report or error. A second run skips finished files, unless the input or the settings changed.
    A file that fails does not stop the others, and outputs appear only when they are complete.

    Args:
        inputs: Files, folders that are one clip, or patterns such as ``'in/**/*.json'``.
        out: Folder for the results, which keep the layout of folders of the inputs.
        smoother: Name of a preset or filter, path of a config file, or config. Defaults to
            ``'default'``.
        workers: Processes. Defaults to 1, this process.
        scheduler: Address of a Dask scheduler whose workers do the work. They need this package
            and must see the same files. Defaults to None.
        manifest: The manifest. Defaults to None: ``manifest.jsonl`` in ``out``.
        extensions: Modules or ``.py`` files that register the types of ``smoother`` or of file
            formats. Each process imports them first. Defaults to none.
        progress: Called with the iterator of the rows and their number; returns an iterator.
            Defaults to None.
        **options: Of :func:`smooth_with_report`.

    Returns:
        Numbers of files: ``done``, ``failed`` and ``skipped``.

    Raises:
        ConfigError: The smoother, an option or an extension cannot be used, there is no input, two
            inputs would have the same output, or there is no Dask scheduler.
    """
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise ConfigError(f'workers is {workers!r}; expected a number of processes, 1 or more.')
    out = Path(out)
    # Results of an earlier run may lie below the folder that a pattern searches.
    found = {path: place for path, place in find_inputs(inputs).items()
             if out.resolve() not in path.resolve().parents}
    if not found:
        raise ConfigError(f"All inputs lie in the output folder '{out}'; give another one.")
    settings = {'smoother': str(smoother) if isinstance(smoother, Path) else smoother,
                'options': {key: value for key, value in options.items() if value is not None}}
    built = _build(_as_json(settings))  # An error here is one of all files.
    # What was built is part of the state, since a config file may have changed.
    state = digest_of({**settings, 'version': __version__, 'built': built.describe(), **{
        name: getattr(built, name) for name in _BESIDE}})
    record = Manifest(out / 'manifest.jsonl' if manifest is None else Path(manifest))
    jobs = [{'input': str(path), 'output': str(out / place), 'settings': settings, 'state': state,
             'extensions': extensions} for path, place in found.items()]
    finished = {job['input'] for job in jobs if _is_done(record.rows.get(job['input']), job)}
    ours = {job['input'] for job in jobs}
    record.keep({name for name in record.rows if name not in ours} | finished)
    count: Counter[str] = Counter(done=0, failed=0, skipped=len(finished))

    def rows() -> Iterable[Row]:
        left = (job for job in jobs if job['input'] not in finished)
        for job, row in run_jobs(smooth_file, left, workers=workers, scheduler=scheduler):
            if isinstance(row, Exception):
                remove_leftovers(job['output'])
                row = _row(job, 'failed', error=str(row))
            record.add(row)
            count[row['status']] += 1
            yield row

    for _ in progress(rows(), len(jobs) - len(finished)) if progress else rows():
        pass
    return dict(count)


def find_inputs(patterns: Sequence[str | Path]) -> dict[Path, Path]:
    """The files that patterns stand for, and where their results belong below the output folder.

    Args:
        patterns: Files, folders, or patterns with ``*``, ``?``, ``[...]`` and ``**``.

    Returns:
        Path and place, in order: below the part of a pattern that has no wildcard, and the bare
        name of a file.

    Raises:
        ConfigError: A pattern matches nothing, or two inputs have the same output.
    """
    found: dict[Path, Path] = {}
    for pattern in map(str, patterns):
        if glob.has_magic(pattern) and not Path(pattern).exists():
            parts = Path(pattern).parts
            first = next(n for n, part in enumerate(parts) if glob.has_magic(part))
            root = Path(*parts[:first])
            paths = sorted(root.glob(str(Path(*parts[first:]))))
        else:
            root, paths = Path(pattern).parent, [Path(pattern)] * Path(pattern).exists()
        if not paths:
            raise ConfigError(f"There is no file '{pattern}'; quote patterns, as in "
                              "'in/**/*.json'.")
        found.update({path: path.relative_to(root) for path in paths})
    places: dict[Path, Path] = {}
    for path, place in found.items():
        if place in places:
            raise ConfigError(f"'{places[place]}' and '{path}' would both be written to "
                              f"'{place}'; give a pattern above both folders, or run them "
                              'separately.')
        places[place] = path
    return found


def smooth_file(job: Mapping[str, Any]) -> Row:
    """Smooth the file of a job, in any process.

    Args:
        job: ``input``, ``output``, ``settings`` (smoother and options) and their digest
            ``state``, and the ``extensions`` to import first.

    Returns:
        The row for the manifest, also of a failure.
    """
    started = time.perf_counter()
    try:
        for extension in job['extensions']:
            import_extension(extension)
        smoother = _built(_as_json(job['settings']), job['state'])
        if job.get('tries'):  # Its worker was killed; now it runs alone.
            remove_leftovers(job['output'])
        if Path(job['output']).resolve() == Path(job['input']).resolve():
            raise DataFormatError('the output would replace the input; give another output folder.')
        sha256 = digest(Path(job['input']))
        options = {key: value for key, value in job['settings']['options'].items()
                   if key in _OF_THE_FILE}
        _, report = smooth_with_report(job['input'], smoother, job['output'],
                                       lookahead=job['settings']['options'].get('lookahead'),
                                       image_size=smoother.image_size, **options)
    except Exception as error:  # No error of one file may stop the others.
        return _row(job, 'failed', error=f'{type(error).__name__}: {error}',
                    seconds=round(time.perf_counter() - started, 3))
    return _row(job, 'done', sha256=sha256, report=_plain(report.to_dict()),
                seconds=round(time.perf_counter() - started, 3))


def _as_json(settings: Mapping[str, Any]) -> str:
    try:
        return json.dumps(settings, sort_keys=True)
    except TypeError as error:
        raise ConfigError('Smoother and options of many files must be names, paths and plain '
                          f'values, as in a config file ({error}).') from None


def _plain(report: Mapping[str, Any]) -> dict[str, Any]:
    """A report as JSON holds it: null for numbers that are not finite."""
    return {key: None if isinstance(value, float) and not math.isfinite(value) else value
            for key, value in report.items()}


def _row(job: Mapping[str, Any], status: str, **values: Any) -> Row:
    return {'input': job['input'], 'output': job['output'], 'settings': job['state'],
            'status': status, 'sha256': None, 'error': None, 'report': None, **values}


def _is_done(row: Row | None, job: Mapping[str, Any]) -> bool:
    return (row is not None and row.get('status') == 'done'
            and row.get('settings') == job['state'] and row.get('output') == job['output']
            and Path(job['output']).exists() and row.get('sha256') == digest(Path(job['input'])))


@functools.lru_cache(maxsize=4)
def _built(settings: str, state: str) -> Any:
    """The smoother of a run's state; a process builds it, and loads its network, once."""
    return _build(settings)


def _build(settings: str) -> Any:
    content = json.loads(settings)
    options = {key: tuple(value) if key == 'image_size' else value
               for key, value in content['options'].items() if key not in _OF_THE_FILE}
    return build_smoother(content['smoother'], **options)
