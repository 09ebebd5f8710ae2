"""Tests of what every process does about itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

CHILD = """
import os, resource, time
from runtime.processes import die_with_parent, keep_to_itself
keep_to_itself()
die_with_parent(os.getppid())
print(resource.getrlimit(resource.RLIMIT_CORE), oct(os.umask(0)), flush=True)
time.sleep(20)
print("alive", flush=True)
"""
PARENT = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", sys.argv[1]])
time.sleep(60)
"""


def test_a_process_ends_with_its_parent_and_keeps_to_itself() -> None:
    """A child whose parent was killed ends by itself; it dumps no core; its files are its user's."""
    command = [sys.executable, "-c", PARENT, CHILD]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert "(0, 0) 0o77\n" == parent.stdout.readline()
        os.kill(parent.pid, signal.SIGKILL)
        # The child holds the pipe's other end: where its output ends, it has ended.
        assert "" == parent.stdout.read()
