"""Named values with the manners of a dict and of an object."""

import difflib
import json

__all__ = ["Config"]


class Config:
    """Named values: `config.rate` and `config["rate"]` are the same. After `freeze()` nothing can be changed.

    Names of its own methods cannot be values. Raises AttributeError with the nearest name for one there is not, and
    ValueError for a change while it is frozen.
    """

    def __init__(self, **kwargs):
        self.__dict__.update(_config=kwargs, _frozen=False)

    @property
    def frozen(self):
        """Whether nothing can be changed."""
        return self._frozen

    def freeze(self):
        """Refuse every change from now on."""
        self.__dict__["_frozen"] = True

    def unfreeze(self):
        """Allow changes again."""
        self.__dict__["_frozen"] = False

    def as_dict(self):
        """A dict of the values."""
        return dict(self._config)

    def to_json(self):
        """The values as JSON text."""
        return json.dumps(self._config)

    def keys(self):
        """The names, in the order in which they were given."""
        return self._config.keys()

    def values(self):
        """The values, in the order in which they were given."""
        return self._config.values()

    def items(self):
        """Pairs of a name and its value."""
        return self._config.items()

    def get(self, keyname, value=None):
        """What is named so, or `value`."""
        return self._config.get(keyname, value)

    def pop(self, *args):
        """Take out what is named so, or give the default that follows."""
        return self._changing().pop(*args)

    def update(self, *args, **kwargs):
        """Set what a dict, or the keywords, say."""
        self._changing().update(*args, **kwargs)

    def _changing(self):
        if self._frozen:
            raise ValueError("Config: it is frozen; call unfreeze() before you change it.")
        return self._config

    def __getattr__(self, name):
        if "_config" not in self.__dict__:      # copy and pickle ask before there is anything
            raise AttributeError(name)
        try:
            return self._config[name]
        except KeyError:
            near = difflib.get_close_matches(name, self._config, 1, 0.7)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise AttributeError(f"Config: there is nothing named {name!r}.{hint}", name=name, obj=self) from None

    def __setattr__(self, name, value):
        if hasattr(type(self), name):
            raise AttributeError(f"Config: {name!r} is a method of it, so it cannot be the name of a value.")
        self._changing()[name] = value

    def __getitem__(self, key):
        return self._config[key]

    def __setitem__(self, key, item):
        self._changing()[key] = item

    def __delitem__(self, key):
        del self._changing()[key]

    def __contains__(self, item):
        return item in self._config

    def __iter__(self):
        return iter(sorted(self._config))

    def __len__(self):
        return len(self._config)

    def __repr__(self):
        return f"<Config {self._config}>"
