"""Run with ``python tools/synthetic_video``; ``--help`` lists the options."""

import sys
from pathlib import Path

# The folder tools/, so that this package and dataset_converters are found.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import cv2

from smoothnet_plugin.utils.command import run_command
from synthetic_video.app import main

if __name__ == '__main__':
    cv2.setNumThreads(1)  # One process a core.
    sys.exit(run_command(main, name='synthetic_video'))
