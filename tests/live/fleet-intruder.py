"""The intruder's own machine: usage: fleet-intruder.py FOLDER

Port 4444 takes reverse shells: the first line is the host's name, then commands are typed and what comes back is
counted, a line each in FOLDER/shell-NAME. Port 5000 is called home: each name is a line in FOLDER/home-NAME.
"""
import pathlib
import socketserver
import socket
import sys
import threading
import time

folder = pathlib.Path(sys.argv[1])


def keep(kind, name):
    with open(folder / f"{kind}-{name}", "a", encoding="ascii") as f:
        f.write("x\n")


def name_of(stream):
    name = stream.readline(20).decode("ascii", "replace").strip()
    return name if name.isalnum() else "nobody"


class Shell(socketserver.StreamRequestHandler):
    def handle(self):
        name = name_of(self.rfile)
        try:
            while True:
                self.wfile.write(b"id -un\n")
                if self.rfile.readline(80) != b"alice\n":
                    return
                keep("shell", name)
                time.sleep(0.3)
        except OSError:
            return


class Home(socketserver.StreamRequestHandler):
    def handle(self):
        keep("home", name_of(self.rfile))


class Server(socketserver.ThreadingTCPServer):
    address_family = socket.AF_INET6          # and IPv4, by addresses that are mapped
    allow_reuse_address = True
    daemon_threads = True


servers = [Server(("::", 4444), Shell), Server(("::", 5000), Home)]
for one in servers:
    threading.Thread(target=one.serve_forever, daemon=True).start()
(folder / "ready").touch()
while True:
    time.sleep(3600)
