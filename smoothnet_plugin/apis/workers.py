"""Running a function over many jobs: in this process, in processes, or on a Dask cluster."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

from ..errors import ConfigError
from ..utils.optional import required

Job = dict[str, Any]
Function = Callable[[Job], Any]

#: Jobs a worker has waiting, so that it never idles and a million jobs are not all in memory.
_AHEAD = 4
#: How often a job may end its worker before it counts as failed, when it runs alone.
_TRIES = 2
#: Each process computes with one thread; more of them would compete for the cores.
_THREADS = ('OMP_NUM_THREADS', 'MKL_NUM_THREADS', 'OPENBLAS_NUM_THREADS')

WORKER_DIED = ('the worker process died while it worked on this file: it was killed, or its memory '
               'ran out')


def run_jobs(function: Function, jobs: Iterable[Job], *, workers: int,
             scheduler: str | None = None) -> Iterator[tuple[Job, Any]]:
    """Call a function for every job, in any order.

    Args:
        function: A function of a module; it must not raise.
        jobs: Its arguments; they and the results must be picklable.
        workers: Processes; with 1 everything runs in this one.
        scheduler: Address of a Dask scheduler, ``tcp://...``, whose workers are used instead.
            Defaults to None.

    Yields:
        Each job with its result, or with an exception if its worker died again and again.

    Raises:
        ConfigError: Dask is not installed, or no scheduler answers at the address.
    """
    if scheduler is not None:
        yield from _on_dask(function, jobs, scheduler)
    elif workers <= 1:
        for job in jobs:
            yield job, function(job)
    else:
        yield from _in_processes(function, jobs, workers)


def _in_processes(function: Function, jobs: Iterable[Job],
                  workers: int) -> Iterator[tuple[Job, Any]]:
    waiting = iter(jobs)
    job = next(waiting, None)
    running: dict[Future[Any], Job] = {}
    suspects: deque[Job] = deque()
    while job is not None or suspects:
        # A pool that lost a worker cannot be used any more. Its unfinished jobs run one by one in
        # the next pool, so that the one that ends its worker is identified.
        with _pool(workers) as pool:
            try:
                while suspects:
                    suspects[0]['tries'] = suspects[0].get('tries', 0) + 1
                    result = pool.submit(_in_worker, function, suspects[0]).result()
                    yield suspects.popleft(), result
                while job is not None or running:
                    while job is not None and len(running) < _AHEAD * workers:
                        running[pool.submit(_in_worker, function, job)] = job
                        job = next(waiting, None)
                    done, _ = wait(running, return_when=FIRST_COMPLETED)
                    for future in sorted(done, key=_is_broken):  # Finished jobs first.
                        result = future.result()
                        yield running.pop(future), result
            except BrokenProcessPool:
                if suspects and suspects[0]['tries'] >= _TRIES:
                    yield suspects.popleft(), RuntimeError(WORKER_DIED)
                suspects.extend(running.values())
                running.clear()


def _is_broken(future: Future[Any]) -> bool:
    return isinstance(future.exception(), BrokenProcessPool)


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update({name: '1' for name, value in before.items() if value is None})
    others = multiprocessing.active_children()
    # Not forked: threads of torch do not survive that.
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context('spawn'), _handle_ctrl_c)
    try:
        yield pool
    except KeyboardInterrupt:
        # A terminal interrupts all processes; `kill -INT` only this one.
        for process in multiprocessing.active_children():
            if process not in others and process.pid is not None and os.name != 'nt':
                os.kill(process.pid, signal.SIGINT)
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)


class _State:
    """State of a worker process."""

    working = interrupted = False


def _handle_ctrl_c() -> None:
    """Let Ctrl-C end only the job of a worker; the main process ends the workers."""
    def handle(*_: object) -> None:
        again, _State.interrupted = _State.interrupted, True
        # A second signal would interrupt the clean-up after the first.
        if _State.working and not again:
            raise KeyboardInterrupt
    signal.signal(signal.SIGINT, handle)


def _in_worker(function: Function, job: Job) -> Any:
    if _State.interrupted:
        raise KeyboardInterrupt
    _State.working = True
    try:
        return function(job)
    finally:
        _State.working = False


def _on_dask(function: Function, jobs: Iterable[Job],
             address: str) -> Iterator[tuple[Job, Any]]:
    dask = required('distributed',
                    '--scheduler needs Dask: pip install "smoothnet_plugin[cluster]".')
    try:
        client = dask.Client(address, timeout='10s')
    except (OSError, TimeoutError, ValueError) as error:
        raise ConfigError(f"No Dask scheduler answers at '{address}' ({error}); start one with "
                          "'dask scheduler', and workers with 'dask worker'.") from error
    with client:
        waiting = iter(jobs)
        running: dict[Any, Job] = {}

        def submit() -> list[Any]:
            threads: Any = client.nthreads()
            ahead = _AHEAD * max(1, sum(threads.values())) - len(running)
            fresh = []
            for _, job in zip(range(ahead), waiting):
                future = client.submit(function, job, pure=False, retries=_TRIES)
                running[future.key] = job
                fresh.append(future)
            return fresh

        finished = dask.as_completed(submit())
        for future in finished:
            job = running.pop(future.key)
            error = future.exception() if future.status == 'error' else None
            result = RuntimeError(f'{WORKER_DIED} ({error})') if error else future.result()
            yield job, result
            for fresh in submit():
                finished.add(fresh)
