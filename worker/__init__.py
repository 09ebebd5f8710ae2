"""The queue's door: takes exports up by id and carries each one step by step to its end.

`pipeline.py` knows no Celery; `tasks.py` is three lines a task over it. Imports `house`
and below. Start reading at `pipeline.py`; what brings evidence outside runs in `lanes.py`, beside
the sweep.
"""
