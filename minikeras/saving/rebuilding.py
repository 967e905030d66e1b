"""Objects for Python's pickle: each as a config and what it holds, in the bytes of a checkpoint, and made anew of them.

Nothing here unpickles. Classes and functions of the user are handed to pickle beside the bytes, which finds them by
their module and name, as it does for any other object.
"""

import copyreg

from .. import registry
from .holdings import Restoration, collect, paths_of
from .packed import packed, unpacked


def reduced(obj):
    """What `__reduce__` returns for an object of ours: `rebuilt`, and its arguments.

    Raises TypeError for an object with a part that has no config, such as a lambda, and ValueError for one that still
    waits to be built to get a state that was loaded.
    """
    if obj._kind == "callbacks":        # what one gathers is in its attributes, of any kind
        return copyreg.__newobj__, (type(obj),), vars(obj)
    with registry.noting_foreign() as foreign:
        form = registry.serialize_object(obj)
    content = {"object": form, "holds": collect(obj)}
    optimizer = getattr(obj, "optimizer", None)
    if optimizer is not None and optimizer.built:
        content["trained"] = paths_of(obj, optimizer._trainable_variables)
    return rebuilt, (packed(content), obj._kind, foreign)


def rebuilt(data, kind, foreign):
    """The object that `reduced` took apart."""
    where = "a pickled object"
    content = unpacked(data, where)
    obj = registry.deserialize(content["object"], kind, foreign)
    restoration = Restoration(obj, content["holds"], where)
    if "trained" in content:
        obj.optimizer.build(restoration.objects_at(content["trained"]))
    return obj
