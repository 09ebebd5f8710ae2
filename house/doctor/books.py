"""Check of how books are built: by the native kernel, or slower."""

from __future__ import annotations

from book.native.kernel import KernelMissingError, load_kernel
from house.doctor.findings import Finding, warned, well
from house.wiring import House

_KERNEL = "kernel"


def check_kernel(_house: House) -> Finding:
    """Check that the native kernel is there; without it books are the same, and are built slower."""
    try:
        kernel = load_kernel()
    except KernelMissingError as error:
        return warned(
            _KERNEL,
            f"missing, so books are built slower: {error}",
            "install a C compiler (Debian: apt-get install gcc libc6-dev), then call ./run again",
        )
    return well(_KERNEL, f"native, {kernel.width} keys derived together")
