"""policies: the agreement as Cedar rules and a column catalogue, and the gate that obeys them.

For: deciding whether a person may do a thing now, saying why not, and cutting rows down to
what a recorded permit covers. Rules, columns and numbers are data (`agreement.cedar`,
`fixed.cedar`, `schema.cedarschema`, `columns.toml`, `never.toml`, `numbers.toml`), loaded as one digest.
May import: vault, audit, exports, identity, runtime; never a database or a web library.
Start reading: `actions.py` (what can be asked), `facts.py` (what must be known to answer),
`agreement.cedar` (the rules), `decide.py` (the answer), `table.py` (rows under a Grant).
`INFORMATIVE.md` lists the rules that no machine checks yet, with what would be needed.
"""
