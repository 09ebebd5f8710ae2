"""The ground floor: settings, database, broker, objects, files, envelope, logs, clock.

Imports nothing of ours; every other room stands on it. It knows no consumer, no agent and
no rule. Start reading at `clock.py`, then `database.py`.
"""
