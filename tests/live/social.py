"""A server with the shape of Mastodon's API for statuses, of the web hooks of Discord and Slack, and of Matrix, by
HTTPS. What it takes goes to FOLDER/taken, a JSON line each; FOLDER/answer, when there, is the number that it answers
instead; with FOLDER/mute it takes and does not answer.
Usage: social.py FOLDER CERTIFICATE KEY TOKEN"""
import http.server
import json
import os
import ssl
import sys
import urllib.parse

folder, certificate, key, token = sys.argv[1:5]
seen = {}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def keep(self, what):
        with open(os.path.join(folder, "taken"), "a", encoding="utf-8") as f:
            f.write(json.dumps(what) + "\n")

    def status(self, body):
        kind = self.headers.get("Content-Type", "")
        if self.headers.get("Authorization") != "Bearer " + token:
            return self.answer(401, {"error": "The access token is invalid"})
        form = urllib.parse.parse_qs(body.decode(), strict_parsing=True)
        text, idem = form.get("status", [""])[0], self.headers.get("Idempotency-Key")
        if kind != "application/x-www-form-urlencoded" or not text or form.get("visibility") != ["public"]:
            return self.answer(422, {"error": "Validation failed: Text can't be blank"})
        if len(text) > 500:
            return self.answer(422, {"error": "Validation failed: Text character limit of 500 exceeded"})
        if idem not in seen:
            seen[idem] = str(1000 + len(seen))
            self.keep({"status": text, "key": idem})
        return self.taken({"id": seen[idem], "url": "https://social.example.org/@farm/" + seen[idem],
                           "content": text, "visibility": "public"})

    def taken(self, body):
        if os.path.exists(os.path.join(folder, "mute")):
            self.close_connection = True
            return None
        return self.answer(200, body)

    def matrix(self, path, body):
        words = [urllib.parse.unquote(w) for w in path.split("/")]
        said = json.loads(body)
        if self.headers.get("Authorization") != "Bearer " + token:
            return self.answer(401, {"errcode": "M_UNKNOWN_TOKEN"})
        if len(words) != 9 or words[6:8] != ["send", "m.room.message"] or said["msgtype"] != "m.text":
            return self.answer(400, {"errcode": "M_BAD_JSON"})
        if words[8] not in seen:
            seen[words[8]] = "$" + str(len(seen))
            self.keep({"matrix": said["body"], "room": words[5]})
        return self.taken({"event_id": seen[words[8]]})

    def forced(self):
        other = os.path.join(folder, "answer")
        if not os.path.exists(other):
            return False
        with open(other, encoding="utf-8") as f:
            self.answer(int(f.read()), {"error": "not now"})
        return True

    def do_PUT(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = urllib.parse.urlparse(self.path).path
        if self.forced():
            return None
        if path.startswith("/_matrix/client/v3/rooms/"):
            return self.matrix(path, body)
        return self.answer(404, {"errcode": "M_UNRECOGNIZED"})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.forced():
            return None
        path = urllib.parse.urlparse(self.path).path
        if path == "/api/v1/statuses":
            return self.status(body)
        if path.startswith("/api/webhooks/"):
            self.keep({"room": json.loads(body)["content"]})
            return self.answer(200, {"id": "1"})
        if path.startswith("/services/"):
            self.keep({"slack": json.loads(body)["text"]})
            return self.taken("ok")
        return self.answer(404, {"error": "Not Found"})


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.socket = context.wrap_socket(server.socket, server_side=True)
with open(os.path.join(folder, "port.new"), "w", encoding="utf-8") as f:
    f.write(str(server.server_address[1]))
os.rename(os.path.join(folder, "port.new"), os.path.join(folder, "port"))
server.serve_forever()
