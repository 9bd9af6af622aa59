"""Training the network of ``default`` for rotations on motion capture with drawn errors."""
