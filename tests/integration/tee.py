# SPDX-License-Identifier: Apache-2.0
"""usage: tee.py LINK READY MESSAGE...: as a POS reads its scanner. Makes the file READY, then prints the scans until all messages came; status 1 when
others came or none within ten seconds. With no message: opens, and reads nothing until its standard input ends, then prints all there is."""
import os
import select
import sys
import termios

link, ready, wanted = sys.argv[1], sys.argv[2], sys.argv[3:]
line = os.open(link, os.O_RDWR | os.O_NOCTTY)
if not os.path.realpath(link).startswith("/dev/pts/") or termios.tcgetattr(line)[3] & (termios.ECHO | termios.ICANON):
    sys.exit("the link leads to no raw terminal")
open(ready, "w").close()
got = b""
if not wanted:
    sys.stdin.read()
    while select.select([line], [], [], 0.5)[0]:
        got += os.read(line, 4096)
    print(len(got), "bytes", got.count(b"\r"), "scans")
    sys.exit(0)
while got.count(b"\r") < len(wanted):
    if not select.select([line], [], [], 10)[0]:
        sys.exit(f"nothing more came after {got!r}")
    got += os.read(line, 4096)
print(got)
sys.exit(0 if got == b"".join(one.encode() + b"\r" for one in wanted) else 1)
