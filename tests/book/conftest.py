"""What the tests of the book share: the native kernel, where there is one."""

from __future__ import annotations

import pytest

from book.native.kernel import Kernel, KernelMissingError, load_kernel


@pytest.fixture(name="kernel", scope="module")
def _kernel() -> Kernel:
    try:
        return load_kernel()
    except KernelMissingError as error:
        pytest.skip(f"no native kernel: {error}")
