"""Who people are: roles, people and their papers. Pure; imports only `runtime`.

Start reading at `people.py`.
"""
