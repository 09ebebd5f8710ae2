"""How a sealed book leaves the house: stored books, mails, the way to the mail server.

And how evidence does: anchors in a bucket or by mail, and the sinks of the outgoing stream.

Imports `store`, `snapshot`, `book` and below; knows no queue. Start reading at `smtp.py`.
"""
