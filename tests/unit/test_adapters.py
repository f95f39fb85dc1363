"""What holds for every adapter: it is pure, registered by one line, and all of it is documented."""

from __future__ import annotations

import ast
import inspect
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

import jupyter_jobqueue
from jupyter_jobqueue import adapters
from jupyter_jobqueue.adapters import ADAPTERS, DIALECTS
from jupyter_jobqueue.adapters.adapter import Adapter
from jupyter_jobqueue.batch.dialect import adapter_for
from jupyter_jobqueue.batch.site import login_name
from jupyter_jobqueue.cluster.request import build_spec

FOLDER = Path(adapters.__file__).parent
SOURCES = {source.stem: ast.parse(source.read_text()) for source in sorted(FOLDER.glob("*.py"))}
SIZE = {"cores": 1, "memory": "1 GB"}

each_source = pytest.mark.parametrize("name", SOURCES)


def imports_of(name: str) -> Iterator[str]:
    """Yield all that a file imports, as full dotted names."""
    for node in ast.walk(SOURCES[name]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def own_imports(name: str) -> set[str]:
    """Return the other files of the folder that a file imports."""
    prefix = f"{adapters.__name__}."
    return {each.removeprefix(prefix) for each in imports_of(name) if each.startswith(prefix)}


# ---- pure

READS = {
    "asyncio", "fileinput", "getpass", "glob", "io", "locale", "os", "pathlib", "platform", "pwd",
    "shutil", "socket", "subprocess", "tempfile", "threading", "urllib",
}  # fmt: skip
"""Modules with which a file could read the machine, or start something."""


@each_source
def test_an_adapter_reads_nothing_and_starts_nothing(name: str) -> None:
    assert not {each.partition(".")[0] for each in imports_of(name)} & READS
    calls = {
        ast.unparse(node.func) for node in ast.walk(SOURCES[name]) if isinstance(node, ast.Call)
    }
    assert not calls & {"open", "input", "__import__"}


@each_source
def test_no_circle(name: str) -> None:
    """Nor does a part, such as a parser, know the registry."""
    seen: set[str] = set()
    known = own_imports(name)
    while known - seen:
        seen |= known
        known = {deeper for each in seen for deeper in own_imports(each)}
    assert name not in seen
    assert "jupyter_jobqueue.adapters" not in imports_of(name)


def test_a_plan_is_not_changed_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that what was shown is what is submitted."""
    monkeypatch.setenv("PBS_ACCOUNT", "first")
    plan = build_spec("pbs", SIZE)
    shown = plan.preview()
    monkeypatch.setenv("PBS_ACCOUNT", "second")
    assert "#PBS -A first\n" in shown[0]
    assert plan.preview() == shown
    assert plan.options["account"] == "first"


# ---- the registry


def test_every_adapter_is_registered_under_its_name() -> None:
    assert [adapter.system for adapter in ADAPTERS.values()] == list(ADAPTERS)
    made = {adapter for adapter in ADAPTERS.values() if not inspect.isabstract(adapter)}
    dialects = {dialect for known in DIALECTS.values() for dialect in known.values()}
    assert len(made) == len(ADAPTERS)
    assert all(issubclass(adapter, Adapter) for adapter in made | dialects)


def test_a_dialect_is_recognised_by_the_command_on_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    qsub = tmp_path / "qsub"
    qsub.write_text("#!/bin/sh\necho 'Version: 6.1.3.h5' >&2\n")
    qsub.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = adapter_for("pbs")
    assert type(found) is DIALECTS["pbs"]["Torque"]
    assert found.user == login_name()


@pytest.mark.parametrize("system", ADAPTERS)
def test_every_adapter_has_a_public_class(system: str) -> None:
    name = ADAPTERS[system].class_name
    made = getattr(jupyter_jobqueue, name)
    assert (made.system, made.__name__) == (system, name)
    assert pickle.loads(pickle.dumps(made)) is made  # noqa: S301 (our own)


def test_type_checkers_and_stars_see_every_class() -> None:
    """Nothing else has to be edited for a new batch system, and nothing fails without it."""
    names = {adapter.class_name for adapter in ADAPTERS.values()}
    source = ast.parse(Path(jupyter_jobqueue.__file__).read_text())
    typed = {node.name for node in ast.walk(source) if isinstance(node, ast.ClassDef)}
    assert typed == names, "add it to `if TYPE_CHECKING` in jupyter_jobqueue/__init__.py"
    assert set(jupyter_jobqueue.__all__) == names | {"JobQueueCluster", "JobQueueError"}


# ---- documented

FIELDS = {"BatchState", "Option", "Queue", "JobStatus", "JobSpec", "Call"}
DOCUMENTED = [
    (f"{name}.{node.name}", node)
    for name, tree in SOURCES.items()
    for node in tree.body
    if isinstance(node, ast.ClassDef) and node.name in FIELDS
]


@pytest.mark.parametrize(("name", "node"), DOCUMENTED, ids=[name for name, _ in DOCUMENTED])
def test_every_field_is_documented(name: str, node: ast.ClassDef) -> None:
    fields = [each.target.id for each in node.body if isinstance(each, ast.AnnAssign)]  # type: ignore[union-attr]
    text = ast.get_docstring(node) or ""
    heads = [line.partition(" : ")[0] for line in text.splitlines() if " : " in line]
    documented = [field for head in heads for field in head.split(", ")]
    assert documented == fields


def test_every_class_variable_of_an_adapter_is_documented() -> None:
    (node,) = (each for each in SOURCES["adapter"].body if isinstance(each, ast.ClassDef))
    for field, after in zip(node.body, node.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign):
            assert isinstance(after, ast.Expr), ast.unparse(field)
            assert isinstance(after.value, ast.Constant), ast.unparse(field)
