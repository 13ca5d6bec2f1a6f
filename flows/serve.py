"""Server, worker and schedules on one machine: `python -m flows.serve`.

Starts a Prefect server on the loopback interface, applies `prefect.yaml`, starts one process worker, and stops both, by their
process ids, when it is interrupted. Nothing leaves the machine: no telemetry, no registry, the server's database lies in the
project's `data/prefect`. The worker takes one flow run at a time, oldest first, so that after a pause runs are made in order.
"""

import argparse
import json
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from rich.console import Console

from tonglu.core.errors import TongluError, Unavailable
from tonglu.settings import read_settings

LOOPBACK = "127.0.0.1"
PORT = 4200
POOL = "tonglu"
HEALTH_EVERY = 0.25
START_WITHIN = 180.0
STOP_WITHIN = 30.0
ELSEWHERE = ("PREFECT_API_KEY", "PREFECT_PROFILE")  # would send the processes to another server
PREFECT = (sys.executable, "-m", "prefect", "--no-prompt")


class Interrupted(Exception):
    """The process was asked to stop."""


@dataclass(frozen=True)
class Station:
    """One machine's server: the project it works for, where it keeps its own files, its port."""

    root: Path
    home: Path
    port: int = PORT

    @property
    def url(self) -> str:
        """The pages."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def api(self) -> str:
        """The API."""
        return f"{self.url}/api"

    def environment(self, inherited: Mapping[str, str]) -> dict[str, str]:
        """The environment of the server and of all that talks to it: this machine only, no telemetry."""
        kept = {name: value for name, value in inherited.items() if name not in ELSEWHERE}
        return kept | {
            "PREFECT_HOME": str(self.home),
            "PREFECT_API_URL": self.api,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_CLI_PROMPT": "false",
            "DO_NOT_TRACK": "1",
            "PYTHONUNBUFFERED": "1",
        }

    def start(self, name: str, *arguments: str) -> "subprocess.Popen[bytes]":
        """Start a process of Prefect in a group of its own, writing to `<home>/<name>.log`."""
        self.home.mkdir(parents=True, exist_ok=True)
        with self.log(name).open("ab") as log:
            return subprocess.Popen(
                [*PREFECT, *arguments],
                cwd=self.root,
                env=self.environment(read_settings().secrets),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def do(self, *command: str) -> str:
        """Run a command to its end; what it wrote.

        Raises:
            TongluError: it failed.
        """
        done = subprocess.run(
            command,
            cwd=self.root,
            env=self.environment(read_settings().secrets),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            raise TongluError(f"{' '.join(command[1:])} failed ({done.returncode}):\n{done.stdout}")
        return done.stdout

    def log(self, name: str) -> Path:
        """The log of one process."""
        return self.home / f"{name}.log"

    def start_server(self) -> "subprocess.Popen[bytes]":
        """Start the server and wait until it answers.

        Raises:
            Unavailable: the port is taken, or the server ended or did not answer in time.
        """
        with closing(socket.socket()) as probe:
            if probe.connect_ex((LOOPBACK, self.port)) == 0:
                raise Unavailable(f"port {self.port} is taken: stop what has it, or choose another one with --port")
        server = self.start("server", "server", "start", "--host", LOOPBACK, "--port", str(self.port))
        try:
            self._wait_for(server)
        except BaseException:
            stop(server)
            raise
        return server

    def _wait_for(self, server: "subprocess.Popen[bytes]") -> None:
        for _ in range(int(START_WITHIN / HEALTH_EVERY)):
            try:
                server.wait(HEALTH_EVERY)
            except subprocess.TimeoutExpired:
                if self.healthy():
                    return
            else:
                raise Unavailable(f"the server ended at once ({server.returncode}); its log is {self.log('server')}")
        raise Unavailable(f"the server did not answer within {START_WITHIN:g} s; its log is {self.log('server')}")

    def healthy(self) -> bool:
        """Whether the server answers."""
        try:
            with urllib.request.urlopen(f"{self.api}/health", timeout=5) as answer:
                return json.load(answer) is True
        except (OSError, ValueError):
            return False

    def deploy(self) -> None:
        """Put the deployments of `prefect.yaml` on the server, with their work pool."""
        self.do(sys.executable, "-m", "flows.deployments")

    def start_worker(self) -> "subprocess.Popen[bytes]":
        """Start the worker: one flow run at a time."""
        return self.start("worker", "worker", "start", "--pool", POOL, "--type", "process", "--name", POOL, "--limit", "1")


def stop(process: "subprocess.Popen[bytes]") -> None:
    """Ask a process to end, and end it when it does not."""
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def serve(station: Station, console: Console) -> int:
    """Start everything, stay until interrupted or until a part ends, stop everything; the exit code."""
    with ExitStack() as running:
        try:
            console.print(f"Starting the server on {station.url} (its files: {station.home})")
            server = station.start_server()
            running.callback(stop, server)
            station.deploy()
            worker = station.start_worker()
            running.callback(stop, worker)
            console.print(f"Pages        {station.url}\nDeployments  {station.url}/deployments\nAPI          {station.api}")
            console.print(f"Logs         {station.log('server')}, {station.log('worker')}\nCtrl-C stops server and worker.")
            return _watch({"server": server, "worker": worker}, console)
        except (Interrupted, KeyboardInterrupt):
            console.print("Stopping; a run at work rolls back what it has not committed.")
            return 0
        except TongluError as problem:
            console.print(str(problem), style="red", markup=False)
            return 1


def _watch(parts: "Mapping[str, subprocess.Popen[bytes]]", console: Console) -> int:
    while True:
        for name, process in parts.items():
            try:
                code = process.wait(1.0)
            except subprocess.TimeoutExpired:
                continue
            console.print(f"The {name} ended ({code}); stopping the rest.", style="red")
            return 1


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m flows.serve", description="Server, worker and schedules on this machine.")
    parser.add_argument("--project", type=Path, default=Path(), help="the project's folder, with prefect.yaml (default: here)")
    parser.add_argument("--port", type=int, default=PORT, help=f"the server's port on {LOOPBACK} (default {PORT})")
    asked = parser.parse_args(arguments)
    root = asked.project.resolve()
    signal.signal(signal.SIGTERM, _interrupt)
    return serve(Station(root, root / "data" / "prefect", asked.port), Console(highlight=False, soft_wrap=True))


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise Interrupted


if __name__ == "__main__":
    sys.exit(main())
