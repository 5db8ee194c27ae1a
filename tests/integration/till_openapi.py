# SPDX-License-Identifier: Apache-2.0
"""usage: till_openapi.py DOCUMENT SOURCES PORT CA.pem CODE SALE FILES. Exit status 1 and words when document and server differ.

A till written from docs/protocol.md alone: keys, MACs, records and certificates of its own. Every route of the server is in the
document and the reverse; every operation is called, the answer checked by its schema and its MAC, and once without a certificate.
SOURCES is the source tree, CODE enrols, SALE is one the central has booked, FILES a folder to write to."""
import hashlib
import hmac
import http.client
import json
import re
import secrets
import ssl
import subprocess
import sys
import urllib.parse

import jsonschema
import yaml

document = yaml.safe_load(open(sys.argv[1], encoding="utf-8"))
sources, port, ca, code, sale, files = sys.argv[2], int(sys.argv[3]), *sys.argv[4:8]
faults, called = [], set()


def text(name):
    return open(f"{sources}/{name}", encoding="utf-8").read()


def strict(node, whole=True):
    """As JSON Schema has it: null where nullable says so, and no member that the document does not know."""
    if isinstance(node, list):
        return [strict(one, whole) for one in node]
    if not isinstance(node, dict):
        return node
    node = {key: strict(value, whole and key != "allOf") for key, value in node.items()}
    if whole and node.get("type") == "object" and "properties" in node:
        node.setdefault("additionalProperties", False)
    return {"anyOf": [{"type": "null"}, node]} if node.pop("nullable", False) else node


document = {**document, "paths": strict(document["paths"]), "components": strict(document["components"])}
document["components"]["schemas"]["Error"]["additionalProperties"] = True
operations = {
    (method.upper(), path): operation
    for path, item in document["paths"].items()
    for method, operation in item.items()
    if method in ("get", "post")
}
paths = dict(re.findall(r'#define (RENEWAL_\w*PATH)\s+"([^"]+)"', text("sync/protocol/renewal.h")))
routes = {
    (method, paths.get(path, path.strip('"')))
    for method, path in re.findall(r'\{"(GET|POST)", ("/v1/[^"]*"|RENEWAL_\w+),', text("sync/central/till_server.c"))
}
faults += [f"{' '.join(route)}: the server has it, the document does not" for route in sorted(routes - set(operations))]
faults += [f"{' '.join(route)}: the document has it, the server does not" for route in sorted(set(operations) - routes)]


def resolve(node):
    while "$ref" in node:
        target = document
        for part in node["$ref"][2:].split("/"):
            target = target[part]
        node = target
    return node


def check(value, schema, where):
    whole = {"components": document["components"], "allOf": [schema]}
    for error in jsonschema.Draft202012Validator(whole).iter_errors(value):
        faults.append(f"{where}: at /{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}")


# ---- keys ----

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
G = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296, 0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def add(a, b):  # points of P-256; None: the neutral one
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and (a[1] + b[1]) % P == 0:
        return None
    slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P) if a == b else (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def times(k, point):
    result = None
    while k:
        result = add(result, point) if k & 1 else result
        point, k = add(point, point), k >> 1
    return result


def hkdf(secret, salt, info):
    key = hmac.digest(salt, secret, "sha256")
    return hmac.digest(key, info + b"\1", "sha256")


def openssl(*words, given=None):
    return subprocess.run(["openssl", *words], input=given, capture_output=True, check=True).stdout


def tls_key(name):
    path = f"{files}/{name}.pem"
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path)
    return path, openssl("req", "-new", "-key", path, "-subj", f"/CN={dev}").decode()


# ---- questions ----

dev, epoch, mac_key, certificate = secrets.token_hex(8), secrets.token_hex(8), None, None
n = 0


def connect(with_certificate):
    context = ssl.create_default_context(cafile=ca)
    if with_certificate and certificate:
        context.load_cert_chain(f"{files}/{certificate}.crt", f"{files}/{certificate}.pem")
    return http.client.HTTPSConnection("localhost", port, timeout=20, context=context)


