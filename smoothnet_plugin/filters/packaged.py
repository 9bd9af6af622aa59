"""The bundled weights."""

from __future__ import annotations

import hashlib
from importlib import resources
from typing import NamedTuple

from ..errors import CheckpointError


class PackagedWeights(NamedTuple):
    """A weight file of the package.

    Attributes:
        name: Name of the file in ``smoothnet_plugin/weights``; its card has the suffix ``.md``.
        dim: Values per keypoint of its network's input.
        window_size: Window size of its network in frames; 1 for one that looks at single frames.
        sha256: Hash of the file.
    """

    name: str
    dim: int
    window_size: int
    sha256: str

    def checked_path(self) -> str:
        """Verify the file and return its path.

        Returns:
            The path.

        Raises:
            CheckpointError: The file is missing or has changed.
        """
        path = resources.files('smoothnet_plugin') / 'weights' / self.name
        try:
            found = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise CheckpointError(f"The package's weights '{path}' cannot be read ({error}); "
                                  'install smoothnet_plugin again.') from None
        if found != self.sha256:
            raise CheckpointError(
                f"The package's weights '{path}' are not the original ones (SHA-256 "
                f'{found[:12]}..., expected {self.sha256[:12]}...): the file is damaged or '
                'replaced. Install smoothnet_plugin again; specify your own weights as '
                "dict(type='LearnedFilter', checkpoint=PATH).")
        return str(path)


#: The bundled weights by values per keypoint; of rotations these are quaternions.
PACKAGED: dict[int, PackagedWeights] = {
    entry.dim: entry for entry in (
        PackagedWeights('default_2d.safetensors', 2, 64,
                        '9d2e227b07c192dcecced8421d29ad5168352a4e5215ecbcfe941644bc5985f6'),
        PackagedWeights('default_3d.safetensors', 3, 64,
                        '5b7129a68735bea2b6e6c07a988e541d91d49d638bb60e62dfe5234ec36dabcb'),
        PackagedWeights('default_rotations.safetensors', 4, 64,
                        '465126af9af0e9d4cd3945725066fe83405d81351d8a309e81790e2474ace377'),
    )
}

#: The weights of the trust gate of ``default``, by values per keypoint.
TRUST: dict[int, PackagedWeights] = {
    entry.dim: entry for entry in (
        PackagedWeights('trust_2d.safetensors', 2, 1,
                        'a35686ceb4336d97b93ef6b4e9f052e7391f6a6b69c5ad12ea2386abb5ba9a4e'),
        PackagedWeights('trust_3d.safetensors', 3, 1,
                        'c6b1e475dc99e984b7b8d0d2143ca13130916e34be32dca7bfed3c0a0ce16fa6'),
    )
}
