"""`${vars.x}` and `${env:NAME,default}` inside texts; nothing else is ever evaluated."""

import difflib
import os
import re

from .tree import MAX_VALUES, Entry, Mapping, Scalar, Sequence, describe, scalar_value

_REFERENCE = re.compile(r"\$\{([^{}]*)\}")
_ENVIRONMENT = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)(?:,(.*))?", re.DOTALL)
_VARIABLE = re.compile(r"vars\.(\w[\w-]*)")
_MAX_LENGTH = 10_000


def interpolate(tree, found, environment=None):
    """The tree without `vars`, every reference replaced by what it stands for.

    A text that is one reference takes the type of what it names; a reference inside a longer text is
    replaced by how the value was written.
    """
    variables = tree.entries.get("vars")
    if variables and not isinstance(variables.node, Mapping):
        if not (isinstance(variables.node, Scalar) and variables.node.value is None):
            found.add(variables.node.where, f"vars must be a map of names to values, got {describe(variables.node)}")
        variables = None
    interpolation = _Interpolation(variables.node.entries if variables else {}, found,
                                   os.environ if environment is None else environment)
    entries = {key: Entry(entry.where, interpolation.resolve(entry.node, ()))
               for key, entry in tree.entries.items() if key != "vars"}
    return Mapping(entries, tree.where)


class _Interpolation:
    def __init__(self, variables, found, environment):
        self.variables, self.found, self.environment = variables, found, environment
        self.count = 0

    def resolve(self, node, active):
        """`node` with references replaced; `active` are the variables being resolved around it."""
        self.count += 1
        if self.count > MAX_VALUES:
            if self.count == MAX_VALUES + 1:
                self.found.add(node.where, f"the vars expand to more than {MAX_VALUES:,} values")
            return Scalar(None, "", node.where)
        if isinstance(node, Mapping):
            return Mapping({key: Entry(entry.where, self.resolve(entry.node, active))
                            for key, entry in node.entries.items()}, node.where)
        if isinstance(node, Sequence):
            return Sequence(tuple(self.resolve(item, active) for item in node.items), node.where)
        if not isinstance(node.value, str) or "${" not in node.value:
            return node
        return self.text(node, active)

    def text(self, node, active):
        whole = _REFERENCE.fullmatch(node.value)
        if whole:
            return self.lookup(whole[1], node, active)
        if "${" in _REFERENCE.sub("", node.value):
            self.found.add(node.where, f"{describe(node)} holds a ${{ without its closing brace")
            return node
        pieces, end = [], 0
        for match in _REFERENCE.finditer(node.value):
            value = self.lookup(match[1], node, active)
            if not isinstance(value, Scalar):
                self.found.add(node.where, f"{match[0]} is {describe(value)}, which cannot stand inside a longer text")
                return node
            pieces += node.value[end:match.start()], value.text
            end = match.end()
        text = "".join(pieces) + node.value[end:]
        if len(text) > _MAX_LENGTH:
            self.found.add(node.where, f"the text expands to more than {_MAX_LENGTH:,} characters")
            return node
        return Scalar(text, text, node.where)

    def lookup(self, reference, node, active):
        environment = _ENVIRONMENT.fullmatch(reference)
        if environment:
            return self.from_environment(environment[1], environment[2], node)
        variable = _VARIABLE.fullmatch(reference)
        if not variable:
            self.found.add(node.where, f"${{{reference}}} is not understood; only ${{vars.NAME}} and "
                                       "${env:NAME,default} are")
            return node
        name = variable[1]
        if name in active:
            self.found.add(node.where, f"vars.{name} refers back to itself")
            return node
        if name not in self.variables:
            near = difflib.get_close_matches(name, self.variables, 1)
            self.found.add(node.where, f"vars.{name} is not defined; " + (
                f"did you mean vars.{near[0]}?" if near else f"add it under vars, as `vars: {{{name}: ...}}`"))
            return node
        return _standing_at(self.resolve(self.variables[name].node, (*active, name)), node.where)

    def from_environment(self, name, default, node):
        text = self.environment.get(name, default)
        if text is None:
            self.found.add(node.where, f"the environment variable {name} is not set; set it, or write "
                                       f"${{env:{name},default}}")
            return node
        if "${" in text:
            self.found.add(node.where, f"the environment variable {name} holds a ${{, which is not evaluated")
            return node
        return Scalar(scalar_value(text), text, node.where)


def _standing_at(node, where):
    return Scalar(node.value, node.text, where) if isinstance(node, Scalar) else node
