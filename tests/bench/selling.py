# SPDX-License-Identifier: Apache-2.0
"""usage: selling.py STATE_DIR WORD UNTIL [PID...]. Sells at a running till, a sale every 10 ms, until UNTIL is so, which is looked at now and then: sales=200, unsynced=0 (the
central has all but what this sells), members=1000000, and then each sale has the card of the 18th scanned. Prints how long each commit took, beside 8 KiB written over and fdatasync by turns,
and the most memory the processes named had meanwhile."""
import json
import os
import sys
import time

from line import Line

BLOCK, FILE_BYTES, EVERY_S, LOOK_EVERY, SLACK = b"x" * 8192, 4 << 20, 0.01, 20, 60
CARD = "2900000000018"
state, word, until, pids = sys.argv[1], sys.argv[2], sys.argv[3].split("="), sys.argv[4:]
raw = os.open(os.path.join(state, "bench-raw"), os.O_RDWR | os.O_CREAT | os.O_TRUNC)
os.write(raw, bytes(FILE_BYTES))  # what is written over later, as the journal's WAL is: a file that grows waits for the file system, too
os.fsync(raw)


line = Line(os.path.join(state, "run", "api.sock"), timeout=60)


def call(method, where, body=None, good=200):
    begun = time.perf_counter()
    line.request(method, where, body)
    answer = line.getresponse()
    text = answer.read()
    if answer.status != good:
        sys.exit(f"{method} {where} was answered {answer.status}: {text.decode()}")
    return json.loads(text), 1000 * (time.perf_counter() - begun)


def sell(n):
    sale = f"/v1/sales/{word}-{n}"
    call("PUT", sale, json.dumps({"lines": [{"line": 1, "sku": "A", "name": "Tea", "qty_milli": 1000, "unit_price_minor": 100, "category": "tea"}]}))
    if until[0] == "members":
        scanned.append(call("POST", "/v1/scans", json.dumps({"text": CARD, "entry": "scan"}))[1])
    total = call("POST", sale + "/tender", '{"tenders":["cash"]}')[0]["result"]["total_minor"]
    return call("POST", sale + "/commit", json.dumps({"expected_total_minor": total, "tenders": [{"kind": "cash", "amount_minor": total}]}))[1]


def write_plainly(n):
    begun = time.perf_counter()
    os.pwrite(raw, BLOCK, n * len(BLOCK) % FILE_BYTES)
    os.fdatasync(raw)
    return 1000 * (time.perf_counter() - begun)


def is_over(count):
    if until[0] == "sales":
        return count >= int(until[1])
    if count == 0 or count % LOOK_EVERY:
        return False
    figure = json.dumps(call("GET", "/v1/health")[0]).split(f'"{until[0]}": ')[1]
    figure = int(figure[:next(i for i, letter in enumerate(figure) if not letter.isdigit())])
    return figure >= int(until[1]) if until[0] == "members" else figure <= int(until[1]) + SLACK


def clear_peaks():
    for pid in pids:
        with open(f"/proc/{pid}/clear_refs", "w") as refs:
            refs.write("5")


def peak_mb():
    peaks = []
    for pid in pids:
        with open(f"/proc/{pid}/status") as status:
            peaks.append(next(int(one.split()[1]) for one in status if one.startswith("VmHWM")) / 1024)
    return peaks


def quantiles(some):
    some = sorted(some)
    return f"p50 {some[len(some) // 2]:6.2f}, p99 {some[len(some) * 99 // 100]:6.2f}, max {some[-1]:7.2f} ms"


clear_peaks()
begun, took, plain, scanned, first_s = time.perf_counter(), [], [], [], 0
while not is_over(len(took)):
    took.append(sell(len(took)))
    first_s = first_s or time.perf_counter() - begun
    plain.append(write_plainly(len(plain)))
    time.sleep(EVERY_S)
seconds = time.perf_counter() - begun
print(f"{word}: {len(took)} sales in {seconds:.1f} s; commit {quantiles(took)}; plain write {quantiles(plain)}")
if scanned:
    print(f"{word}: a scan's answer {quantiles(scanned)}; the first sale in {1000 * first_s:.0f} ms")
if pids:
    print(f"{word}: memory at most {' + '.join(f'{one:.1f}' for one in peak_mb())} = {sum(peak_mb()):.1f} MB")
