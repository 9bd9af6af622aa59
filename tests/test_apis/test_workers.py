from __future__ import annotations

import operator
import os

import pytest

from smoothnet_plugin.apis.workers import run_jobs
from smoothnet_plugin.errors import ConfigError

VALUE = operator.itemgetter('value')


class Fatal:
    """Ends the process that unpickles it."""

    def __reduce__(self):
        return os._exit, (9,)


@pytest.mark.parametrize('workers', [1, pytest.param(2, marks=pytest.mark.slow)])
def test_every_job_has_its_result(workers):
    jobs = [{'value': n} for n in range(25)]
    results = list(run_jobs(VALUE, jobs, workers=workers))
    assert sorted(result for _, result in results) == list(range(25))
    assert all(job['value'] == result for job, result in results)


@pytest.mark.slow
def test_a_job_that_ends_its_worker_is_named_and_the_others_are_done():
    jobs = [{'value': n} for n in range(12)]
    jobs[3]['poison'] = Fatal()
    jobs[9]['poison'] = Fatal()
    results = {job['value']: result for job, result in run_jobs(VALUE, jobs, workers=2)}
    assert len(results) == 12
    died = {n for n, result in results.items() if isinstance(result, Exception)}
    assert died == {3, 9}
    assert 'worker process died' in str(results[3])
    assert all(results[n] == n for n in results if n not in died)


def test_the_environment_is_as_before(monkeypatch):
    monkeypatch.delenv('OMP_NUM_THREADS', raising=False)
    list(run_jobs(VALUE, [{'value': 1}], workers=2))
    assert 'OMP_NUM_THREADS' not in os.environ


@pytest.mark.slow
def test_no_scheduler_is_named_in_the_error(monkeypatch):
    distributed = pytest.importorskip('distributed')
    client = distributed.Client
    monkeypatch.setattr(distributed, 'Client', lambda address, timeout: client(address, timeout=1))
    with pytest.raises(ConfigError, match=r"answers at 'tcp://127\.0\.0\.1:1'"):
        list(run_jobs(VALUE, [{'value': 1}], workers=2, scheduler='tcp://127.0.0.1:1'))
