"""What the documents say must be so: commands exist, links lead somewhere, the tree of errors is the code's."""

import re
import shlex
from pathlib import Path

import pytest

from assistant.cli import _parser
from sleeplm import errors
from sleeplm.facts import FACT_KINDS
from sleeplm.facts.__main__ import page

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
DOCS = {
    path.relative_to(ROOT).as_posix(): path.read_text() for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
}
COMMANDS = sorted(
    {
        line
        for text in DOCS.values()
        for line in re.findall(r"^sleeplm (.+)$", text.replace("\\\n", " "), flags=re.M)
    }
)
LINKS = sorted({(name, link) for name, text in DOCS.items() for link in re.findall(r"\]\(([^)#:]+)\)", text)})


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_of_the_documents_parses(line):
    assert callable(_parser().parse_args(shlex.split(line, comments=True)).run)


@pytest.mark.parametrize(("name", "link"), LINKS)
def test_every_link_of_the_documents_leads_somewhere(name, link):
    assert ((ROOT / name).parent / link).exists()


def test_the_table_of_numbers_is_that_of_the_code():
    written = (ROOT / "docs/numbers.md").read_text()
    assert written == page() + "\n", "write it: python -m sleeplm.facts > docs/numbers.md"


def test_every_make_target_of_the_readme_exists():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^make (\w+)", README, flags=re.M))
    assert targets and all(re.search(rf"^{t}:", makefile, flags=re.M) for t in targets)


def test_the_drawn_tree_of_errors_is_that_of_the_code():
    drawn = re.findall(r"^(│?\W*)(\w+Error)", errors.__doc__, flags=re.M)
    parents, tree = [], {}
    for indent, name in drawn:
        depth = len(indent) // 4
        parents[depth:] = [name]
        tree[name] = parents[depth - 1] if depth else "Exception"
    assert tree == {name: cls.__base__.__name__ for name, cls in vars(errors).items() if isinstance(cls, type)}


def test_the_page_of_numbers_has_every_fact_with_its_formula():
    table = page()
    assert all(f"`{kind.id}`" in table and kind.definition in table for kind in FACT_KINDS.values())
