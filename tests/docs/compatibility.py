"""docs/compatibility.md, made of the recorded names of Keras and what minikeras has by these names.

`python -m tests.docs.compatibility` writes it anew. What works and what differs in arguments is found by comparing
signatures; what differs otherwise, and why a name is missing, stands in `reasons.py`.
"""

import ast
import inspect
import itertools
import json
import types
from pathlib import Path

import minikeras
from minikeras import registry

from . import reasons

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[1] / "docs" / "compatibility.md"
KERAS = json.loads((HERE / "keras-3.15.1.json").read_text(encoding="utf-8"))
BEGIN = "<!-- from here on made by python -m tests.docs.compatibility -->\n"
SHARED = {"name", "trainable", "dtype", "activity_regularizer", "autocast", "input_shape", "input_dim", "batch_size"}


def found(path):
    """The object of a dotted path below minikeras; None if there is none."""
    item = minikeras
    for part in path.split("."):
        item = getattr(item, part, None)
        if item is None:
            return None
    return item


def parameters(item):
    """(parameters by name, names that are taken by position in order, whether any keyword is taken)."""
    if inspect.isclass(item):
        own = list(inspect.signature(item.__init__).parameters.values())[1:]
        named = registry.parameters(item)
    else:
        own = list(inspect.signature(item).parameters.values())
        named = {p.name: p for p in own if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}
    positional = [p.name for p in own if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return named, positional, any(p.kind is p.VAR_KEYWORD for p in own)


def _value(text):
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
    return tuple(value) if isinstance(value, list) else value


def _is_default(theirs, p):
    if not theirs or p.default is p.empty:
        return not theirs and p.default is p.empty
    own = tuple(p.default) if isinstance(p.default, list) else p.default
    if theirs.startswith("<") or isinstance(own, type):
        return type(own).__name__ in theirs or getattr(own, "__name__", None) == theirs
    value = _value(theirs)
    while isinstance(value, tuple) and not isinstance(own, tuple) and len(set(value)) == 1:
        value = value[0]        # one number for all axes
    return value == own and isinstance(value, bool) == isinstance(own, bool)


def _shown(p):
    return "required" if p.default is p.empty else repr(p.default)


def differences(recorded, item):
    """What a caller would notice, in words: arguments that are missing, in another place or with another default."""
    if recorded is None or not callable(item):
        return [] if recorded is None and not callable(item) else ["is another kind of thing"]
    named, positional, takes_any = parameters(item)
    texts = [text.partition("=") for text in recorded]
    theirs = {name: default for name, _, default in texts if not name.startswith("*")}
    told = []
    missing = [name for name in theirs if name not in named and not (takes_any and name not in SHARED)]
    if missing:
        told.append("has no " + ", ".join(f"`{name}`" for name in missing))
    # Keras' users give by position what they must, seldom more; ours may be by keyword only from some place on.
    order = [name for name, _, _ in itertools.takewhile(lambda text: not text[0].startswith("*"), texts)]
    shared = [name for name in positional if name in order]
    if shared != order[:len(shared)]:
        told.append(f"takes ({', '.join(positional)}) in this order")
    told += [f"`{name}` is {_shown(named[name])} unless given, {default or 'required'} in Keras"
             for name, default in theirs.items() if name in named and not _is_default(default, named[name])]
    if any(name.startswith("**") for name, _, _ in texts) and not takes_any and not inspect.isclass(item):
        told.append("takes no further keywords")
    return told


def state(namespace, name):
    """('works' or 'differs' or 'left out' or 'not yet', how or why)."""
    path = f"{namespace}.{name}"
    for status, table in (("left out", reasons.LEFT_OUT), ("not yet", reasons.NOT_YET)):
        why = table.get(path)
        if why is not None and found(path) is None:
            return status, why
    item = found(path)
    if item is None:
        return "not yet", ""
    told = differences(KERAS[namespace][name], item)
    if path in reasons.DIFFERS:
        return "differs", reasons.DIFFERS[path]
    return ("differs", "; ".join(told)) if told else ("works", "")


def states():
    """{namespace: {name: (status, how or why)}} of all recorded names."""
    return {namespace: {name: state(namespace, name) for name in names} for namespace, names in KERAS.items()}


def table(names):
    """A Markdown table of a namespace: a row for each status and reason, with the names it holds for."""
    rows = {}
    for name, status in names.items():
        rows.setdefault(status, []).append(f"`{name}`")
    order = sorted(rows, key=lambda row: ("works", "differs", "not yet", "left out").index(row[0]))
    lines = ["| | how, why | names |", "|---|---|---|"]
    return lines + [f"| {status} | {why} | {', '.join(rows[status, why])} |" for status, why in order]


def written():
    """The document as it should be: its prose, then the counts and the tables."""
    prose = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)[0]
    every = states()
    lines = ["", "## The names", "", "| namespace | works | differs | not yet | left out |", "|---|---|---|---|---|"]
    for namespace, names in every.items():
        kinds = [status for status, _ in names.values()]
        counts = [kinds.count(kind) for kind in ("works", "differs", "not yet", "left out")]
        lines.append(f"| `keras.{namespace}` | " + " | ".join(str(n or "") for n in counts) + " |")
    for namespace, names in every.items():
        lines += ["", f"### keras.{namespace}", "", *table(names)]
    return prose + BEGIN + "\n".join(lines) + "\n"


def own_names(path):
    """Names of a namespace of ours that Keras has not."""
    module = found(path)
    public = getattr(module, "__all__", None) or [name for name in dir(module) if not name.startswith("_")]
    return [name for name in public if name not in KERAS[path]
            and not isinstance(getattr(module, name), types.ModuleType)]


if __name__ == "__main__":
    DOCUMENT.write_text(written(), encoding="utf-8")
