"""The native kernel: what the book's writer does most, in C, where a compiler was there to build it.

What it is for: the iterated SHA-512 for up to sixteen passphrases at once, and the rows of a sheet out of
Arrow buffers. Without it everything works, slower: `book/agile.py` and `book/cells.py` say what is right,
and the kernel does the same.

What it may import: the standard library; `kernel.py` besides what `book` may.

Where to start reading: `kernel.py` (the door from Python), then `spin.h` and `sheet.h`; `compiling.py`
builds it, for the installation (`hook.py`) and for `./run`.
"""
