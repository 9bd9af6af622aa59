import signal
import subprocess
import sys
import time

import pytest
import torch

from smoothnet_plugin.engine.compat import load_from_local

from .conftest import REPO


def weights(path):
    read = load_from_local(str(path), 'cpu')
    return {**read['state_dict'], **{f'ema.{k}': v for k, v in read.get(
        'ema_state_dict', {}).items()}}


def assert_equal(first, second):
    assert first.keys() == second.keys()
    for name, value in first.items():
        assert torch.equal(value, second[name]), name


def test_trains_validates_and_keeps_the_best(config, run_tool, tmp_path):
    run_tool('train', config, '--cfg-options', 'train_cfg.max_epochs=2',
             'visualizer.vis_backends.0.type=TensorboardVisBackend',
             'default_hooks.checkpoint.save_best=accel_error')
    work_dir = tmp_path / 'work_dirs' / 'tiny'
    assert (work_dir / 'epoch_2.pth').is_file()
    assert len(list(work_dir.glob('best_accel_error_epoch_*.pth'))) == 1
    assert list(work_dir.rglob('events.out.tfevents*')), 'TensorBoard'
    read = load_from_local(str(work_dir / 'epoch_2.pth'), 'cpu')
    assert 'ema_state_dict' in read and read['meta']['seed'] == 4321
    scheduled = [group['lr'] for group in read['optimizer']['param_groups']]
    assert scheduled == pytest.approx([8e-3])


def test_amp_on_the_cpu_and_scaled_rate(config, run_tool, tmp_path):
    if torch.cuda.is_available():
        pytest.skip('for machines without a GPU')
    with pytest.warns(UserWarning, match='float32'):
        run_tool('train', config, '--amp', '--auto-scale-lr', '--no-validate', '--cfg-options',
                 'train_cfg.max_epochs=1', 'train_dataloader.batch_size=32', 'param_scheduler=[]')
    read = load_from_local(str(tmp_path / 'work_dirs' / 'tiny' / 'epoch_1.pth'), 'cpu')
    assert read['optimizer']['param_groups'][0]['lr'] == pytest.approx(2e-2)


@pytest.mark.parametrize(('arguments', 'message'), [
    (['--cfg-options', 'model.network.type=SmothNet'], "Did you mean 'SmoothNet'"),
    (['--cfg-options', 'train_dataloader.dataset.data_root=nowhere/'],
     'nowhere.*--cfg-options data_root=FOLDER/'),
    (['--cfg-options', 'load_from=http://example.org/a.pth'], 'download'),
    (['--resume', 'absent.pth'], 'absent.pth'),
    (['--cfg-options', 'default_hooks.checkpoint.save_best=mpjp'], "Did you mean 'mpjpe'"),
    (['--cfg-options', 'model.network.window_size=64',
      'train_dataloader.dataset.window_size=64'], 'window_size'),
])
def test_bad_input_ends_in_one_line(config, run_tool, arguments, message):
    with pytest.raises(SystemExit, match=message):
        run_tool('train', config, *arguments)


def test_a_missing_config_is_named(run_tool, tmp_path):
    with pytest.raises(SystemExit, match=r"nowhere\.py' not found"):
        run_tool('train', 'nowhere.py')
    (tmp_path / 'mine' / 'inner').mkdir(parents=True)
    for name in ('train_one', 'two', 'inner/other'):
        (tmp_path / 'mine' / f'{name}.py').write_text('')
    with pytest.raises(SystemExit, match=r"Did you mean 'mine/train_one.py' or 'mine/two.py'\? "
                                         r"Known: mine/train_one.py, mine/two.py\.$"):
        run_tool('train', 'mine/train_on.py')


