# SPDX-License-Identifier: Apache-2.0
"""usage: office_openapi.py DOCUMENT ROUTES.c SOCKET FILES. Exit status 1 and words when document and server differ.

Every route of the server is in the document and the reverse; every operation is called, in the order of the scenario below,
and its answer checked by its schema, which for most knows no further member. FILES is a folder with office.pub.pem, root.json
(signed), parcel and rollout (bodies of publishBundle), export.jsonl (records of the till, which sold)."""
import http.client
import json
import re
import socket
import sys

import jsonschema
import yaml

document = yaml.safe_load(open(sys.argv[1], encoding="utf-8"))
source, admin, files = open(sys.argv[2], encoding="utf-8").read(), sys.argv[3], sys.argv[4]
faults, called = [], set()


class Unix(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(admin)


def file(name):
    return open(f"{files}/{name}", "rb").read()


operations = {
    (method.upper(), path): operation
    for path, item in document["paths"].items()
    for method, operation in item.items()
    if method in ("get", "post")
}
routes = set(re.findall(r'\{"(GET|POST)", "(/admin[^"]*)"', source))
faults += [f"{' '.join(route)}: the server has it, the document does not" for route in sorted(routes - set(operations))]
faults += [f"{' '.join(route)}: the document has it, the server does not" for route in sorted(set(operations) - routes)]


def check(value, schema, where):
    whole = {"components": document["components"], "allOf": [schema]}
    for error in jsonschema.Draft202012Validator(whole).iter_errors(value):
        faults.append(f"{where}: at /{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}")


def find(method, path):
    for (known, template), operation in operations.items():
        if known == method and re.fullmatch(re.sub(r"{\w+}", "[^/]+", template), path.split("?")[0]):
            called.add((known, template))
            return operation
    return None


def ask(method, path, body=None, status=200):
    operation = find(method, path)
    if not operation:
        return None
    connection = Unix("localhost")
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    if data is not None and not isinstance(body, bytes) and status == 200:
        check(body, operation["requestBody"]["content"]["application/json"]["schema"], f"{method} {path}, request")
    connection.request(method, path, data)
    answer = connection.getresponse()
    value = json.loads(answer.read())
    where = f"{method} {path}"
    if answer.status != status:
        faults.append(f"{where}: answered {answer.status} instead of {status}: {value}")
    elif status == 200:
        check(value, operation["responses"]["200"]["content"]["application/json"]["schema"], where)
    else:
        check(value, {"$ref": "#/components/schemas/Error"}, where)
    connection.close()
    return value


ask("POST", "/admin/chains", {"id": "demo", "currency": "RUB", "language": "en"}, 409)
ask("POST", "/admin/chains", {"id": "next", "currency": "RUB", "language": "en", "name": "Next"})
ask("POST", "/admin/chains/next/keys", {"pem": file("office.pub.pem").decode()})
ask("POST", "/admin/chains/next/threshold", {"threshold": 1})
ask("POST", "/admin/chains/next/threshold", {"threshold": 2}, 400)
ask("POST", "/admin/chains/next/stores", {"id": "S1", "name": "One", "attrs": {"cafe": True}})
ask("POST", "/admin/chains/next/stores", {"id": "S2"})
ask("POST", "/admin/chains/next/stores/S1", {"name": "First", "attrs": {"cafe": None, "format": "express"}})
ask("POST", "/admin/chains/next/stores/S1", {"attrs": {"size": [1]}}, 400)
ask("POST", "/admin/chains/next/stores/S9", {"name": "None"}, 404)
stores = {one["id"]: one for one in ask("GET", "/admin/stores")["stores"] if one["chain"] == "next"}
if stores["S1"]["name"] != "First" or stores["S1"]["attrs"] != {"format": "express"} or stores["S2"]["attrs"] != {}:
    faults.append(f"stores after the change: {stores}")
ask("POST", "/admin/chains/next/members?line=2", b"member,card,bonus\nM1,2900000000018,500\nM2,2900000000025,0\nM3,bad,x\n")
ask("POST", "/admin/chains/next/points", {"currency": "bonus", "lease_cap": 2000})
ask("POST", "/admin/chains/next/merges", {"old": "M2", "member": "M1"})
ask("POST", "/admin/chains/next/coupons?line=2", b"code,promotion,uses_max\nabc,ten,1\n")
ask("POST", "/admin/chains/next/audience", {"audience": "store"})
ask("POST", "/admin/chains/next/circles", {"store": "S1", "other": "S2"})
ask("POST", "/admin/chains/next/consents", {"language": "en", "version": "1", "text": "Yes."})
ask("POST", "/admin/codes", {"chain": "next", "store": "S1", "till": "1"})
ask("POST", "/admin/bundles", file("parcel"))
ask("POST", "/admin/bundles", file("parcel"), 409)
ask("POST", "/admin/bundles", file("rollout"))
ask("POST", "/admin/chains/demo/rollout", {"do": "halt", "reason": "looked at"})
ask("POST", "/admin/chains/demo/rollout", {"do": "dance"}, 400)
ask("POST", "/admin/chains/demo/roots", json.loads(file("root.json")))
ask("POST", "/admin/chains/demo/roots", json.loads(file("root.json")), 409)
ask("POST", "/admin/backup", {"path": f"{files}/copy.db"})
ask("POST", "/admin/upkeep", {})
*records, closing = file("export.jsonl").splitlines(keepends=True)
ask("POST", "/admin/records/end", json.loads(closing), 400)  # another way to write the same
ask("POST", "/admin/records/end", closing)
ask("POST", "/admin/records", "".join(records) if isinstance(closing, str) else b"".join(records))
leases = ask("GET", "/admin/leases")["leases"]
ask("POST", f"/admin/leases/{leases[0]['id'] if leases else 'none'}/recall", {})
for name in ("chains", "metrics", "points", "exposure", "fleet", "bundles", "rollouts", "roots", "totals", "ledger", "differences", "dead-letters",
             "notices", "cashiers", "members/M0002"):
    ask("GET", f"/admin/{name}")
ask("GET", "/admin/members/nobody", None, 404)
tills = ask("GET", "/admin/tills")["tills"]
ask("POST", f"/admin/tills/{tills[0]['dev']}/revoke", {})
faults += [f"{' '.join(one)}: was not called" for one in sorted(set(operations) - called)]
for fault in faults:
    print(fault)
print(f"{len(called)} operations of the office called, {len(faults)} faults")
sys.exit(1 if faults else 0)
