"""Add a file format: DeepLabCut's CSV of one animal, read, smoothed and written back.

    python examples/add_a_format.py
    smoothnet smooth --import examples/add_a_format.py trial.csv -o trial_smoothed.csv

Once this file is imported, ``smooth``, ``load``, ``save`` and the command know the format.
"""

import csv
import io

import numpy as np

from smoothnet_plugin import load, smooth
from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.io import FORMATS, Format, atomic_write, write_back


@FORMATS.register_module()
class SimpleDeepLabCut(Format):
    """Three rows of header (scorer, bodyparts, coords), then x, y, likelihood per body part."""

    name = 'simple_deeplabcut'
    title = 'DeepLabCut CSV of one animal: scorer,... / bodyparts,... / coords,...'
    suffixes = ('.csv',)
    representations = ('keypoints_2d',)

    def sniff(self, file):
        return file.head.startswith(b'scorer,') and b'\nbodyparts,' in file.head

    def read(self, file, context):
        rows = list(csv.reader(io.StringIO(file.text)))
        try:
            numbers = np.array([[float(cell or 'nan') for cell in row] for row in rows[3:]])
            values = numbers[:, 1:].reshape(len(numbers), -1, 3)
        except (ValueError, IndexError) as error:
            raise DataFormatError(f"'{file.path}' is not a complete table: {error}.") from error
        return context.dense_tracks(
            {0: values[:, :, :2]}, self.document(file, rows), scores={0: values[:, :, 2]},
            frame_ids=numbers[:, 0].astype(int), names=rows[1][1::3])

    def write(self, path, tracks):
        source = self.source_of(tracks)
        if source is None:
            raise DataFormatError("Only a file of this format can be rewritten; choose 'csv'.")
        header, body = source.data[:3], source.data[3:]
        old = np.array([[float(cell or 'nan') for cell in row[1:]] for row in body])
        update = write_back(tracks, {0: old.reshape(len(body), -1, 3)[:, :, :2]},
                            [int(row[0]) for row in body])
        lines = []
        for i, (frame, row) in enumerate(zip(update.frame_ids, update.rows)):
            cells = [str(frame)] + [''] * (len(header[0]) - 1) if row is None else list(body[row])
            for k, c in np.argwhere(update.changed[0][i]):
                cells[1 + 3 * k + c] = f'{update.coords[0][i, k, c]:.3f}'
            if row is None:  # A frame that the file does not have: the smoother filled it in.
                cells[3::3] = [f'{score:g}' for score in update.scores[0][i]]
            lines.append(cells)
        with atomic_write(path, newline='') as out:
            csv.writer(out, lineterminator='\n').writerows([*header, *lines])


if __name__ == '__main__':
    rng = np.random.default_rng(0)
    path = np.cumsum(rng.normal(1, 0.1, (100, 2, 2)), axis=0) + rng.normal(0, 1, (100, 2, 2))
    with open('trial.csv', 'w') as file:
        file.write('scorer' + ',my_net' * 6 + '\nbodyparts,nose,nose,nose,tail,tail,tail\n'
                   'coords,x,y,likelihood,x,y,likelihood\n')
        for t, (nose, tail) in enumerate(path):
            file.write(f'{t},{nose[0]:.3f},{nose[1]:.3f},0.98,{tail[0]:.3f},{tail[1]:.3f},0.95\n')

    raw = load('trial.csv')
    smooth('trial.csv', 'gaussian', 'trial_smoothed.csv', fps=30)
    smoothed = load('trial_smoothed.csv')

    def jitter(tracks):
        return np.abs(np.diff(tracks[0].coords, n=2, axis=0)).mean()

    assert raw.source.format == smoothed.source.format == 'simple_deeplabcut'
    before, after = raw[0].scores, smoothed[0].scores
    assert before is not None and after is not None and np.array_equal(before, after)
    print(f'{len(raw[0])} frames of {raw[0].keypoint_names}: '
          f'jitter {jitter(raw):.2f} px -> {jitter(smoothed):.2f} px')