def mac(word, op, rest, body):
    parts = [word, dev, epoch, f"{n:016x}", op, rest]
    return hmac.new(mac_key, b"".join(p.encode() + b"\0" for p in parts) + body, "sha256").hexdigest()


def send(method, url, headers, body, with_certificate):
    connection = connect(with_certificate)
    try:
        connection.request(method, url, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers
    finally:
        connection.close()


def ask(op, method, path, url=None, args="", body=None, status=200, headers=None, with_certificate=True, signed=True):
    """op "": a route of loyald-sync's own, without a MAC."""
    global n
    n += 1
    operation = operations.get((method, path))
    if not operation:
        return None
    called.add((method, path))
    where = f"{method} {path}"
    data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    if body is not None and not isinstance(body, bytes) and status == 200:
        check(body, operation["requestBody"]["content"]["application/json"]["schema"], f"{where}, request")
    wanted = {"Loyald-Protocol": "1", **(headers or {})}
    if op:
        wanted |= {"Loyald-Dev": dev, "Loyald-Epoch": epoch, "Loyald-N": f"{n:016x}"}
    if op and signed:
        wanted["Loyald-Mac"] = mac("loyald-request-1", op, args, data)
    named = {resolve(p)["name"] for p in operation.get("parameters", []) if resolve(p)["in"] == "header"}
    faults.extend(f"{where}: the document has no header {name}" for name in wanted if name not in named | {"Loyald-Protocol"})
    got, answer, answered = send(method, url or path, wanted, data or None, with_certificate)
    if got != status:
        faults.append(f"{where}: answered {got} instead of {status}: {answer[:200]}")
        return None
    if answered["Loyald-Protocol"] != "1":
        faults.append(f"{where}: the answer names no protocol")
    described = operation["responses"].get(str(status))
    if not described:
        faults.append(f"{where}: answered {status}, which the document does not know")
        return None
    kind, content = next(iter(resolve(described)["content"].items()))
    if answered["Content-Type"].split(";")[0] != kind:
        faults.append(f"{where}: {answered['Content-Type']}, the document says {kind}")
    value = answer
    if kind == "application/json":
        value = json.loads(answer)
        check(value, content["schema"], f"{where}, {status}")
    if op and with_certificate and mac_key and answered["Loyald-Mac"] != mac("loyald-answer-1", op, str(status), answer):
        faults.append(f"{where}: the answer's MAC is wrong")
    return value


# ---- a life ----

own = secrets.randbelow(ORDER - 1) + 1
point = "04" + "".join(f"{c:064x}" for c in times(own, G))
_, csr = tls_key("first")
wish = {"code": "wrong", "dev": dev, "epoch": epoch, "csr": csr, "point": point, "version": "0"}
ask("enrol", "POST", "/v1/enroll", body=wish, status=403, signed=False, with_certificate=False)
wish["code"] = code
answer = ask("enrol", "POST", "/v1/enroll", body=wish, signed=False, with_certificate=False)
other = bytes.fromhex(answer["point"][2:])
shared = times(own, (int.from_bytes(other[:32], "big"), int.from_bytes(other[32:], "big")))[0].to_bytes(32, "big")
mac_key = hkdf(shared, code.encode(), b"loyald mac 1")
open(f"{files}/first.crt", "w", encoding="utf-8").write(answer["certificate"])
certificate = "first"

previous = bytes(32)
for seq, (kind, body) in enumerate([("void", '{"sale_id":"X-1"}'), ("shift", '{"open":true}')], 1):
    record = (f'{{"dev":"{dev}","epoch":"{epoch}","seq":{seq},"hlc":"{(1795000000000 << 16) + seq:016x}","type":"{kind}","tv":1,'
              f'"prev":"{previous.hex()}","body":{body}}}').encode()
    previous = hashlib.sha256(previous + record).digest()
    cursor = ask("journal", "POST", "/v1/journal", body=record + b"\n")
    if cursor and (cursor["acked"] != seq or cursor["hash"] != previous.hex()):
        faults.append(f"journal: {cursor} after record {seq}")
ask("journal", "POST", "/v1/journal", body=record.replace(b'"seq":2', b'"seq":9') + b"\n", status=409)
ask("journal", "POST", "/v1/journal", body=record[:50] + b"\n", status=400)
ask("journal", "POST", "/v1/journal", body=record + b"\n", status=401, with_certificate=False)

updates = ask("updates", "GET", "/v1/updates", url="/v1/updates?cursor=&wait=0", args=" 0")
while updates["more"]:
    at = updates["cursor"]
    updates = ask("updates", "GET", "/v1/updates", url=f"/v1/updates?cursor={at}&wait=0", args=f"{at} 0")
    members = updates["members"] or members if "members" in globals() else updates["members"]
members = updates["members"] or members
hashed = members[0]["identifiers"][0]
ask("member", "GET", "/v1/members/{identifier}", url=f"/v1/members/{hashed}", args=hashed)
ask("member", "GET", "/v1/members/{identifier}", url=f"/v1/members/{'0' * 32}", args="0" * 32)
ask("sale", "GET", "/v1/sales/{sale}", url=f"/v1/sales/{sale}", args=sale)
ask("sale", "GET", "/v1/sales/{sale}", url="/v1/sales/nobody", args="nobody")
hold = {"hold": secrets.token_hex(8), "sale_id": "X-2", "member": members[0]["id"], "currency": "bonus", "amount": 1}
ask("hold", "POST", "/v1/redeem", body=hold)
ask("hold", "POST", "/v1/redeem", body={"hold": "x"}, status=400)
ask("hold_void", "POST", "/v1/redeem/void", body={"hold": hold["hold"]})
ask("claim", "POST", "/v1/coupons/claim", body={"code": "abc", "sale_id": "X-2", "uses_max": 1})
manifest = json.loads(updates["manifest"]["text"])["files"][0]
size = min(manifest["bytes"], 1000)
blob = ask("blob", "GET", "/v1/blob/{sha256}", url=f"/v1/blob/{manifest['sha256']}", args=f"{manifest['sha256']} 0 {size - 1}",
           headers={"Range": f"bytes=0-{size - 1}"}, status=206)
if blob is not None and len(blob) != size:
    faults.append(f"blob: {len(blob)} bytes of {size}")
ask("root", "GET", "/v1/roots/{version}", url="/v1/roots/1", args="1")
ask("root", "GET", "/v1/roots/{version}", url="/v1/roots/9", args="9", status=404)
ask("status", "POST", "/v1/status", body={"version": "0", "head": 2, "acked": 2, "bundle_version": 1})

ask("", "GET", "/v1/identity")
_, next_csr = tls_key("second")
signature = openssl("dgst", "-sha256", "-sign", f"{files}/first.pem", given=b"loyald-renew-1\0" + dev.encode() + b"\0" + next_csr.encode())
wish = {"dev": dev, "certificate": answer["certificate"], "csr": next_csr, "signature": signature.hex()}
ask("", "POST", "/v1/renew", body={**wish, "signature": "00" * 70}, status=403, with_certificate=False)
renewed = ask("", "POST", "/v1/renew", body=wish, with_certificate=False)
if renewed:
    open(f"{files}/second.crt", "w", encoding="utf-8").write(renewed["certificate"])
    certificate = "second"
    own_ca = hashlib.sha256(renewed["ca"].encode()).hexdigest()[:16]
    ask("", "GET", "/v1/identity", url=f"/v1/identity?ca={urllib.parse.quote(own_ca)}")
    certificate = "first"
    ask("status", "POST", "/v1/status", body={"version": "0"}, status=401)

faults += [f"{' '.join(one)}: was not called" for one in sorted(set(operations) - called)]
for fault in faults:
    print(fault)
print(f"{len(called)} operations of the tills called, {len(faults)} faults")
sys.exit(1 if faults else 0)
