"""The benches: what the house costs, as ratios to peers or to the limit measured in the same run.

Outside the floors: a bench may import any room, and no room imports a bench. Start in `__main__.py`,
which knows each bench by name; `table.py` is how a result looks.
"""
