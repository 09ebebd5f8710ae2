"""What processes of the house do about themselves: no core dumps, no life after their parent.

The vault's also lets nobody of its own user look into its memory, and may give up root's rights
for a user of its own.
"""

from __future__ import annotations

import codecs
import ctypes
import grp
import os
import pwd
import resource
import signal
import sys
import threading
import time

_POLL_SECONDS = 1.0
_PR_SET_DUMPABLE = 4  # linux/prctl.h


class UserError(Exception):
    """This process can't be that user; the message says why."""


def keep_to_itself() -> None:
    """Begin as every process does: its files are its user's alone, and no crash writes its memory."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def forbid_tracing() -> None:
    """Let no process but root's trace this one or read its memory: neither ptrace nor /proc/PID/mem.

    On Linux only; elsewhere this does nothing.
    """
    if sys.platform == "linux" and ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0):
        raise UserError("the kernel doesn't let this process forbid tracing")


def find_user(user: str) -> tuple[int, int]:
    """Return the ids of a user and of their group; a number needs no entry and is both."""
    try:
        found = pwd.getpwuid(int(user)) if user.isdigit() else pwd.getpwnam(user)
    except KeyError:
        if user.isdigit():
            return int(user), int(user)
        raise UserError(f"there is no user {user} on this machine") from None
    return found.pw_uid, found.pw_gid


def find_group(group: str) -> int:
    """Return the id of a group; a number is one."""
    if group.isdigit():
        return int(group)
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError:
        raise UserError(f"there is no group {group} on this machine") from None


def become(user: str, groups: tuple[int, ...] = ()) -> None:
    """Give up root's rights for good and be another user, with these groups besides their own."""
    uid, gid = find_user(user)
    if os.geteuid() == uid != 0:
        return
    if os.geteuid() != 0 or uid == 0:
        raise UserError("only root can start a process as another user, and that user isn't root")
    # Python looks these up at first use, perhaps where that user may not read the interpreter.
    for encoding in ("ascii", "latin-1", "utf-8", "utf-16be"):
        codecs.lookup(encoding)
    os.setgroups(groups)
    os.setgid(gid)
    os.setuid(uid)


def die_with_parent(parent: int) -> None:
    """End this process, softly and then hard, once the process that started it is gone."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_POLL_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(10 * _POLL_SECONDS)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, name="parent", daemon=True).start()
