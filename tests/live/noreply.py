"""A consumer of the mail account, or the intruder: usage: noreply.py grafana|phabricator FILE TO SUBJECT
                                                            noreply.py sessions IMAP SMTP [IMAP SMTP ...]

The first two send one mail with what the consumer's own file says. `sessions` reads a password from standard input,
logs in over each port and says "in"; at each further line it uses each session and says which of them live.
"""
import configparser
import imaplib
import json
import smtplib
import sys


def settings(kind, path):
    if kind == "grafana":
        ini = configparser.ConfigParser(interpolation=None)
        ini.read(path)
        smtp = ini["smtp"]
        host, port = smtp["host"].split(":")
        return host, int(port), smtp["user"], smtp["password"].strip('"')
    with open(path, encoding="ascii") as f:
        options = json.load(f)["cluster.mailers"][0]["options"]
    return options["host"], options["port"], options["user"], options["password"]


def send(kind, path, to, subject):
    host, port, user, password = settings(kind, path)
    with smtplib.SMTP(host, port, timeout=60) as s:
        s.login(user, password)
        s.sendmail("noreply@example.net", [to], f"Subject: {subject}\r\n\r\nA mail of {kind}.\r\n")


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
else:
    send(*sys.argv[1:])
