"""`make dist`: build the wheel and the sdist, and try the wheel where nothing else is installed.

The build is of a copy of the tracked tree, so that nothing left lying about gets in. The wheel must be below
4 MB, the sdist must build the same wheel, and what `tools/trial.py` asks must hold in a fresh environment of
every Python from 3.11 on: the one that runs this, those on the path, those of pyenv. `dist/` then holds the
wheel, the sdist and, of what a plain install brings, a bill of materials (CycloneDX).
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from trial import AFTER, NEEDS, NO_FEATURE, try_extra, try_minimal

ROOT = Path(__file__).parent.parent
MOST_BYTES = 4_000_000
OLDEST = (3, 11)


def main() -> None:
    """Build, compare, try, and leave the files in `dist/`."""
    dist = ROOT / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="graders-dist-") as name:
        folder = Path(name)
        tree = copied_tree(ROOT, folder / "tree")
        wheel, sdist = built(tree, dist, "wheel"), built(tree, dist, "sdist")
        print(f"{wheel.name}: {wheel.stat().st_size:,} bytes, at most {MOST_BYTES:,}")
        assert wheel.stat().st_size <= MOST_BYTES, "the wheel is too large"
        compare(wheel, wheel_of(sdist, folder / "again"))
        print(f"{sdist.name}: {sdist.stat().st_size:,} bytes, builds the same wheel")
        newest = try_everywhere(wheel, folder)
        materials = bill_of_materials(newest, wheel, folder / "cyclonedx")
        print(f"{materials.name}: {materials.read_text().count('bom-ref'):,} entries")
        after_others(wheel, folder)


def run(*command: object, cwd: Path | None = None) -> str:
    """Give what a command prints; where it fails, what it says ends everything."""
    # a fixed time, so that the same tree builds the same bytes
    environment = os.environ | {"SOURCE_DATE_EPOCH": "1767225600", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(words)}\n{done.stdout}{done.stderr}")
    return done.stdout


def copied_tree(root: Path, folder: Path) -> Path:
    """Copy what is tracked, or could be, into a folder."""
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", cwd=root)
    for name in filter(None, listed.split("\0")):
        if (root / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / name, folder / name)
    return folder


def built(tree: Path, folder: Path, kind: str) -> Path:
    """Build the `wheel` or the `sdist` of a tree."""
    run(sys.executable, "-m", "build", f"--{kind}", "--outdir", folder, tree)
    return next(folder.glob("*.whl" if kind == "wheel" else "*.tar.gz"))


def wheel_of(sdist: Path, folder: Path) -> Path:
    """Build the wheel of an sdist."""
    shutil.unpack_archive(sdist, folder, filter="data")
    return built(next(folder.iterdir()), folder / "wheel", "wheel")


def compare(first: Path, second: Path) -> None:
    """End where two wheels do not hold the same bytes."""
    contents = []
    for path in (first, second):
        with zipfile.ZipFile(path) as archive:
            contents.append({name: archive.read(name) for name in archive.namelist()})
    names = {name for name in contents[0].keys() | contents[1].keys() if not same(name, *contents)}
    assert not names, f"the sdist builds another wheel: {sorted(names)}"


def same(name: str, first: dict[str, bytes], second: dict[str, bytes]) -> bool:
    """Say whether both wheels hold this file, with the same bytes."""
    return first.get(name) == second.get(name)


def try_everywhere(wheel: Path, folder: Path) -> Path:
    """Try the wheel in a fresh environment of each Python; give that of the newest one."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(declared) == NEEDS.keys() | NO_FEATURE, "an extra is not tried"
    environment = None
    for version, python in pythons():
        environment = fresh(folder / f"python{version}", wheel, python)
        scratch = folder / f"scratch{version}"
        scratch.mkdir()
        try_minimal(environment, scratch)
        sentences = [try_extra(environment, scratch, extra) for extra in NEEDS if extra not in AFTER]
        print(f"Python {version}: works; {len(sentences)} missing extras are named")
    assert environment is not None
    return environment


def after_others(wheel: Path, folder: Path) -> None:
    """Try the extras whose absence shows only where another one is there."""
    for extra, other in AFTER.items():
        environment, scratch = fresh(folder / extra, wheel, extra=other), folder / f"scratch-{extra}"
        scratch.mkdir()
        print(f"with {other}: {try_extra(environment, scratch, extra)}")


def fresh(folder: Path, wheel: Path, python: object = sys.executable, extra: str = "") -> Path:
    """Make an environment with a wheel and what it depends on, not even pip; give its interpreter."""
    run(python, "-m", "venv", "--without-pip", folder)
    made = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--quiet", "--python", made, "install"]
    name, version = wheel.name.split("-")[:2]
    this = f"{name.replace('_', '-')}=={version}"
    run(*pip, "--no-index", "--no-deps", "--find-links", wheel.parent, this)  # by name: no path is recorded
    run(*pip, f"{this.replace('==', f'[{extra}]==')}" if extra else this)
    return made


def pythons() -> list[tuple[str, Path]]:
    """Give (version, interpreter) of each Python from 3.11 on that is found here, the oldest first."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    places = [Path(sys.executable).resolve(), *root.glob("versions/3.*/bin/python")]
    folders = [Path(each) for each in os.environ.get("PATH", "").split(os.pathsep) if each]
    places += [path for each in folders for path in each.glob("python3.*")]
    return sorted(found(places).items(), key=lambda pair: numbers(pair[0]))


def found(places: Iterable[Path]) -> dict[str, Path]:
    """Give version → interpreter for those that run, are not too old, and can make environments."""
    program = "import sys, venv; print('.'.join(map(str, sys.version_info[:3])))"
    known: dict[str, Path] = {}
    for path in places:
        if re.fullmatch(r"python(3(\.\d+)?)?", path.name):
            done = subprocess.run([path, "-I", "-c", program], capture_output=True, text=True, check=False)
            version = done.stdout.strip()
            if done.returncode == 0 and numbers(version) >= OLDEST:
                known.setdefault(version, path)
    return known


def numbers(version: str) -> Sequence[int]:
    """Give a version as numbers, which can be compared."""
    return tuple(int(part) for part in version.split("."))


def bill_of_materials(python: Path, wheel: Path, folder: Path) -> Path:
    """Write what an environment holds, beside the wheel; the same environment gives the same bytes.

    What writes it has a folder of its own: one of its parts would make every import of jsonschema slow.
    """
    target = wheel.with_name("-".join(wheel.name.split("-")[:2]) + ".cdx.json")
    tool = folder / "bin" / "python"
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    run(sys.executable, "-m", "pip", "--quiet", "--python", tool, "install", "cyclonedx-bom>=7.0")
    run(
        tool, "-m", "cyclonedx_py", "environment", python, "--output-reproducible",
        "--pyproject", ROOT / "pyproject.toml", "--spec-version", "1.6", "--output-file", target,
    )  # fmt: skip
    return target


if __name__ == "__main__":
    main()
