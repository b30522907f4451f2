"""Who may know whom, by the code's own imports, also those within functions: one order of rooms, no circle."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# Each room imports of those before it alone (docs/architecture.md).
ROOMS = (
    "sleeplm.errors", "sleeplm.units", "sleeplm.files", "sleeplm.kinds", "sleeplm.intervals", "sleeplm.night",
    "sleeplm.recording", "sleeplm.scoring", "sleeplm.facts", "sleeplm.captions", "sleeplm.simulate",
    "sleeplm.packaged", "sleeplm.network", "sleeplm.query", "sleeplm.study", "sleeplm", "index",
    "assistant", "train", "benchmarks", "app",
)  # fmt: skip
FORBIDDEN = {  # packages that a room must not import, nor anything in it
    "sleeplm": ("gradio", "faiss", "dask", "distributed"),
    "index": ("gradio",),
    "sleeplm.kinds": ("numpy", "torch", "mne"),
    "sleeplm.recording": ("torch", "transformers"),
    "sleeplm.scoring": ("torch", "transformers"),
    "sleeplm.facts": ("torch", "transformers"),
    "sleeplm.simulate": ("torch", "transformers"),
    "sleeplm.captions.features": ("torch", "transformers"),
}
PACKAGES = ("sleeplm", "index", "assistant", "train", "benchmarks")
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in [ROOT / "app.py", *(p for package in PACKAGES for p in (ROOT / package).rglob("*.py"))]
}


def _imports(path: Path) -> Iterator[tuple[str, str]]:
    """Module and name of everything that a file imports, but for what only a checker of types reads."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    unread = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in unread:
            continue
        if isinstance(node, ast.ImportFrom):
            yield from (("." * node.level + (node.module or ""), alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)


IMPORTS = {name: sorted(set(_imports(path))) for name, path in FILES.items()}


def _files_imported(name: str) -> set[str]:
    """The project's own files that a file imports."""
    found = set()
    for module, what in IMPORTS[name]:
        if f"{module}.{what}" in FILES:
            found.add(f"{module}.{what}")
        elif module in FILES:
            found.add(module)
    return found - {name}


def _room(name: str) -> str:
    return max((room for room in ROOMS if name == room or name.startswith(f"{room}.")), key=len)


def test_every_file_belongs_to_a_room():
    assert all(any(name == room or name.startswith(f"{room}.") for room in ROOMS) for name in FILES)
    top = {name for name in FILES if name.count(".") == 1 and name.startswith("sleeplm.")}
    assert top <= set(ROOMS), "a new file or room of sleeplm has no place in the order of rooms"


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_room_knows_those_before_it_alone(name):
    room = _room(name)
    for other in _files_imported(name):
        if other == "sleeplm" and room.startswith("sleeplm"):
            continue  # its version and the line on research use, which import nothing
        assert ROOMS.index(_room(other)) <= ROOMS.index(room), f"{name} imports {other}"


@pytest.mark.parametrize("name", sorted(FILES))
def test_imports_are_absolute(name):
    assert not any(module.startswith(".") for module, _ in IMPORTS[name])


def test_no_files_import_each_other_in_a_circle():
    edges = {name: _files_imported(name) for name in FILES}
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, f"a circle: {' -> '.join((*way[way.index(name) :], name))}"
        if name not in done:
            for other in sorted(edges[name]):
                visit(other, (*way, name))
            done.add(name)

    for name in sorted(FILES):
        visit(name, ())


@pytest.mark.parametrize("room", FORBIDDEN)
def test_what_a_room_does_without(room):
    for name, imported in IMPORTS.items():
        if name == room or name.startswith(f"{room}."):
            found = {module.split(".")[0] for module, _ in imported} & set(FORBIDDEN[room])
            assert not found, f"{name} imports {', '.join(found)}"
