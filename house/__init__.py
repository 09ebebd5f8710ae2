"""Where the rooms are put together: one place that knows which part goes into which.

`wiring.py` opens an installation for a kind of process (api, worker, operator);
`snapshots.py` answers the gate's questions about snapshots; `notices.py` fills a book's
Notice. Imports everything below; holds no rule of its own. Start reading at `wiring.py`.
"""
