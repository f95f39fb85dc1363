"""The folder of a cluster: private, and where the options say."""

from __future__ import annotations

import os
import stat
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import platformdirs
import pytest
from cryptography import x509
from distributed import Security

from jupyter_jobqueue.cluster import keys
from jupyter_jobqueue.cluster.cleanup import CLOSED, KEPT_DAYS, forget_closed
from jupyter_jobqueue.cluster.files import ClusterFiles, expand
from jupyter_jobqueue.errors import InvalidOption


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def folder(tmp_path: Path) -> ClusterFiles:
    made = ClusterFiles("abc", {"shared_temp_directory": str(tmp_path / "shared")})
    made.create()
    return made


def test_the_folder_and_its_files_are_readable_by_nobody_else(folder: ClusterFiles) -> None:
    path = folder.write("job.sh", "#!/bin/sh\n")
    assert mode(folder.path) == 0o700
    assert mode(folder.logs) == 0o700
    assert mode(path) == 0o600
    assert path.read_text() == "#!/bin/sh\n"


def test_a_folder_that_is_there_is_made_private(tmp_path: Path) -> None:
    (tmp_path / "jobqueue-abc").mkdir(mode=0o755)
    folder = ClusterFiles("abc", {"shared_temp_directory": str(tmp_path)})
    folder.create()
    assert mode(folder.path) == 0o700


def test_writing_again_replaces_the_text(folder: ClusterFiles) -> None:
    folder.write("a", "long text")
    assert folder.write("a", "short").read_text() == "short"


def test_without_a_shared_directory_it_is_in_the_state_folder_of_the_user() -> None:
    state = platformdirs.user_state_path("jupyter-jobqueue")
    assert ClusterFiles("abc", {}).path == state / "clusters" / "abc"


def test_variables_and_home_are_filled_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("PROJECT", "p1")
    assert expand("~/$PROJECT/x", "log_directory") == Path("/home/me/p1/x")
    folder = ClusterFiles("abc", {"log_directory": "$HOME/logs"})
    assert folder.logs == Path("/home/me/logs")


@pytest.mark.parametrize("option", ["shared_temp_directory", "log_directory"])
def test_a_folder_that_cannot_be_made_names_its_option(option: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    options = {"shared_temp_directory": str(tmp_path), option: str(tmp_path / "file" / "x")}
    with pytest.raises(InvalidOption, match=f"{option}: .*Not a directory") as caught:
        ClusterFiles("abc", options).create()
    assert caught.value.field == f"options.{option}"


def test_keys_in_memory_become_private_files_and_are_removed(folder: ClusterFiles) -> None:
    security = Security.temporary()
    named = folder.write_keys(security)
    files = Security(**named)
    assert files.require_encryption
    assert {Path(value).parent for key, value in named.items() if key.startswith("tls_")} == {
        folder.path
    }
    assert Path(named["tls_worker_key"]).read_text() == security.tls_worker_key
    assert {mode(path) for path in folder.path.glob("*.pem")} == {0o600}
    (folder.logs / "a.out").write_text("kept")
    folder.remove_keys()
    assert not list(folder.path.glob("*.pem"))
    assert (folder.logs / "a.out").exists()


def test_one_key_for_several_roles_is_one_file(folder: ClusterFiles) -> None:
    named = folder.write_keys(Security.temporary())
    assert named["tls_ca_file"] == named["tls_worker_cert"] == named["tls_client_cert"]
    assert len(list(folder.path.glob("*.pem"))) == 2


def test_keys_that_are_files_already_stay_where_they_are(folder: ClusterFiles) -> None:
    security = Security(tls_ca_file="/etc/ca.pem", tls_worker_key="/etc/key.pem")
    assert folder.write_keys(security) == {
        "require_encryption": True,
        "tls_ca_file": "/etc/ca.pem",
        "tls_worker_key": "/etc/key.pem",
    }
    assert not list(folder.path.glob("*.pem"))


def test_what_long_closed_clusters_left_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    names = ("0000000000aa", "0000000000bb", "0000000000cc")
    old, recent, alive = (ClusterFiles(name, {}) for name in names)
    for folder in (old, recent, alive):
        folder.create()
    old.retire()
    recent.retire()
    long_ago = time.time() - (KEPT_DAYS + 1) * 24 * 3600
    os.utime(old.path / CLOSED, (long_ago, long_ago))
    ClusterFiles("0000000000dd", {}).create()
    left = sorted(path.name for path in (tmp_path / "jupyter-jobqueue/clusters").iterdir())
    assert left == ["0000000000bb", "0000000000cc", "0000000000dd"]


def closed_long_ago(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / CLOSED).touch()
    os.utime(folder / CLOSED, (1.0, 1.0))
    (folder / "kept").touch()
    return folder


def test_in_a_shared_folder_nothing_is_removed_that_is_not_ours(tmp_path: Path) -> None:
    """Others may write there, and may know how we mark what was closed."""
    shared = tmp_path / "shared"
    other_name = closed_long_ago(shared / "thesis")
    target = closed_long_ago(tmp_path / "elsewhere")
    (shared / "jobqueue-00000000000a").symlink_to(target)
    linked_mark = shared / "jobqueue-00000000000b"
    linked_mark.mkdir()
    (linked_mark / CLOSED).symlink_to(target / CLOSED)
    ours = closed_long_ago(shared / "jobqueue-00000000000c")
    (ours / "link").symlink_to(target)
    forget_closed(shared, 2.0)
    assert not ours.exists()
    assert (other_name / "kept").exists()
    assert (target / "kept").exists()
    assert linked_mark.exists()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can make files of somebody else")
def test_what_another_user_marked_as_closed_is_not_removed(tmp_path: Path) -> None:
    theirs = closed_long_ago(tmp_path / "jobqueue-00000000000a")
    mark = closed_long_ago(tmp_path / "jobqueue-00000000000b")
    os.chown(theirs, 65534, 65534)
    os.chown(mark / CLOSED, 65534, 65534)
    forget_closed(tmp_path, 2.0)
    assert theirs.exists()
    assert mark.exists()


def test_a_folder_that_somebody_made_first_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "jobqueue-00000000000a").symlink_to(tmp_path)
    with pytest.raises(InvalidOption, match="is not a folder of this user"):
        ClusterFiles("00000000000a", {"shared_temp_directory": str(tmp_path)}).create()


