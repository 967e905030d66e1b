"""The workloads of `benchmarks/steps.py` as the users of each framework write them, one module a peer.

A peer is a module with any of the functions that `workloads.WORKLOADS` names. Each makes everything ready and returns
the step to be timed: a function whose result is the workload's, as Python or NumPy numbers (only W8's gradient of a
million floats stays in the framework's own array, computed). Where a framework documents several ways of doing the
same, it is a dict of such functions, of which the fastest counts.
"""
