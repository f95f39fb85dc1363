"""The rooms of the package: imports go one way, and some things are done in one room only."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "jupyter_jobqueue"

# `server` and `cli` use clusters; a `cluster` is Dask plus groups of `jobs`; a group of jobs keeps
# N alive through the `batch` queue; the queue runs what `adapters` say. What each room may import:
BELOW: dict[str, set[str]] = {
    "errors": set(),
    "adapters": set(),
    "records": {"batch"},
    "options": {"adapters"},
    "batch": {"adapters"},
    "environments": {"batch", "adapters"},
    "jobs": {"batch", "adapters"},
    "placement": {"jobs", "records", "batch"},
    "cluster": {
        "placement", "environments", "jobs", "batch", "options", "records", "adapters",
    },
    "discovery": {"options", "batch", "adapters"},
    "cli": {"discovery", "options", "adapters"},
    "server": {
        "cluster", "discovery", "placement", "environments", "jobs", "batch", "options", "records",
        "adapters",
    },
}  # fmt: skip
# The queue of the laptop is a program of its own, run like any sbatch; `__init__` opens all rooms,
# lazily.
APART = {"localqueue", "__init__"}

ONLY_IN = {
    # The Dask scheduler's own web server is Tornado too, and one of its routes has to be closed.
    "tornado": {"server", "placement"},
    "jupyter_server": {"server"},
    "jupyter_server_proxy": {"server"},
    "jupyter_client": {"environments"},
    "distributed": {"cluster", "placement"},
    "subprocess": {"batch", "placement", "localqueue"},
    "multiprocessing": {"localqueue"},
}
STARTS_A_PROCESS = (
    "asyncio.create_subprocess", "os.exec", "os.fork", "os.popen", "os.posix_spawn", "os.spawn",
    "os.system", "pty.",
)  # fmt: skip
IN_PLACE_OF_A_KERNEL = "ipykernel_launcher.py"
"""A program that becomes another one; it is not run by ours."""
STANDARD_LIBRARY_ONLY = {"adapters", "errors", "jobs", "localqueue"}

SOURCES = sorted(PACKAGE.rglob("*.py"))
each_source = pytest.mark.parametrize(
    "source", SOURCES, ids=lambda path: str(path.relative_to(ROOT))
)


def room_of(source: Path) -> str:
    """Return the first folder or file name below the package."""
    return source.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(source: Path, root: Path = ROOT) -> Iterator[str]:
    """Yield all that a file imports, wherever in it, as full dotted names."""
    package = source.relative_to(root).parent.parts
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = list(package[: len(package) + 1 - node.level]) if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def dotted_names(source: Path) -> Iterator[str]:
    """Yield what a file writes as `name.attribute`."""
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}"


def own_imports(source: Path) -> set[str]:
    """Return the rooms that a file imports."""
    names = (name.split(".") for name in imports_of(source))
    return {parts[1] for parts in names if parts[0] == PACKAGE.name and len(parts) > 1}


def file_of(name: str, files: Mapping[str, Path]) -> str | None:
    """Return the module of a dotted name, which may be that of something in the module."""
    return next((each for each in (name, name.rpartition(".")[0]) if each in files), None)


def graph_of(root: Path) -> dict[str, set[str]]:
    """Return which files of a package each file imports, also for type checkers only."""
    files = {module_of(path, root): path for path in root.rglob("*.py")}
    return {
        name: {
            found
            for imported in imports_of(path, root.parent)
            if (found := file_of(imported, files)) and found not in (name, root.name)
        }
        for name, path in files.items()
        if name != root.name  # opens all rooms, lazily
    }


def module_of(path: Path, root: Path) -> str:
    """Return the dotted name of a file."""
    parts = path.relative_to(root.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def circle_in(graph: Mapping[str, set[str]]) -> list[str]:
    """Return the files of a circle, one of which stands at both ends; empty if there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


def test_there_is_no_circle_between_files() -> None:
    assert circle_in(graph_of(PACKAGE)) == []