def test_keys_are_valid_where_the_clock_is_behind_and_for_a_year() -> None:
    made = keys.make()
    assert made.require_encryption
    text: str = made.tls_worker_cert  # type: ignore[attr-defined]
    certificate = x509.load_pem_x509_certificate(text.encode())
    age = datetime.now(UTC) - certificate.not_valid_before_utc
    assert timedelta(days=1) <= age < timedelta(days=1, minutes=5)
    assert certificate.not_valid_after_utc - datetime.now(UTC) > timedelta(days=364)


def test_where_everybody_may_write_logs_have_a_folder_of_their_own(tmp_path: Path) -> None:
    """Others could make links there that have the names of logs."""
    public = tmp_path / "public"
    public.mkdir()
    public.chmod(0o1777)
    folder = ClusterFiles("00000000000a", {"log_directory": str(public)}, tmp_path / "own")
    folder.create()
    assert folder.logs == public / "jobqueue-00000000000a"
    assert mode(folder.logs) == 0o700
    group = tmp_path / "group"
    group.mkdir()
    group.chmod(0o2775)
    assert ClusterFiles("00000000000b", {"log_directory": str(group)}).logs == group


def test_a_log_folder_that_somebody_made_first_is_not_used(tmp_path: Path) -> None:
    public = tmp_path / "public"
    public.mkdir()
    public.chmod(0o1777)
    (public / "jobqueue-00000000000a").symlink_to(tmp_path)
    folder = ClusterFiles("00000000000a", {"log_directory": str(public)}, tmp_path / "own")
    with pytest.raises(InvalidOption, match=r"log_directory: .* is not a folder of this user"):
        folder.create()


def test_a_folder_in_which_everybody_may_replace_logs_is_refused(tmp_path: Path) -> None:
    public = tmp_path / "public"
    public.mkdir()
    public.chmod(0o777)
    with pytest.raises(InvalidOption, match=r"everybody may write to .* chmod o-w") as caught:
        ClusterFiles("00000000000a", {"log_directory": str(public)})
    assert caught.value.field == "options.log_directory"


def test_a_link_in_the_place_of_a_file_of_ours_is_not_written_through(
    folder: ClusterFiles, tmp_path: Path
) -> None:
    target = tmp_path / "thesis"
    target.write_text("kept")
    (folder.path / "job.sh").symlink_to(target)
    with pytest.raises(OSError, match="Too many levels of symbolic links"):
        folder.write("job.sh", "x")
    assert target.read_text() == "kept"
