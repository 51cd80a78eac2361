"""A PostgreSQL cluster of the run's own: made in a folder, durable as PostgreSQL comes, and gone at the end."""

import glob
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

from gateways.server import START_SECONDS, Unusable, free_port


def programs() -> pathlib.Path:
    """Where the newest PostgreSQL of Debian is."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"), key=lambda path: int(path.split("/")[4]))
    if not found:
        raise Unusable("PostgreSQL is not installed (apt-get install postgresql)")
    return pathlib.Path(found[-1]).parent


class Cluster:
    """The server on a free port of 127.0.0.1, run by the user postgres where root starts it."""

    def __init__(self):
        self.bin = programs()
        self.port = free_port()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="heddle-postgres-"))
        self.process: subprocess.Popen | None = None
        self.count = 0

    def user(self) -> list[str]:
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] if os.geteuid() == 0 else []

    def start(self) -> None:
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        data = self.folder / "data"
        make = [self.bin / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"]
        done = subprocess.run([*self.user(), *map(str, make)], capture_output=True, text=True, cwd="/", timeout=120)
        if done.returncode != 0:
            raise Unusable(f"cannot be made: {' '.join(done.stderr.split())[-300:]}")
        settings = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": self.folder,
                    "max_connections": 120}
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with open(os.devnull, "wb") as nothing:
            self.process = subprocess.Popen([*self.user(), str(self.bin / "postgres"), "-D", str(data), *words],
                                            stdout=nothing, stderr=nothing, cwd="/", start_new_session=True)
        until = time.monotonic() + START_SECONDS
        while subprocess.run([self.bin / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]).returncode:
            if self.process.poll() is not None or time.monotonic() > until:
                raise Unusable("does not start")
            time.sleep(0.05)

    def database(self) -> str:
        """A new, empty database; what follows the scheme in its URL."""
        self.count += 1
        name = f"bench{self.count}"
        create = [self.bin / "createdb", "-h", "127.0.0.1", "-p", self.port, "-U", "postgres", name]
        subprocess.run([str(word) for word in create], check=True, capture_output=True, timeout=60)
        return f"://postgres@127.0.0.1:{self.port}/{name}"

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
