"""The door of agents and reviewers: JSON over HTTP under `/v1`, problems as RFC 9457.

Imports `house` and everything below; knows nothing of `worker`: the two meet through ids on
the queue. It decides nothing itself: every answer that shows something goes through the
gate. Start reading at `app.py`, then `signed_in.py` and `exports.py`.
"""
