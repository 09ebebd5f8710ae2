"""The vault: every long-lived key, opened one thing at a time against one recorded permit.

For: object keys, passphrases, pseudonyms, second factors and the signing of heads. Runs as
a process of its own; the rest of the house holds a `VaultClient`.
May import: audit (entry, proofs, checkpoint; the client also the reader) and runtime.
Start with `keeper.py` (the laws), then `table.py` (which permit opens what) and `heads.py`; for the
keys under which everything lies, `wrapping.py`, `rotation.py` and `shares.py`.
"""
