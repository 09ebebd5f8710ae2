"""What the house remembers: people, sessions and exports, and the gate's facts about them.

The only SQL of exports and people. Every function takes the connection of the transaction
that the gate holds. Imports `policies` and below; unaware of `snapshot` and `book`. Start
reading at `tables.py`, then `exports.py`.
"""
