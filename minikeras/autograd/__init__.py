"""The core: tensors, the one doorway through which ops run, and the tape. Knows NumPy only."""
