#!/usr/bin/python3
"""What tells the world of revocations, over plain HTTP: lists, responders and the certificates of authorities, each as
truly as the file MODE of its authority says. Usage: tls-seen.py FOLDER PORT; FOLDER holds one own CA of
tests/lib/acme.sh for each name, and `forger`, another one of the same name."""
import datetime
import http.server
import os
import subprocess
import sys
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

ROOT = sys.argv[1]


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def read(*names):
    with open(os.path.join(ROOT, *names), "rb") as f:
        return f.read()


def config(name, into, **other):
    """That of the authority, with some of its lines changed."""
    lines = read(name, "openssl.cnf").decode().splitlines()
    path = os.path.join(into, "cnf")
    with open(path, "w") as f:
        for line in lines:
            key = line.split(" = ")[0]
            print(f"{key} = {other[key]}" if key in other else line, file=f)
    return path


def crl(name, mode, into):
    other = {"crlnumber": os.path.join(into, "number")}
    words = []
    with open(other["crlnumber"], "w") as f:
        print("1000", file=f)
    if mode == "good":
        other["database"] = os.path.join(ROOT, name, "index.before")
    elif mode == "other":
        other["database"] = os.path.join(into, "index")
        with open(other["database"], "wb") as f:
            f.write(read(name, "index").replace(b",keyCompromise", b",superseded"))
        with open(other["database"] + ".attr", "w") as f:
            print("unique_subject = no", file=f)
    elif mode == "expired":
        words = ["-crl_lastupdate", "20200101000000Z", "-crl_nextupdate", "20200102000000Z"]
    elif mode == "forged":
        other.update(certificate=os.path.join(ROOT, "forger", "ca.pem"),
                     private_key=os.path.join(ROOT, "forger", "ca.key"))
    out = os.path.join(into, "crl")
    openssl("ca", "-config", config(name, into, **other), "-gencrl", *words, "-out", out)
    with open(out, "rb") as f:
        return f.read()


def expired(name, question):
    """It says "revoked", properly signed, and two days too long ago."""
    asked = ocsp.load_der_ocsp_request(question)
    ca = x509.load_pem_x509_certificate(read(name, "ca.pem"))
    key = serialization.load_pem_private_key(read(name, "ca.key"), None)
    with open(os.path.join(ROOT, name, "issued", f"{asked.serial_number:X}.pem"), "rb") as f:
        cert = x509.load_pem_x509_certificate(f.read())
    was = datetime.datetime.utcnow() - datetime.timedelta(days=3)
    return ocsp.OCSPResponseBuilder().add_response(
        cert=cert, issuer=ca, algorithm=hashes.SHA1(), cert_status=ocsp.OCSPCertStatus.REVOKED, this_update=was,
        next_update=was + datetime.timedelta(days=1), revocation_time=was,
        revocation_reason=x509.ReasonFlags.key_compromise,
    ).responder_id(ocsp.OCSPResponderEncoding.HASH, ca).sign(key, hashes.SHA256()).public_bytes(
        serialization.Encoding.DER)


def answer(name, mode, question, into):
    if mode == "expired":
        return expired(name, question)
    index = {"good": os.path.join(ROOT, name, "index.before"), "unknown": os.devnull}
    signer = "forger" if mode == "forged" else name
    asked, out = os.path.join(into, "asked"), os.path.join(into, "answer")
    with open(asked, "wb") as f:
        f.write(question)
    openssl("ocsp", "-index", index.get(mode, os.path.join(ROOT, name, "index")), "-CA",
            os.path.join(ROOT, name, "ca.pem"), "-rsigner", os.path.join(ROOT, signer, "ca.pem"), "-rkey",
            os.path.join(ROOT, signer, "ca.key"), "-reqin", asked, "-noverify", "-respout", out)
    with open(out, "rb") as f:
        return f.read()


class Handler(http.server.BaseHTTPRequestHandler):
    def give(self, make):
        kind, name = self.path.strip("/").split("/")
        mode = read(name, "mode").decode().strip()
        if kind == "ca":
            mode = "true"
        if mode == "silent":
            self.connection.recv(1)        # until who asks goes away
            self.close_connection = True
            return
        with tempfile.TemporaryDirectory() as into:
            body = make(kind, name, mode, into)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path.startswith("/ca/"):
            return self.give(lambda kind, name, mode, into: read(name, "ca.der"))
        return self.give(lambda kind, name, mode, into: crl(name, mode, into))

    def do_POST(self):
        question = self.rfile.read(int(self.headers["Content-Length"]))
        return self.give(lambda kind, name, mode, into: answer(name, mode, question, into))

    def log_message(self, *words):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Handler).serve_forever()
