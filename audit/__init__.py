"""The ledger: what was decided and done here, kept so that an outsider can prove it.

May import: runtime only. Rooms above hand in drafts and read back proofs; nothing in here
knows who may do what.

Start reading at FORMAT.md (the bytes), then `entry.py` (one entry), `tree.py` and
`ledger.py` (the writer's side), `proofs.py` and `verify.py` (the outsider's side, which
shares neither storage nor database with the writer): `replay.py` reads a bundle's lines, `strict.py`
each line fast, `key_history.py` says which key holds when, `cosignature.py` what a witness said.
Reviewers read by `search.py`, verify in place by `recheck.py`, and take the evidence with them by
`archive.py`. After ten years `pruning.py` takes bytes away and leaves what proves them. Outside
stand copies of signed heads (`anchor.py`), witnesses (`witness.py`) and whoever gets the `stream.py`.
"""
