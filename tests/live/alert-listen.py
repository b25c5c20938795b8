#!/usr/bin/python3
"""Those who hear: an HTTPS server, a UDP socket, and clients of IRC. alert-listen.py FOLDER CERT KEY [IRC_PORT]

FOLDER/ports gets "HTTPS UDP" when both listen. FOLDER/http gets a JSON line for each request; FOLDER/status may hold
the number that is answered. FOLDER/udp gets the datagrams. With IRC_PORT a client 'watcher' sits in #sre and one
'bobb' does not; what they are told stands in FOLDER/irc, a line each: nick, target, text; "ready NICK" when one is
there. 'watcher' also keeps #closed, where only those with an account may go in; 'bobb' gets one, whose password stands
in FOLDER/account.
"""
import http.server
import json
import os
import socket
import ssl
import sys
import threading

folder, cert, key = sys.argv[1:4]
lock = threading.Lock()


def note(name, text):
    with lock, open(os.path.join(folder, name), "a", encoding="utf-8") as f:
        f.write(text + "\n")


class Room(http.server.BaseHTTPRequestHandler):
    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        note("http", json.dumps({"method": self.command, "path": self.path, "body": json.loads(body or "null"),
                                 "authorization": self.headers.get("Authorization"),
                                 "type": self.headers.get("Content-Type")}))
        try:
            with open(os.path.join(folder, "status"), encoding="ascii") as f:
                status = int(f.read())
        except OSError:
            status = 200
        self.send_response(status)
        if status // 100 == 3:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    do_POST = do_PUT = do_GET = answer

    def log_message(self, *_):
        pass


def hear_udp(sock):
    while True:
        note("udp", sock.recv(65536).decode("utf-8", "backslashreplace"))


def hear_irc(port, nick, channel):
    context = ssl.create_default_context(cafile=cert)
    raw = socket.create_connection(("127.0.0.1", port))
    stream = context.wrap_socket(raw, server_hostname="localhost").makefile("rwb", buffering=0)
    stream.write(f"NICK {nick}\r\nUSER {nick} 0 * :{nick}\r\n".encode())
    for line in stream:
        words = line.decode("utf-8", "backslashreplace").rstrip("\r\n").split(" ", 3)
        if words[0] == "PING":
            stream.write(b"PONG " + words[1].encode() + b"\r\n")
        elif words[1] == "001" and channel:
            stream.write(f"JOIN {channel}\r\nJOIN #closed\r\nMODE #closed +R\r\n".encode())
        elif words[1] == "001":
            with open(os.path.join(folder, "account"), encoding="ascii") as f:
                stream.write(f"PRIVMSG NickServ :REGISTER {f.read().strip()} b@example.org\r\n".encode())
        elif words[1] == "MODE" and words[2] == "#closed" or words[1] == "NOTICE" and "registered" in words[3]:
            note("irc", f"ready {nick}")
        elif words[1] == "PRIVMSG":
            note("irc", f"{nick} {words[2]} {words[3][1:]}")


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Room)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(cert, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("127.0.0.1", 0))
threading.Thread(target=hear_udp, args=(udp,), daemon=True).start()
if len(sys.argv) > 4:
    for who, where in (("watcher", "#sre"), ("bobb", None)):
        threading.Thread(target=hear_irc, args=(int(sys.argv[4]), who, where), daemon=True).start()
note("ports", f"{server.server_address[1]} {udp.getsockname()[1]}")
server.serve_forever()
