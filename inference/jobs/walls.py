"""Walls between processes, by the kernel's own means (Linux; elsewhere they are not there).

- A process that holds credentials cannot be read by others of its user (``hide``).
- A process that works on a model's own files makes no connection (``close_network``).
- A process ends with the one that started it (``end_with_parent``).
- Which folders it may touch is Landlock's part (``inference.jobs.landlock``).

Numbers are those of the kernel's headers: prctl.h, seccomp.h, filter.h, unistd.h.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import signal
import socket
import struct
import sys
from typing import Any

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
SECCOMP_MODE_FILTER = 2
LOAD_WORD, JUMP_IF_EQUAL, JUMP_IF_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
ALLOW, REFUSE = 0x7FFF0000, 0x00050000
"""What a filter returns; ``REFUSE`` has the error number in its lower half."""
NUMBER_AT, ARCHITECTURE_AT, FIRST_ARGUMENT_AT = 0, 4, 16
"""Of ``struct seccomp_data``, in bytes."""
SYSTEM_CALLS = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
"""Machine -> the audit architecture, and the number of ``socket``."""
IO_URING_SETUP = 425
"""On both. Its rings make sockets without the call ``socket``."""
OTHER_NUMBERS = 0x40000000
"""From here on x86_64 has the same calls once more, for programs with short pointers."""


def hide() -> bool:
    """Nobody of the same user can read this process's memory or variables any more, nor trace it."""
    return _prctl(PR_SET_DUMPABLE, 0)


def end_with_parent() -> bool:
    """The kernel ends this process as soon as the thread ends that started it."""
    return _prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))


def forbid_new_privileges() -> bool:
    """No program that this process starts may do more than it; the kernel asks for this before a filter."""
    return _prctl(PR_SET_NO_NEW_PRIVS, 1)


def close_network() -> bool:
    """No new socket in this process and in all that it starts, but those that stay on this machine."""
    if platform.machine() not in SYSTEM_CALLS or not forbid_new_privileges():
        return False
    steps = _filter(*SYSTEM_CALLS[platform.machine()])
    code = ctypes.create_string_buffer(b"".join(steps))
    # struct sock_fprog: how many instructions, and where they are.
    program = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(code))
    return _prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.create_string_buffer(program))


def _filter(architecture: int, socket_number: int) -> list[bytes]:
    """A program of the kernel's packet filter over one system call; a jump counts instructions to skip."""
    return [
        _step(LOAD_WORD, ARCHITECTURE_AT),
        _step(JUMP_IF_EQUAL, architecture, 1, 0),
        _step(RETURN, REFUSE | errno.EPERM),
        _step(LOAD_WORD, NUMBER_AT),
        _step(JUMP_IF_LEAST, OTHER_NUMBERS, 5, 0),
        _step(JUMP_IF_EQUAL, IO_URING_SETUP, 4, 0),
        _step(JUMP_IF_EQUAL, socket_number, 0, 2),
        _step(LOAD_WORD, FIRST_ARGUMENT_AT),
        _step(JUMP_IF_EQUAL, socket.AF_UNIX, 0, 1),
        _step(RETURN, ALLOW),
        _step(RETURN, REFUSE | errno.EPERM),
    ]


def _step(code: int, operand: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, operand)


def _prctl(option: int, value: int, more: Any = 0) -> bool:
    if sys.platform != "linux":
        return False
    number = ctypes.c_ulong
    return bool(ctypes.CDLL(None).prctl(option, number(value), more or number(0), number(0), number(0)) == 0)
