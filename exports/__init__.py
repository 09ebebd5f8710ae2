"""The noun "export": what one is, the states it walks through, and what can go wrong.

Pure: no database, no clock, no queue; imports only `runtime`. Start reading at `states.py`.
"""
