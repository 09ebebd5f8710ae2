"""How a sealed book leaves the house: stored books, mails, the way to the mail server.

Imports `store`, `snapshot`, `book` and below; knows no queue. Start reading at `smtp.py`.
"""
