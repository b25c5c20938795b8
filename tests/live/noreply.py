"""A consumer of the mail account, or the intruder: usage: noreply.py grafana|phabricator FILE TO SUBJECT
                                                            noreply.py serve grafana|phabricator FILE PORT
                                                            noreply.py sessions IMAP SMTP [IMAP SMTP ...]

The first two send one mail with what the consumer's own file says. `serve` is the consumer's daemon: it reads the file
when it starts and never again, and sends a mail for each GET /TO/SUBJECT, with the settings that it has. `sessions`
reads a password from standard input, logs in over each port and says "in"; at each further line it uses each session
and says which of them live.
"""
import configparser
import http.server
import imaplib
import json
import smtplib
import sys


def settings(kind, path):
    if kind == "grafana":
        ini = configparser.ConfigParser(interpolation=None)
        ini.read(path)
        smtp = ini["smtp"]
        if not smtp.getboolean("enabled"):
            raise ValueError("mail is switched off")
        host, port = smtp["host"].split(":")
        return host, int(port), smtp["user"], smtp["password"].removeprefix('"""').removesuffix('"""')
    with open(path, encoding="ascii") as f:
        mailers = json.load(f)["cluster.mailers"]
    options = next(m for m in mailers if m["type"] == "smtp")["options"]
    return options["host"], options["port"], options["user"], options["password"]


def send(kind, found, to, subject):
    host, port, user, password = found
    with smtplib.SMTP(host, port, timeout=60) as s:
        s.login(user, password)
        s.sendmail("noreply@example.net", [to], f"Subject: {subject}\r\n\r\nA mail of {kind}.\r\n")


def serve(kind, path, port):
    found = settings(kind, path)

    class Asked(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            words = self.path.split("/")
            if len(words) != 3:
                self.send_error(404)
                return
            try:
                send(kind, found, words[1], words[2])
                self.send_response(200, "sent")
            except (OSError, smtplib.SMTPException) as e:
                self.send_response(502, type(e).__name__)
            self.end_headers()

        def log_message(self, *args):
            pass

    http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Asked).serve_forever()


def lives(session):
    try:
        if isinstance(session, imaplib.IMAP4):
            return session.noop()[0] == "OK"
        session.sendmail("noreply@example.net", ["u1@example.net"], "Subject: intruder\r\n\r\nStill here.\r\n")
        return True
    except (OSError, smtplib.SMTPException, imaplib.IMAP4.error):
        return False


def sessions(ports):
    password = sys.stdin.readline().rstrip("\n")
    held = []
    for imap, smtp in zip(ports[::2], ports[1::2]):
        held.append(imaplib.IMAP4("127.0.0.1", int(imap)))
        held[-1].login("noreply", password)
        held.append(smtplib.SMTP("127.0.0.1", int(smtp), timeout=60))
        held[-1].login("noreply", password)
    print("in", flush=True)
    while sys.stdin.readline():
        print("".join("y" if lives(s) else "n" for s in held), flush=True)


if sys.argv[1] == "sessions":
    sessions(sys.argv[2:])
elif sys.argv[1] == "serve":
    serve(*sys.argv[2:])
else:
    send(sys.argv[1], settings(*sys.argv[1:3]), *sys.argv[3:])
