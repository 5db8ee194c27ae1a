#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""join_bands.py BAND.pbm... STEM: bands of one width, one after another, are one picture; each goes to STEM-N.pbm with the
white around it that paper has."""
import sys

MARGIN_BYTES, MARGIN_ROWS = 5, 40


def read(path):
    with open(path, "rb") as file:
        kind, size, bits = file.read().split(b"\n", 2)
    width, height = map(int, size.split())
    row_bytes = (width + 7) // 8
    assert kind == b"P4" and len(bits) == row_bytes * height, path
    return row_bytes, bits


pictures = []
for band in sys.argv[1:-1]:
    row_bytes, bits = read(band)
    if pictures and pictures[-1][0] == row_bytes:
        pictures[-1][1] += bits
    else:
        pictures.append([row_bytes, bits])
for n, (row_bytes, bits) in enumerate(pictures):
    wide = row_bytes + 2 * MARGIN_BYTES
    side, edge = bytes(MARGIN_BYTES), bytes(wide * MARGIN_ROWS)
    rows = [side + bits[at:at + row_bytes] + side for at in range(0, len(bits), row_bytes)]
    with open(f"{sys.argv[-1]}-{n}.pbm", "wb") as file:
        file.write(b"P4\n%d %d\n" % (8 * wide, len(rows) + 2 * MARGIN_ROWS) + edge + b"".join(rows) + edge)
