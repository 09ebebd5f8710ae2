r"""The fixed streams below `\x06DataSpaces` (MS-OFFCRYPTO 2.1 and 2.2).

They say that the stream `EncryptedPackage` passed through the transform "strong encryption".
Nothing in them depends on the book. Strings are UTF-16LE with their length in bytes in front.
"""

from __future__ import annotations

import struct

_TRANSFORM_ID = "{FF9A3F03-56EF-4613-BDD5-5A41C1D07246}"
_TRANSFORM_NAME = "Microsoft.Container.EncryptionTransform"
_SPACE = "StrongEncryptionDataSpace"
_TRANSFORM = "StrongEncryptionTransform"
_VERSION_1_0 = struct.pack("<HH", 1, 0)


def _text(text: str) -> bytes:
    """UNICODE-LP-P4: length in bytes, UTF-16LE, padded to four bytes (MS-OFFCRYPTO 2.1.2)."""
    encoded = text.encode("utf-16-le")
    return struct.pack("<I", len(encoded)) + encoded + bytes(-len(encoded) % 4)


def _version() -> bytes:
    """DataSpaceVersionInfo (2.1.5): the feature's name; reader, updater and writer version 1.0."""
    return _text("Microsoft.Container.DataSpaces") + _VERSION_1_0 * 3


def _map() -> bytes:
    """DataSpaceMap (2.1.6): one entry that sends the stream EncryptedPackage to the data space."""
    entry = struct.pack("<II", 1, 0) + _text("EncryptedPackage") + _text(_SPACE)
    return struct.pack("<III", 8, 1, len(entry) + 4) + entry


def _space() -> bytes:
    """DataSpaceDefinition (2.1.7): the data space uses one transform."""
    return struct.pack("<II", 8, 1) + _text(_TRANSFORM)


def _primary() -> bytes:
    """TransformInfoHeader (2.1.8), then an EncryptionTransformInfo (2.1.9) that names no cipher.

    The agile scheme tells its ciphers in the stream EncryptionInfo instead.
    """
    head = struct.pack("<I", 1) + _text(_TRANSFORM_ID)
    encryption_name = struct.pack("<I", 0)
    return (
        struct.pack("<I", len(head) + 4)
        + head
        + _text(_TRANSFORM_NAME)
        + _VERSION_1_0 * 3
        + encryption_name
        + struct.pack("<III", 0, 0, 4)
    )


VERSION = _version()
MAP = _map()
SPACE = _space()
PRIMARY = _primary()
