"""Classes and functions of the running program that configs may name, beside those of this package."""

import threading
import types

_CUSTOM = {}        # "Package>Name", or what get_custom_objects was given -> class or function of a user


class _Scope(threading.local):
    objects = types.MappingProxyType({})        # what the innermost CustomObjectScope of this thread knows


_scope = _Scope()


class CustomObjectScope:
    """A block in which configs and strings may refer to classes and functions of yours by these names.

    custom_objects   {name: class or function};  scopes inside each other add up
    """

    def __init__(self, custom_objects):
        self.custom_objects = dict(custom_objects or {})
        self._before = []

    def __enter__(self):
        self._before.append(_scope.objects)
        _scope.objects = {**_scope.objects, **self.custom_objects}
        return self

    def __exit__(self, *_):
        _scope.objects = self._before.pop()


def get_custom_objects():
    """The dict of what the program has registered, by name. What is put into it can be named in configs."""
    return _CUSTOM


def get_registered_name(obj):
    """The name that configs have for a class or function: 'package>name' if it was registered, else its own."""
    registered = next((name for name, known in _CUSTOM.items() if known is obj), None)
    return obj.__name__ if registered is None else registered


def get_registered_object(name, custom_objects=None, module_objects=None):
    """What has a name in `custom_objects`, in a scope, as registered or in `module_objects`; None if nothing."""
    return own(name, custom_objects) or (module_objects or {}).get(name)


def own(name, custom_objects=None):
    """What the running program knows by a name; None if nothing."""
    return (custom_objects or {}).get(name) or _scope.objects.get(name) or _CUSTOM.get(name)


def own_of(names, custom_objects):
    """What the running program knows by the first of these names that it knows at all."""
    for name in names:
        if isinstance(name, str):
            short = name.rpartition(">")[2]
            found = own(name, custom_objects) or (custom_objects or {}).get(short) or _scope.objects.get(short)
            if found is not None:
                return found
    return None


def register_keras_serializable(package="Custom", name=None):
    """Decorator: let saved models and configs refer to a class or function of yours as 'package>name'."""
    def decorate(target):
        registered = f"{package}>{name or target.__name__}"
        _CUSTOM[registered] = target
        target._registered_name = registered
        return target
    return decorate
