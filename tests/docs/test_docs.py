"""The documents under docs/: their snippets run, and print what the documents show.

`python -m tests.docs.test_docs` writes into them what they print now.
"""

import contextlib
import io
import itertools
import os
import re
import tempfile
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
# A snippet, and what it prints if a text block follows.
SNIPPET = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#]*)#?([^)]*)\)")


def sections_of(document):
    """(title, snippets) for each section that has some, and before the first the snippets that all start with;
    a snippet is (line number, code, what it prints or None)."""
    text = document.read_text(encoding="utf-8")
    starts = [0, *[m.start() for m in re.finditer(r"^## ", text, re.MULTILINE)], len(text)]
    for start, stop in itertools.pairwise(starts):
        snippets = [(text.count("\n", 0, m.start(1)), m[1], m[2]) for m in SNIPPET.finditer(text, start, stop)]
        if snippets:
            yield text[start:text.index("\n", start)].lstrip("# "), snippets


def run(document, snippet, names):
    """What a snippet prints. Lines are counted from its own first one, so that printed line numbers stay."""
    line, code, _ = snippet
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "snippet.py", "exec"), names)
    except Exception as error:
        raise AssertionError(f"{document.name}, snippet at line {line}: {error!r}") from error
    return printed.getvalue()


SECTIONS = [pytest.param(document, title, id=f"{document.stem}: {title}")
            for document in sorted(DOCS.glob("*.md")) for title, _ in sections_of(document)]


@pytest.mark.parametrize(("document", "title"), SECTIONS)
def test_the_snippets_of_a_section_print_what_it_shows(document, title, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sections, names = dict(sections_of(document)), {}
    for snippet in [*next(iter(sections.values())), *sections[title]]:
        printed = run(document, snippet, names)
        assert snippet[2] is None or printed == snippet[2], f"line {snippet[0]}"
    for picture in tmp_path.glob("*.svg"):
        assert picture.read_text(encoding="utf-8") == (DOCS / picture.name).read_text(encoding="utf-8"), \
            f"the snippet now draws another picture: put it into {DOCS / picture.name}"


@pytest.mark.parametrize("document", sorted(DOCS.glob("*.md")), ids=lambda document: document.stem)
def test_what_a_document_links_to_is_there(document):
    text = document.read_text(encoding="utf-8")
    anchors = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
               for title in re.findall(r"^#+ (.*)", text, re.MULTILINE)}
    for path, anchor in LINK.findall(re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)):
        assert (document.parent / path).exists() if path else anchor in anchors, f"({path}#{anchor})"


def test_the_lines_that_are_explained_are_in_the_program():
    text = (DOCS / "compiled-step.md").read_text(encoding="utf-8")
    program = dict(sections_of(DOCS / "compiled-step.md"))["2. The program of a step"][0][2]
    explained = re.findall(r"^\| `([^`]+)` \|", text[text.index("\n## 3."):text.index("\n## 4.")], re.MULTILINE)
    assert explained
    assert [line for line in explained if line not in program] == []


def renew(document):
    """Write what the snippets print into the blocks below them."""
    text, sections = document.read_text(encoding="utf-8"), dict(sections_of(document))
    for snippets in sections.values():
        names = {}
        for snippet in [*next(iter(sections.values())), *snippets]:
            printed, (_, code, shown) = run(document, snippet, names), snippet
            if shown is not None:
                text = text.replace(f"{code}```\n\n```text\n{shown}```", f"{code}```\n\n```text\n{printed}```")
    document.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    documents = sorted(DOCS.resolve().glob("*.md"))
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)        # where snippets may leave files
        for each in documents:
            renew(each)
        os.chdir(DOCS)
