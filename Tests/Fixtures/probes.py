"""What a process in the sandbox may try, each with what came of it.

Each probe undoes what it managed to do, so that it harms no machine without a sandbox. `misbehave.py` offers them as
its tool `probe`; `python3 probes.py WHAT [TARGET]` tries one and prints JSON.
"""

import ctypes
import errno
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWUSER = 0x10000000
PTRACE_ATTACH, PTRACE_DETACH = 16, 17


def check(status):
    if status < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def in_child(action):
    """Runs an action in a child of one thread; gives what it raised, if anything."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            action()
            os.write(writer, b"0")
        except OSError as error:
            os.write(writer, str(error.errno).encode())
        finally:
            os._exit(0)
    os.close(writer)
    number = int(os.read(reader, 16) or b"-1")
    os.close(reader)
    os.waitpid(child, 0)
    if number < 0:
        raise OSError(errno.EFAULT, "the child was killed")
    if number > 0:
        raise OSError(number, os.strerror(number))


def read_file(path):
    with open(path, "rb") as file:
        return file.read(4096).decode(errors="replace")


def write_file(path):
    with open(path, "xb") as file:
        file.write(b"probe")
    os.remove(path)
    return path


def connect(target):
    if target.startswith("@"):
        with socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(2)
            peer.connect("\0" + target[1:])
        return target
    host, _, port = target.rpartition(":")
    with socket.create_connection((host.strip("[]"), int(port)), timeout=2) as peer:
        return "%s:%d" % peer.getpeername()[:2]


def processes(_):
    found = {}
    for name in sorted(filter(str.isdigit, os.listdir("/proc")), key=int):
        try:
            found[name] = read_file(f"/proc/{name}/cmdline").replace("\0", " ").strip()
        except OSError as error:
            found[name] = errno.errorcode.get(error.errno, "?")
    return found


def mount(_):
    """Mounts over an empty folder of its own, since the probe may well succeed."""
    with tempfile.TemporaryDirectory() as folder:
        path = folder.encode()
        check(LIBC.mount(b"none", path, b"tmpfs", 0, None))
        check(LIBC.umount2(path, 2))


def trace(target):
    """Attaches to a process, by default to a child of our own."""
    child = None if target else subprocess.Popen(["sleep", "10"])
    pid = int(target) if target else child.pid
    try:
        check(LIBC.ptrace(PTRACE_ATTACH, pid, None, None))
        os.waitpid(pid, 0x40000000)
        LIBC.ptrace(PTRACE_DETACH, pid, None, None)
    finally:
        if child:
            child.kill()
            child.wait()


def identity(_):
    wanted = ("Uid", "Gid", "Groups", "CapEff", "CapPrm", "CapBnd", "NoNewPrivs", "Seccomp")
    lines = (line.split(":", 1) for line in read_file("/proc/self/status").splitlines())
    return {name: value.strip() for name, value in lines if name in wanted} | {"cwd": os.getcwd(), "pid": os.getpid()}


def limits(_):
    names = [name for name in dir(resource) if name.startswith("RLIMIT_")]
    return {name: resource.getrlimit(getattr(resource, name))[0] for name in names}


PROBES = {
    "shadow": (lambda _: len(read_file("/etc/shadow")), "reads /etc/shadow"),
    "read": (read_file, "reads the file `target`"),
    "list": (lambda target: sorted(os.listdir(target or "/")), "lists the folder `target`"),
    "write": (write_file, "creates and removes the file `target`"),
    "write_usr": (lambda _: write_file("/usr/misbehave-probe"), "creates a file in /usr"),
    "connect": (connect, "connects to `target`: host:port, or @name for an abstract socket"),
    "interfaces": (lambda _: [name for _, name in socket.if_nameindex()], "names the network interfaces"),
    "raw_socket": (lambda _: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).close(), "opens a raw socket"),
    "pids": (processes, "lists the processes in /proc"),
    "mount": (mount, "mounts a tmpfs"),
    "ptrace": (trace, "attaches to the process `target`, or to a child of its own"),
    "userns": (lambda _: in_child(lambda: check(LIBC.unshare(CLONE_NEWUSER))), "makes a user namespace"),
    "setuid": (lambda _: in_child(lambda: os.setuid(0)), "becomes root"),
    "chroot": (lambda _: in_child(lambda: os.chroot("/tmp")), "changes its root"),
    "kill": (lambda target: os.kill(int(target), 0), "may signal the process `target`"),
    "init_environ": (lambda _: read_file("/proc/1/environ"), "reads the environment of process 1"),
    "environ": (lambda _: dict(os.environ), "shows its own environment"),
    "descriptors": (lambda _: sorted(map(int, os.listdir("/proc/self/fd"))), "lists its open descriptors"),
    "identity": (identity, "shows its user, capabilities and seccomp state"),
    "limits": (limits, "shows its resource limits"),
}


def probe(what, target):
    """Tries one; a probe that does not exist is a KeyError."""
    attempt = PROBES[what][0]
    try:
        return {"what": what, "allowed": True, "value": attempt(target)}
    except (OSError, ValueError) as error:
        number = getattr(error, "errno", None)
        return {"what": what, "allowed": False, "error": errno.errorcode.get(number, type(error).__name__)}


if __name__ == "__main__":
    print(json.dumps(probe(sys.argv[1], "".join(sys.argv[2:3]))))
