"""The portal: pages for people, rendered on the server, one file a page group.

A page decides nothing and keeps nothing: it calls the same functions as the routes under
`/v1` and puts their answers into words. Everything works by forms alone; the one script only
saves steps. Start reading at `frame.py`, then `entrance.py` and `books.py`.
"""
