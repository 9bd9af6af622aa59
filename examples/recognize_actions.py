"""Recognize the ten exercises of UI-PRMD from raw and from smoothed skeletons.

    python examples/recognize_actions.py ../shared/data
    python examples/recognize_actions.py ../shared/data -o skeletons --seeds 1

The folder holds ``uiprmd_train.npz`` (subjects 1 to 5) and ``uiprmd_val.npz`` (subjects 6 and 7);
docs/datasets.md describes them. It takes 1.6 minutes of one CPU core.

The protocol, written before its first run:

- Inputs: a Kinect's skeletons (raw), the same by each smoother, and motion capture (truth), the
  bound that no smoother can pass. Each is a pickle of MMAction2 and PYSKL; smoothed ones are
  written by ``smooth(path, smoother, out)``, and all are read back by ``smoothnet_plugin.io``.
- Task: the exercise (one of ten) of a whole clip. Correct and incorrect repetitions count alike.
  Test subjects are 6 and 7.
- Features: the clip minus its mean pelvis, divided by the distance from pelvis to head; its
  positions (joint), differences (motion) or second differences (acceleration) from frame to frame,
  resampled to 32 steps, each channel standardised by the training clips.
- Classifier: two temporal convolutions, the mean over time, a linear layer; 200 steps of Adam. No
  value is tuned. Seeds are the same for all inputs.
- Main result: joint + motion, the sum of two networks' log-probabilities, trained and tested on the
  same input. In addition: each stream alone; trained on raw and tested on the others (a
  classifier that exists already); trained on a single subject (little data).
- Accuracy in percent: mean and standard deviation over seeds, or over the five single subjects.

``default`` includes a network that was trained on subjects 1 to 5 with their motion capture. The
test subjects are new to it, the exercises and the camera are not, and it is better on the clips
that the classifier is trained on than on those it is tested on. ``robust`` has no training: it is
the clean comparison.
"""

from __future__ import annotations

import argparse
import pickle
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from smoothnet_plugin import io, smooth

STREAMS = ('joint', 'motion', 'acceleration')  # Differences of order 0, 1, 2.
MAIN = 'joint + motion'
PELVIS, HEAD, SAMPLES = 0, 1, 32
TRAIN, TEST = (1, 2, 3, 4, 5), (6, 7)


class Clips(NamedTuple):
    """The clips of a pickle: features (S, channels, 32) by stream, labels and subjects (S,)."""
    features: dict[str, torch.Tensor]
    labels: torch.Tensor
    subjects: torch.Tensor

    def of(self, subjects: tuple[int, ...]) -> torch.Tensor:
        """Whether a clip is of one of the subjects (S,)."""
        return torch.isin(self.subjects, torch.tensor(subjects))


def write_skeletons(path: Path, files: list[Path], key: str) -> None:
    """Write the clips of ``key`` ('estimate', 'ground_truth') as MMAction2 and PYSKL do."""
    annotations = []
    for file in files:
        with np.load(file) as data:
            clips = np.split(data[key], np.cumsum(data['lengths'])[:-1])
            annotations += [
                {'frame_dir': str(name), 'label': int(name[1:3]) - 1, 'total_frames': len(clip),
                 # (people, frames, keypoints, 3), 3 m away: the layout reads zeros as missing, and
                 # the motion capture starts at the origin.
                 'keypoint': (clip + np.array([0, 0, 3]))[None].astype(np.float32)}
                for name, clip in zip(data['names'], clips)]
    split = {part: [one['frame_dir'] for one in annotations if subject_of(one) in subjects]
             for part, subjects in (('xsub_train', TRAIN), ('xsub_val', TEST))}
    path.write_bytes(pickle.dumps({'split': split, 'annotations': annotations}))


def subject_of(annotation: dict) -> int:
    return int(annotation['frame_dir'][5:7])  # movement, subject, episode: 'm01_s06_e03_inc'


def features(poses: np.ndarray, order: int) -> np.ndarray:
    """Positions (0), motion (1) or acceleration (2) of a clip (T, K, 3) as (3 K, 32)."""
    poses = poses - poses[:, PELVIS].mean(axis=0)
    poses = poses / np.linalg.norm(poses[:, HEAD] - poses[:, PELVIS], axis=-1).mean()
    rows = np.diff(poses, n=order, axis=0).reshape(len(poses) - order, -1)
    at = np.linspace(0, len(rows) - 1, SAMPLES)
    return np.stack([np.interp(at, np.arange(len(rows)), row) for row in rows.T])


def read_skeletons(path: Path) -> Clips:
    """Read a pickle of skeletons; labels and names are kept by the smoother's output, too."""
    tracks = io.load(path, fps=30)
    assert tracks.source is not None
    annotations = tracks.source.data['annotations']
    clips = [tracks[f"{one['frame_dir']}/0"].coords for one in annotations]
    return Clips({stream: torch.tensor(np.stack([features(clip, order) for clip in clips]),
                                       dtype=torch.float32)
                  for order, stream in enumerate(STREAMS)},
                 torch.tensor([one['label'] for one in annotations]),
                 torch.tensor([subject_of(one) for one in annotations]))


