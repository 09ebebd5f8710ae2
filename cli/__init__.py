"""The operator's door: `sealedbook …`, and the whole story in one command, `demo`.

Commands are thin: they open the installation as its operator, ask the gate like everybody
else, and turn errors into one clear line. Imports every room; nothing imports this one.
Start reading at `main.py`, then `desk.py`; the demo's story is `demo.py`.
"""
