"""Named values."""

import copy
import json

import pytest

from minikeras.utils import Config


def test_values_by_attribute_and_by_key():
    config = Config(rate=0.1)
    config.steps = 5
    config["_seed"] = 1
    assert (config["rate"], config.steps, config._seed) == (0.1, 5, 1)
    assert list(config) == ["_seed", "rate", "steps"]
    assert (len(config), "rate" in config, config.get("x", 7)) == (3, True, 7)
    assert dict(config.items()) == config.as_dict() == json.loads(config.to_json())
    assert list(config.keys()) == ["rate", "steps", "_seed"]
    assert list(config.values()) == [0.1, 5, 1]
    assert config.pop("steps") == 5
    config.update(rate=0.2)
    del config["_seed"]
    assert repr(config) == "<Config {'rate': 0.2}>"
    assert copy.deepcopy(config).rate == 0.2


def test_what_is_not_there_has_a_near_name():
    with pytest.raises(AttributeError, match="Did you mean 'rate'"):
        Config(rate=1).rat  # noqa: B018
    with pytest.raises(AttributeError, match="'keys' is a method"):
        Config().keys = 1


@pytest.mark.parametrize("change", [
    lambda c: setattr(c, "a", 2), lambda c: c.update(a=2), lambda c: c.pop("a"), lambda c: c.__setitem__("a", 2),
    lambda c: c.__delitem__("a")])
def test_frozen_values_stay(change):
    config = Config(a=1)
    config.freeze()
    assert config.frozen
    with pytest.raises(ValueError, match="frozen"):
        change(config)
    config.unfreeze()
    change(config)
