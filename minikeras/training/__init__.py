"""The training loop, its data, callbacks and progress."""
