"""The frozen data: reading, checking, typing, sealing, importing, publishing."""
