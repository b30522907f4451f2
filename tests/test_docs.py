"""What the documents say must be so: commands exist, links lead somewhere, the tree of errors is the code's."""

import re
import shlex
from pathlib import Path

import pytest

from assistant.cli import _parser
from sleeplm import errors
from sleeplm.facts.__main__ import page

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
COMMANDS = re.findall(r"^sleeplm (.+)$", README, flags=re.M)


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_of_the_readme_parses(line):
    assert callable(_parser().parse_args(shlex.split(line)).run)


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#]+)\)", README))
def test_every_link_of_the_readme_leads_somewhere(target):
    assert (ROOT / target).exists()


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


def test_the_page_of_numbers_is_that_of_the_code():
    assert (ROOT / "docs" / "numbers.md").read_text() == page() + "\n"
