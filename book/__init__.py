"""The room that turns a permitted table into a sealed workbook, and opens one again.

What it is for: `columns + rows -> workbook -> sealed bytes`, in memory only. Nobody else in
the house knows Excel, compound files or ECMA-376 encryption.

What it may import: `policies` and the floors below it. `store` and `snapshot` stand on the
same floor and are unknown here.

Where to start reading: `seal.py` (`seal_book`, the room's main act), then `workbook.py`
(the clear workbook), `cells.py` (the only place that makes a cell), `agile.py` (the
encryption) and `reopen.py` (our own reader, which every book passes before it counts). How a
copy is known again: `fingerprints.py`, `copies.py`, `likeness.py`.
"""
