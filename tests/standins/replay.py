"""Runs recorded commands again, against a stand-in, and compares what they say."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.recordings import FOLDER, Recording, one_call
from tests.standins.install import Standin
from tests.standins.portable import HOME, USER

# What differs from run to run, and from machine to machine.
MASKS = [
    (r"[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d at \d\d:\d\d", "TIME"),
    (r"[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d( \d{4})?", "TIME"),
    (r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d", "TIME"),
    (r"\d\d/\d\d-\d\d:\d\d:\d\d", "TIME"),
    (r"\b179\d{7}\b", "TIME"),
    (r"\b00:00:\d\d\b", "SECONDS"),
    # OpenPBS: what else it tells of a job.
    (r'\s*"(session_id|PBS_O_INTERACTIVE_\w+)":.*', ""),
    (r'"(PBS_O_LANG|PBS_O_PATH|PBS_O_HOME|v?mem)":\t".*"', r'"\1"'),
    (r"pbshost/\d+", "pbshost/N"),
    # Torque.
    (r"<(session_id|Remaining|total_runtime|Variable_List|egroup)>[^<]*", r"<\1>"),
    (r"\bvm/\d+", "vm/N"),
    # LSF: accounting, and load.
    (r"\d+:\d\d:\d\d\.\d\d \d+ \d+ [\d,-]+", "USED"),
]


class Replay:
    """A folder with the scripts of the recordings, and a stand-in.

    Parameters
    ----------
    standin : Standin
        Its commands are on PATH.
    work : Path
        An empty folder, where the commands run.
    """

    def __init__(self, standin: Standin, work: Path) -> None:
        self.standin, self.work = standin, work
        work.mkdir()

    def script(self, name: str, text: str) -> None:
        """Make a file that recorded commands name."""
        path = self.work / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode())

    def run(self, command: str, number: int | None = None, text: str = "") -> Recording:
        """Run a line of shell; a job that it submits gets a number."""
        if number is not None:
            self.standin.next_number(number)
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.work,
            input=text,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return Recording(done.stdout, done.stderr, done.returncode)

    def check(
        self, file: str, command: str = "", number: int | None = None, text: str = ""
    ) -> None:
        """Fail unless a command says what it said when it was recorded.

        Parameters
        ----------
        file : str
            The recording.
        command : str
            The command, where that in the file has lost its quotes.
        number : int, optional
            The number of the job that it submits.
        text : str
            Its standard input.
        """
        said = self.run(command or command_in(file), number, text)
        want = one_call(file)
        assert self.masked(said.stdout) == self.masked(want.stdout)
        assert self.masked(said.stderr) == self.masked(want.stderr)
        assert said.exit == want.exit

    def masked(self, text: str) -> str:
        """Return a text without what is different each time."""
        here = rf"(\$HOME|/home/\w+(/rec|/j\b)?|{re.escape(str(self.work))}|{re.escape(HOME)}\b)"
        text = re.sub(here, "HERE", text)
        text = re.sub(rf"\b(pbsuser|labu|{re.escape(USER)})\b *", "USER ", text)
        for pattern, mask in MASKS:
            text = re.sub(pattern, mask, text)
        return text


def command_in(file: str) -> str:
    """Return the command of a recording."""
    first = (FOLDER / file).read_text().partition("\n")[0]
    return first.removeprefix("$ ").removeprefix("cd j; ")
