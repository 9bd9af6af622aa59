"""Smooth a results file, as the command ``smoothnet smooth``."""

import sys

from smoothnet_plugin.cli import smooth_main

if __name__ == '__main__':
    sys.exit(smooth_main())