@pytest.mark.parametrize(
    "second",
    [
        "from package import first",
        "from package.first import Thing",
        "import package.first",
        "def late():\n    from . import first",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from package.first import Thing",
    ],
)
def test_a_circle_would_be_found(tmp_path: Path, second: str) -> None:
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "first.py").write_text("from package.second import Other\n")
    (folder / "second.py").write_text(second)
    assert sorted(set(circle_in(graph_of(folder)))) == ["package.first", "package.second"]


def test_every_room_has_its_place() -> None:
    rooms = {room_of(source) for source in SOURCES}
    assert rooms == set(BELOW) | APART, "a new room: give it a line in BELOW"


def test_the_root_has_few_doors() -> None:
    assert {path.name for path in PACKAGE.glob("*.py")} == {
        "__init__.py",
        "discovery.py",
        "errors.py",
    }


def layout_in(contributing: str) -> dict[str, set[str]]:
    """Return the rooms in the table of CONTRIBUTING, and what each may import."""
    found = {}
    for row in re.findall(r"^\| `(\w+)(?:/|\.py)` *\|.*\| (.*?) *\|$", contributing, re.MULTILINE):
        room, below = row[0], set(re.findall(r"`(\w+)`", row[1]))
        found[room] = set(BELOW) - below - {room, "errors"} if "all but" in row[1] else below
    return found


def test_contributing_shows_the_same_layers() -> None:
    layout = layout_in((ROOT / "CONTRIBUTING.md").read_text())
    assert layout == {**BELOW, "localqueue": set()}


@each_source
def test_imports_go_down(source: Path) -> None:
    room = room_of(source)
    imported = own_imports(source) - {room}
    if room in BELOW:
        assert imported <= BELOW[room] | {"errors", "__version__"}
    elif room == "localqueue":
        assert not imported


@each_source
def test_what_belongs_in_one_room_stays_there(source: Path) -> None:
    room = room_of(source)
    if room in APART - {"localqueue"}:
        return
    top = {name.partition(".")[0] for name in imports_of(source)}
    assert not {name for name in top & set(ONLY_IN) if room not in ONLY_IN[name]}


@each_source
def test_processes_are_started_in_few_rooms(source: Path) -> None:
    if room_of(source) in ONLY_IN["subprocess"] or source.name == IN_PLACE_OF_A_KERNEL:
        return
    used = {*imports_of(source), *dotted_names(source)}
    assert not [name for name in used if name.startswith(STARTS_A_PROCESS)]


@each_source
def test_rooms_that_need_the_standard_library_only(source: Path) -> None:
    if room_of(source) in STANDARD_LIBRARY_ONLY:
        top = {name.partition(".")[0] for name in imports_of(source)}
        assert top <= set(sys.stdlib_module_names) | {PACKAGE.name}


def test_importing_the_package_is_cheap() -> None:
    program = "import jupyter_jobqueue, sys; print(*sys.modules)"
    argv = [sys.executable, "-c", program]
    loaded = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    heavy = {"bokeh", "dask", "distributed", "jupyter_server", "pydantic", "tornado", "yaml"}
    assert not heavy & set(loaded.split())


# Written in two parts, as this file is read as well.
HOSTS = [
    f"{name}.{domain}"
    for domain, names in {
        "org": ["npmjs", "pypi", "pythonhosted", "debian", "anaconda", "conda"],
        "com": ["npmjs", "yarnpkg", "ubuntu", "jsdelivr"],
        "io": ["ghcr", "quay", "docker"],
    }.items()
    for name in names
]


def test_no_file_names_a_registry() -> None:
    """Where packages come from is the business of the machine, which may have a mirror."""
    argv = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout: no list of the project's files")
    assert not [
        f"{name}: {host}"
        for name in listed.stdout.splitlines()
        for host in HOSTS
        if host in (ROOT / name).read_text(errors="ignore")
    ]