def train(inputs: torch.Tensor, labels: torch.Tensor, seed: int, steps: int = 200) -> nn.Module:
    """Train the classifier: (S, channels, 32) to log-probabilities (S, 10)."""
    torch.manual_seed(seed)
    model = nn.Sequential(
        nn.Conv1d(inputs.shape[1], 32, 5, stride=2, padding=2), nn.ReLU(),
        nn.Conv1d(32, 32, 5, stride=2, padding=2), nn.ReLU(),
        nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(32, 10),
        nn.LogSoftmax(dim=1))
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(steps):
        batch = torch.randint(len(inputs), (64,))
        loss = nn.functional.nll_loss(model(inputs[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model.eval()


def accuracies(clips: Clips, tested: dict[str, Clips], subjects: tuple[int, ...], seed: int,
               steps: int = 200) -> dict[str, dict[str, float]]:
    """Train on ``subjects`` of ``clips``; accuracy in percent by tested input and stream."""
    chosen = clips.of(subjects)
    log_probs: dict[str, dict[str, torch.Tensor]] = {name: {} for name in tested}
    for stream in STREAMS:
        inputs = clips.features[stream][chosen]
        mean, std = inputs.mean(dim=(0, 2), keepdim=True), inputs.std(dim=(0, 2), keepdim=True)
        model = train((inputs - mean) / std, clips.labels[chosen], seed, steps)
        for name, other in tested.items():
            with torch.no_grad():
                unseen = other.features[stream][other.of(TEST)]
                log_probs[name][stream] = model((unseen - mean) / std)
    labels = clips.labels[clips.of(TEST)]
    for of in log_probs.values():
        of[MAIN] = of['joint'] + of['motion']
    return {name: {stream: 100 * (of[stream].argmax(dim=1) == labels).float().mean().item()
                   for stream in of} for name, of in log_probs.items()}


def table(title: str, runs: dict[str, list[dict[str, float]]]) -> None:
    """Print mean and standard deviation of the runs of each input."""
    print(f'\n{title}')
    print('| | ' + ' | '.join((MAIN, *STREAMS)) + ' |\n|---|' + '---:|' * (1 + len(STREAMS)))
    for name, of in runs.items():
        cells = [[run[stream] for run in of] for stream in (MAIN, *STREAMS)]
        print(f'| {name} | ' + ' | '.join(
            f'{np.mean(cell):.1f} ± {np.std(cell):.1f}' for cell in cells) + ' |')


def prepare(data: Path, folder: Path, smoothers: list[str]) -> dict[str, Clips]:
    """Write a pickle of each input into ``folder`` and read it back."""
    files = [data / 'uiprmd_train.npz', data / 'uiprmd_val.npz']
    paths = {name: folder / f'{name}.pkl' for name in ('raw', *smoothers, 'truth')}
    write_skeletons(paths['raw'], files, 'estimate')
    write_skeletons(paths['truth'], files, 'ground_truth')
    for smoother in smoothers:
        smooth(paths['raw'], smoother, paths[smoother], fps=30)
    return {name: read_skeletons(path) for name, path in paths.items()}


def compare(inputs: dict[str, Clips], seeds: int, steps: int = 200) -> dict[str, dict]:
    """The runs of the three experiments, by experiment, by input."""
    same: dict[str, list] = {name: [] for name in inputs}
    raw: dict[str, list] = {name: [] for name in inputs}
    single: dict[str, list] = {name: [] for name in inputs}
    for name, clips in inputs.items():
        for seed in range(seeds):
            results = accuracies(clips, inputs if name == 'raw' else {name: clips}, TRAIN, seed,
                                 steps)
            same[name].append(results[name])
            if name == 'raw':
                for other, result in results.items():
                    raw[other].append(result)
        for subject in TRAIN:
            single[name].append(accuracies(clips, {name: clips}, (subject,), subject, steps)[name])
    return {'same': same, 'raw': raw, 'single': single}


def main() -> None:
    """Read the arguments, run the comparison, print its tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or '').splitlines()[0])
    parser.add_argument('data', type=Path, help='folder of uiprmd_train.npz and uiprmd_val.npz')
    parser.add_argument('-o', '--out', type=Path, help='keep the pickles in this folder')
    parser.add_argument('--smoothers', nargs='+', default=['robust', 'default'])
    parser.add_argument('--seeds', type=int, default=5)
    parser.add_argument('--steps', type=int, default=200, help='training steps (200 by protocol)')
    args = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.out or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        inputs = prepare(args.data, folder, args.smoothers)
    print(f"{int(inputs['raw'].of(TEST).sum())} test clips of subjects 6 and 7; "
          'accuracy in percent, mean ± standard deviation')
    runs, seeds = compare(inputs, args.seeds, args.steps), f'({args.seeds} seeds)'
    table(f'Trained on subjects 1 to 5, tested on the same input {seeds}', runs['same'])
    table(f'Trained on subjects 1 to 5, raw, tested on each input {seeds}', runs['raw'])
    table('Trained on one subject, tested on the same input (five subjects)', runs['single'])


if __name__ == '__main__':
    main()
