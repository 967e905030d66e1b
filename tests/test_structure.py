"""How the package is put together: imports point one way, and nothing runs code from files."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import minikeras

PACKAGE = Path(minikeras.__file__).parent
# Each level may import its own level and those before it.
LEVELS = [
    {"errors", "arguments", "run_settings"}, {"autograd"}, {"ops"}, {"debugging"},
    {"activations", "autodiff", "config", "constraints", "custom_objects", "data", "dtype_policies", "initializers",
     "kinds", "layers", "losses", "masks", "metrics", "mixed_precision", "optimizers", "plan", "random", "registry",
     "regularizers", "sharing", "tf", "tree"},
    {"saving"}, {"train", "training", "callbacks"},
    # The package as a whole has the names of everything up to here.
    {"backend", "datasets", "models", "preprocessing", "utils", "wrappers", "__init__"},
    {"experiment"}, {"cli", "__main__"},
]
LEVEL = {name: level for level, names in enumerate(LEVELS) for name in names}
FILES = sorted(PACKAGE.rglob("*.py"))
each_file = pytest.mark.parametrize("file", FILES, ids=[str(file.relative_to(PACKAGE)) for file in FILES])


def parts_of(file):
    """Dotted parts of a module, below minikeras."""
    return file.relative_to(PACKAGE).with_suffix("").parts


def own_imports(file):
    """(node, part of minikeras that it imports) for each import of ours in a file."""
    here = (*parts_of(file)[:-1],)
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom):
            base = here[:len(here) - node.level + 1] if node.level else ()
            module = (*base, *(node.module.split(".") if node.module else ()))
            if not node.level:
                if module[0] != "minikeras":
                    continue
                module = module[1:]
            for alias in node.names:
                yield node, (*module, alias.name)[0]
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "minikeras":
                    yield node, ([*alias.name.split("."), "__init__"])[1]


@each_file
def test_imports_point_one_way(file):
    own = parts_of(file)[0]
    if own == "__init__":       # the package itself loads names lazily, by text
        assert not list(own_imports(file))
        return
    assert own in LEVEL, f"give {own!r} a place in LEVELS"
    upward = [f"{file.name}:{node.lineno} imports {name}" for node, name in own_imports(file)
              if LEVEL.get(name, len(LEVELS)) > LEVEL[own]]
    assert not upward


@each_file
def test_no_import_of_our_own_hides_in_a_function(file):
    inside = {node.lineno for function in ast.walk(ast.parse(file.read_text()))
              if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) for node in ast.walk(function)
              if isinstance(node, (ast.Import, ast.ImportFrom))}
    assert not [node.lineno for node, _ in own_imports(file) if node.lineno in inside]


FORBIDDEN_MODULES = {"pickle", "cPickle", "marshal", "shelve", "dill", "cloudpickle"}
FORBIDDEN_CALLS = {"eval", "exec", "__import__", "yaml.load", "yaml.unsafe_load", "os.system"}


# A program made of a recorded step; tests/plan shows that no name in a file can put code into it.
PROGRAMS = PACKAGE / "plan" / "program.py"


@each_file
def test_nothing_runs_code_from_data(file):
    found = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.split(".")[0] in FORBIDDEN_MODULES]
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in FORBIDDEN_MODULES:
            found.append(node.module)
        elif isinstance(node, ast.Call):
            found += [name for name in [ast.unparse(node.func)] if name in FORBIDDEN_CALLS
                      and not (name == "exec" and file == PROGRAMS)]
            found += [keyword.arg for keyword in node.keywords if keyword.arg == "allow_pickle"
                      and not (isinstance(keyword.value, ast.Constant) and keyword.value.value is False)]
    assert not found


def run(code):
    """Output of a fresh interpreter."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                          cwd=PACKAGE.parent).stdout.strip()


@pytest.mark.parametrize("name", minikeras.__all__)
def test_public_name_resolves(name):
    assert hasattr(minikeras, name)


def test_public_names_are_sorted_and_listed_once():
    assert minikeras.__all__ == sorted(set(minikeras.__all__))
    assert dir(minikeras) == minikeras.__all__


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_name"):
        getattr(minikeras, "no_such_name")  # noqa: B009


def test_importing_loads_neither_numpy_nor_yaml():
    assert run("import sys, minikeras; print([m for m in ('numpy', 'yaml', 'tqdm') if m in sys.modules])") == "[]"


def test_importing_changes_neither_environment_nor_numpys_error_state():
    assert run("import os, numpy; before = dict(os.environ), numpy.geterr(); import minikeras; minikeras.constant(1.0);"
               "print((dict(os.environ), numpy.geterr()) == before)") == "True"


def test_keras_is_minikeras_itself():
    assert minikeras.keras is minikeras
    assert minikeras.keras.keras.ops is minikeras.ops


@pytest.mark.parametrize("statement", [
    "import minikeras.keras.layers as L; import minikeras.layers as M",
    "from minikeras.keras import layers as L; from minikeras import layers as M",
    "from minikeras.keras.layers import Layer as L; from minikeras.layers import Layer as M",
    "import minikeras as tf; L = tf.keras.layers.Layer; M = tf.layers.Layer",
    "import minikeras.layers as M; import minikeras.keras.layers as L",
    "import minikeras.keras.ops as L; import minikeras.ops as M",
    "from minikeras.keras.ops import nn as L; from minikeras.ops import nn as M",
    "import minikeras.keras.math as L; import minikeras.tf.math as M",
    "import minikeras.keras as L; import minikeras as M",
])
def test_the_keras_path_gives_the_same_objects(statement):
    assert run(f"{statement}; print(L is M)") == "True"


@each_file
def test_modules_say_what_they_are(file):
    assert ast.get_docstring(ast.parse(file.read_text()))


def test_a_star_import_of_ops_brings_functions_and_no_module_of_ours():
    public = {name: getattr(minikeras.ops, name) for name in minikeras.ops.__all__}
    assert [name for name, value in public.items() if inspect.ismodule(value)] == ["image", "linalg", "nn", "numpy"]
