"""Options of the commands that smooth files."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any

from ..errors import ConfigError


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of both commands that smooth files."""
    parser.add_argument('--smoother', default='default', metavar='NAME|CONFIG',
                        help="preset or filter (see 'smoothnet list'), or config file (default: "
                        'default)')
    parser.add_argument('--smoother-options', nargs='+', default=[], metavar='KEY=VALUE',
                        help='arguments of the filter, for example cutoff=4.0')
    parser.add_argument('--strength', type=float, metavar='S',
                        help='how much of the smoothing to apply, from 0 (none) to 1 (all of it, '
                        'the default)')
    parser.add_argument('--lookahead', type=int, metavar='N',
                        help='smooth as a live smoother does, with a delay of N frames (default: '
                        'the whole clip at once)')
    parser.add_argument('--fps', type=float, metavar='F',
                        help='frames per second (default: the rate or time stamps of the file, '
                        'else 30)')
    parser.add_argument('--unit', choices=('px', 'm', 'cm', 'mm'),
                        help='unit of the coordinates (default: the one given in the file, else '
                        'px in 2D and m in 3D)')
    parser.add_argument('--image-size', type=int, nargs=2, metavar=('W', 'H'),
                        help='image size in pixels, for files with normalised coordinates '
                        '(MediaPipe, label files) and for filters that use it')
    parser.add_argument('--max-gap', type=int, metavar='N',
                        help='longest gap to interpolate, in frames (default: 10)')
    parser.add_argument('--kpt-thr', type=float, metavar='S',
                        help='keypoints with a lower score count as missing (default: 0)')
    parser.add_argument('--zeros', choices=('auto', 'missing', 'measured'),
                        help='whether coordinates of exactly 0 are missing or measured (default: '
                        'auto, zeros that mark a lost keypoint are detected)')
    parser.add_argument('--ends', choices=('missing', 'hold'),
                        help='keypoints before their first and after their last sample: missing '
                        '(default), or held at the nearest smoothed value')
    parser.add_argument('--betas', choices=('mean', 'kept'),
                        help='shape parameters of body models: replaced by one robust mean per '
                        'person (default), or left unchanged')
    parser.add_argument('--keep-derived', action='store_true',
                        help='keep the vertices and joints that the file holds in addition to the '
                        'parameters of a body model; they are not smoothed')
    parser.add_argument('--device', metavar='D', help='device of learned filters (default: cpu)')
    parser.add_argument('--input-format', metavar='NAME',
                        help='format of IN (default: detected from its content)')
    parser.add_argument('--output-format', metavar='NAME',
                        help='format of OUT (default: that of IN)')
    parser.add_argument('--columns', nargs='+', metavar='MEANING=NAME',
                        help='which columns of a CSV table to read, if their names differ from: '
                        'frame=..., track_id=..., timestamp_ms=..., nose.x=..., nose.y=..., '
                        'nose.score=..., or keypoint=..., x=..., y=...')
    parser.add_argument('--read-options', nargs='+', default=[], metavar='KEY=VALUE',
                        help='options for reading IN (see docs/formats.md), for example '
                        'parts=body')
    parser.add_argument('--track-ids', action='store_true',
                        help='write track ids if the format can hold them')
    parser.add_argument('--provenance', action='store_true',
                        help='write the method, its parameters and the version into OUT')
    parser.add_argument('--spread', action='store_true',
                        help='predict the error of each keypoint and write it into the array '
                        "'spread' of an npz OUT (smoother default)")
    parser.add_argument('--trust', action='store_true',
                        help='read pickles that may run arbitrary code; only for your own files')
    parser.add_argument('--quiet', action='store_true', help='no progress bar and no report')


def refuse_idle(args: argparse.Namespace, names: Iterable[str], where: str) -> None:
    """Refuse options that have no effect.

    Raises:
        ConfigError: One of them is given.
    """
    idle = [f'--{name.replace("_", "-")}' for name in names if getattr(args, name)]
    if idle:
        raise ConfigError(f"{', '.join(idle)} has no effect {where}; leave it out.")


def options_of(args: argparse.Namespace) -> dict[str, Any]:
    """The arguments of :func:`smooth_with_report` that the command line specifies."""
    from ..apis.smooth import OPTIONS
    options: dict[str, Any] = dict(max_gap=args.max_gap, keypoint_thr=args.kpt_thr,
                                   device=args.device, strength=args.strength,
                                   zeros=args.zeros, ends=args.ends, betas=args.betas)
    own = _key_values(args.smoother_options, '--smoother-options')
    reading = _key_values(args.read_options, '--read-options')
    if args.columns:
        reading['columns'] = dict(_pairs(args.columns, '--columns'))
    if args.trust:
        reading['trust'] = True
    taken = sorted(set(own) & {*options, *OPTIONS})
    if taken:
        raise ConfigError(f"--smoother-options: {', '.join(taken)} is not an argument of a "
                          "filter but an option of the command; see 'smoothnet smooth --help'.")
    return dict(
        options, **own, fps=args.fps, unit=args.unit, lookahead=args.lookahead,
        image_size=args.image_size and tuple(args.image_size),
        input_format=args.input_format or ('csv' if args.columns else None),
        output_format=args.output_format, provenance=args.provenance,
        read_options=reading or None,
        write_options={**({'track_ids': True} if args.track_ids else {}),
                       **({'derived': 'keep'} if args.keep_derived else {})} or None,
        **({'return_spread': True} if args.spread else {}))


def _pairs(pairs: Iterable[str], option: str) -> Iterable[tuple[str, str]]:
    for pair in pairs:
        key, equals, text = pair.partition('=')
        if not equals or not key:
            raise ConfigError(f'{option}: {pair!r} is not KEY=VALUE.')
        yield key, text


def _key_values(pairs: Iterable[str], option: str) -> dict[str, Any]:
    from mmengine.config import DictAction
    values = {}
    for key, text in _pairs(pairs, option):
        try:
            values[key] = DictAction._parse_iterable(text)
        except Exception as error:  # MMEngine's parser asserts and indexes.
            raise ConfigError(f"{option}: the value of '{key}={text}' cannot be read "
                              f'({error}); expected numbers, text, or lists such as [1,2].'
                              ) from error
    return values
