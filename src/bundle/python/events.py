"""A TensorBoard event file of scalars, written as the run goes on; no package is needed for it.

A record is its length, a checksum of that, an Event message, and a checksum of the message. A run that is taken up again
writes a further file into the same folder, from the step on at which it begins.
"""

import os
import socket
import struct
import time

TABLE = []
for byte in range(256):
    for _ in range(8):
        byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
    TABLE.append(byte)


def masked_crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def record(message):
    length = struct.pack("<Q", len(message))
    return length + struct.pack("<I", masked_crc32c(length)) + message + struct.pack("<I", masked_crc32c(message))


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out) + bytes([value])


def field(number, message):
    """A length-delimited field of a protocol buffer."""
    return varint(number << 3 | 2) + varint(len(message)) + message


def scalars(wall_time, step, values):
    """An Event with one value for each name."""
    summary = b"".join(field(1, field(1, name.encode()) + b"\x15" + struct.pack("<f", value)) for name, value in values.items())
    return b"\x09" + struct.pack("<d", wall_time) + b"\x10" + varint(step) + field(5, summary)


class EventFile:
    def __init__(self, folder):
        os.makedirs(folder, exist_ok=True)
        now = time.time()
        self.file = open(f"{folder}/events.out.tfevents.{int(now)}.{socket.gethostname()}.{os.getpid()}", "wb")
        self.file.write(record(b"\x09" + struct.pack("<d", now) + field(3, b"brain.Event:2")))

    def add(self, step, values):
        self.file.write(record(scalars(time.time(), step, values)))
        self.file.flush()
