"""The frozen data that books are made from.

An extract is read (`extract`), checked against the catalogue (`checks`), given types
(`typed`), and stored as one encrypted shard per agent beside an authenticated index
(`shards`). `importing` walks through it under the gate; `published` answers which snapshot
is in force. `calendar` knows the weekly cut-off; `sample` makes synthetic extracts.

May import: policies, vault, audit, exports, identity, runtime. Never store or book.
Start reading at `importing.py`.
"""
