"""The doctor: looks at each part of an installation and says what is well and what to do.

A check changes nothing but that the vault signs the head which it is shown. Findings hold
numbers, moments, codes and paths, never a value of anybody's data. Imports what `house` does.
Start reading at `examination.py`.
"""
