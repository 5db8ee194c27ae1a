#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A disk with a cache that forgets when the power goes: an NBD server for one machine, over a file.

    disk.py SOCKET FILE SEED [--lies]

A write is answered at once and stands in the cache alone; a flush brings all of them to the file. When the machine hangs up in order,
so does the cache. When it is gone without a word, the power was cut: of the writes since the last flush a part reaches the file, as
SEED has it: none, all, or each by chance, whole or torn between two sectors, so a later one may be there and an earlier one not.
SIGUSR1 cuts the power in the midst of work, where it hurts: after some more writes and flushes the disk answers no more and says so;
the machine is then to be killed. All that is said goes to standard output. With --lies a flush is answered and not done: such a disk
loses what was promised, and a test on it that finds nothing lost finds nothing.
"""
import os
import random
import signal
import socket
import struct
import sys

SECTOR_BYTES = 512
CACHE_BYTES_MAX = 64 << 20      # a drive whose cache is full writes by itself
REQUEST_BYTES_MAX = 32 << 20    # what the protocol asks of a server
CUT_AFTER_MAX = 60              # writes and flushes: those of some sales

# https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md
OPTION_MAGIC = 0x49484156454F5054
OPTION_REPLY_MAGIC = 0x3E889045565A9
REQUEST_MAGIC, REPLY_MAGIC = 0x25609513, 0x67446698
OPT_ABORT, OPT_GO = 2, 7
REP_ACK, REP_INFO, REP_ERR_UNSUP = 1, 3, 0x80000001
HAS_FLAGS, SEND_FLUSH = 1, 4
READ, WRITE, DISCONNECT, FLUSH = 0, 1, 2, 3
EINVAL = 22


class Gone(Exception):
    """The machine is gone without a word."""


class Disk:
    def __init__(self, path, chance, lies):
        self.file = os.open(path, os.O_RDWR)
        self.bytes = os.fstat(self.file).st_size
        self.chance = chance
        self.lies = lies
        self.writes = []        # (offset, data) since the last flush, in their order
        self.sectors = {}       # what they make of each sector
        self.cached_bytes = 0
        self.cut_after = None   # that many writes and flushes are still answered

    def will_be_cut(self, *_):
        self.cut_after = self.chance.randrange(CUT_AFTER_MAX)

    def has_power(self):
        if self.cut_after is None:
            return True
        self.cut_after -= 1
        return self.cut_after >= 0

    def read(self, offset, length):
        data = bytearray(os.pread(self.file, length, offset))
        if self.sectors:
            for at in range(0, length, SECTOR_BYTES):
                newer = self.sectors.get((offset + at) // SECTOR_BYTES)
                if newer:
                    data[at:at + SECTOR_BYTES] = newer
        return data

    def write(self, offset, data):
        self.writes.append((offset, data))
        for at in range(0, len(data), SECTOR_BYTES):
            self.sectors[(offset + at) // SECTOR_BYTES] = data[at:at + SECTOR_BYTES]
        self.cached_bytes += len(data)
        if self.cached_bytes > CACHE_BYTES_MAX and not self.lies:
            self.put_away()

    def flush(self):
        if not self.lies:
            self.put_away()

    def put_away(self):
        for offset, data in self.writes:
            os.pwrite(self.file, data, offset)
        self.writes, self.sectors, self.cached_bytes = [], {}, 0

    def cut(self):
        share = 0 if self.lies else self.chance.choice((0, 0.5, 1))
        kept = torn = 0
        for offset, data in self.writes:
            if self.chance.random() >= share:
                continue
            if 0 < share < 1 and self.chance.random() < 0.2:
                torn += 1
                data = data[:SECTOR_BYTES * self.chance.randrange(1, len(data) // SECTOR_BYTES + 1)]
            kept += 1
            os.pwrite(self.file, data, offset)
        return f"unflushed={len(self.writes)} kept={kept} torn={torn} lost={len(self.writes) - kept}"


class Line:
    """The connection of the one machine."""

    def __init__(self, connection):
        self.connection = connection

    def take(self, length):
        data = bytearray()
        while len(data) < length:
            try:
                part = self.connection.recv(length - len(data))
            except OSError:
                part = b""
            if not part:
                raise Gone
            data += part
        return bytes(data)

    def drain(self):
        """Until it is gone."""
        while True:
            self.take(1)

    def numbers(self, form):
        return struct.unpack(form, self.take(struct.calcsize(form)))

    def give(self, *parts):
        try:
            self.connection.sendall(b"".join(parts))
        except OSError:
            raise Gone from None


def greet(line, disk):
    """The fixed new style; the one export, under any name."""
    line.give(b"NBDMAGIC", struct.pack(">QH", OPTION_MAGIC, 3))
    line.take(4)
    while True:
        _, option, length = line.numbers(">QII")
        line.take(length)
        reply = struct.pack(">QI", OPTION_REPLY_MAGIC, option)
        if option == OPT_ABORT:
            raise Gone
        if option != OPT_GO:
            line.give(reply, struct.pack(">II", REP_ERR_UNSUP, 0))
            continue
        line.give(reply, struct.pack(">IIHQH", REP_INFO, 12, 0, disk.bytes, HAS_FLAGS | SEND_FLUSH))
        line.give(reply, struct.pack(">II", REP_ACK, 0))
        return


def serve(line, disk):
    while True:
        magic, _, kind, handle, offset, length = line.numbers(">IHHQQI")
        if magic != REQUEST_MAGIC:
            raise Gone
        if kind == DISCONNECT:
            return
        if kind in (WRITE, FLUSH) and not disk.has_power():
            print("no power", flush=True)
            line.drain()
        data, error = b"", 0
        sent = line.take(length) if kind == WRITE and length <= REQUEST_BYTES_MAX else b""
        inside = length <= REQUEST_BYTES_MAX and offset + length <= disk.bytes and not (offset | length) % SECTOR_BYTES
        if kind == READ and inside:
            data = disk.read(offset, length)
        elif kind == WRITE and inside:
            disk.write(offset, sent)
        elif kind == FLUSH:
            disk.flush()
        else:
            error = EINVAL
        line.give(struct.pack(">IIQ", REPLY_MAGIC, error, handle), data)


def main():
    if len(sys.argv) not in (4, 5) or sys.argv[4:] not in ([], ["--lies"]):
        sys.exit(__doc__)
    disk = Disk(sys.argv[2], random.Random(int(sys.argv[3])), len(sys.argv) == 5)
    signal.signal(signal.SIGUSR1, disk.will_be_cut)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(sys.argv[1])
    listener.listen(1)
    line = Line(listener.accept()[0])
    try:
        greet(line, disk)
        serve(line, disk)
    except Gone:
        print("power cut:", disk.cut(), flush=True)
    else:
        disk.put_away()


if __name__ == "__main__":
    main()
