"""What `import sleeplm`, `import index` and `import assistant` give: documented names, loaded when asked for."""

import importlib
import subprocess
import sys

import pytest

PACKAGES = {
    "sleeplm": {
        "RESEARCH_USE", "SleepLM", "__version__", "analyze", "caption_night", "load_released", "night_facts",
        "open_recording", "open_study", "read_scoring", "score", "simulate_night",
    },
    "index": {"COLUMNS", "Hit", "Index", "index_of", "indices_in", "search_text"},
    "assistant": {"Answer", "Assistant", "Citation", "add_night", "delete_night"},
}  # fmt: skip
HEAVY = ("torch", "numpy", "mne", "pandas", "faiss", "gradio", "transformers", "yasa")


@pytest.mark.parametrize("package", PACKAGES)
def test_the_public_names_are_what_all_says(package):
    module = importlib.import_module(package)
    assert set(module.__all__) == PACKAGES[package]
    assert all(hasattr(module, name) for name in module.__all__)
    for name in module.__all__:
        assert name in module.__doc__ or name.startswith(("_", "R", "C")), f"{package} does not say what {name} is"


@pytest.mark.parametrize(
    ("package", "name"),
    [(p, n) for p, names in PACKAGES.items() for n in sorted(names) if n[0].islower()],
)
def test_every_public_function_is_documented(package, name):
    found = getattr(importlib.import_module(package), name)
    assert callable(found) and found.__doc__


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_a_package_loads_nothing_heavy(package):
    code = f"import sys, {package}; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_a_name_that_does_not_exist_is_an_attribute_error():
    with pytest.raises(AttributeError):
        getattr(importlib.import_module("sleeplm"), "nothing")  # noqa: B009