def test_weights_alone_cannot_be_resumed_but_started_from(config, run_tool, tmp_path):
    run_tool('train', config, '--work-dir', 'first', '--cfg-options', 'train_cfg.max_epochs=1')
    best = next((tmp_path / 'first').glob('best_*.pth'))
    with pytest.raises(SystemExit, match='optimizer'):
        run_tool('train', config, '--work-dir', 'second', '--resume', best)
    run_tool('train', config, '--work-dir', 'third', '--cfg-options', 'train_cfg.max_epochs=1',
             f'load_from={best}')
    with pytest.raises(SystemExit, match='has shape'):
        run_tool('train', config, '--work-dir', 'fourth', '--cfg-options', f'load_from={best}',
                 'model.network.hidden_size=32')


#: Slowed down in the third epoch, or in the middle of writing its checkpoint, for the kill.
SLOW = {
    'epoch': (
        'import time\n'
        'from mmengine.hooks import IterTimerHook\n'
        'after = IterTimerHook._after_iter\n'
        'def late(self, runner, *args, **kwargs):\n'
        '    if runner.epoch == 2:\n'
        "        open('now', 'w').close()\n"
        '        time.sleep(0.5)\n'
        '    after(self, runner, *args, **kwargs)\n'
        'IterTimerHook._after_iter = late\n'),
    'checkpoint': (
        'import time\n'
        'from contextlib import contextmanager\n'
        'from smoothnet_plugin.utils import restricted_torch\n'
        'whole = restricted_torch.atomic_write\n'
        'class Half:\n'
        '    def __init__(self, file): self.file = file\n'
        '    def write(self, content):\n'
        '        self.file.write(content[:len(content) // 2])\n'
        '        self.file.flush()\n'
        "        open('now', 'w').close()\n"
        '        time.sleep(60)\n'
        '@contextmanager\n'
        'def late(path, mode):\n'
        '    with whole(path, mode) as file:\n'
        "        yield Half(file) if 'epoch_3' in str(path) else file\n"
        'restricted_torch.atomic_write = late\n')}


@pytest.mark.slow
@pytest.mark.parametrize('where', SLOW)
def test_a_killed_run_resumes_to_the_weights_of_an_uninterrupted_one(
        config, run_tool, tmp_path, environment, where):
    options = ['--cfg-options', 'train_cfg.max_epochs=5']
    run_tool('train', config, '--work-dir', 'whole', *options)
    slow = tmp_path / 'slow.py'
    slow.write_text(SLOW[where] + 'import runpy, sys\nsys.argv = sys.argv[1:]\n'
                    "runpy.run_path(sys.argv[0], run_name='__main__')\n")
    process = subprocess.Popen(
        [sys.executable, str(slow), str(REPO / 'tools' / 'train.py'), str(config), '--work-dir',
         'killed', *options], cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (tmp_path / 'now').is_file():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    folder = tmp_path / 'killed'
    assert (folder / 'epoch_2.pth').is_file() and not (folder / 'epoch_3.pth').exists()
    assert bool(list(folder.glob('.epoch_3-*.pth'))) == (where == 'checkpoint')
    run_tool('train', config, '--work-dir', 'killed', '--resume', *options)
    assert_equal(weights(tmp_path / 'whole' / 'epoch_5.pth'), weights(folder / 'epoch_5.pth'))
    assert not list(folder.glob('.epoch_3-*.pth'))


@pytest.mark.slow
def test_two_processes_train_and_resume(config, run_process, tmp_path):
    launch = [REPO / 'tools' / 'dist_train.sh', config, 2]
    run_process(*launch, '--work-dir', 'whole')
    run_process(*launch, '--work-dir', 'rest', '--resume', tmp_path / 'whole' / 'epoch_1.pth')
    assert_equal(weights(tmp_path / 'whole' / 'epoch_3.pth'),
                 weights(tmp_path / 'rest' / 'epoch_3.pth'))


def test_a_run_is_quiet_about_registries(config, run_tool, capfd):
    run_tool('train', config, '--cfg-options', 'train_cfg.max_epochs=1')
    out, err = capfd.readouterr()
    assert 'Failed to search registry' not in out + err
