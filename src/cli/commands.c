#include "cli/commands.h"

#define COMMAND(f, n, a, s) { .name = (n), .arguments = (a), .summary = (s), .run = cmd_##f, .options = options_##f }

const struct command commands[] = {
	COMMAND(declare, "declare", "WHAT... --because TEXT", "Say that something leaked; shows what it reaches"),
	COMMAND(plan, "plan", "N", "Show what will be done, why, and who feels it"),
	COMMAND(respond, "respond", "N", "Do it: replace, cut off, prove; run it again to go on"),
	COMMAND(drill, "drill", "SECRET... | N", "Try the planned path on a calm day, with an intruder beside it"),
	COMMAND(evict, "evict", "N [HOST...]", "Take an account or an ssh key from every host, and prove that it is "
					       "gone"),
	COMMAND(status, "status", "[N]", "How far it is, and what comes next"),
	COMMAND(timeline, "timeline", "N", "What happened, one line a row, in UTC"),
	COMMAND(report, "report", "N [--output FILE] | N approve|publish --draft FILE ...", "Draft "
		"the incident report, make texts of it, approve and publish it"),
	COMMAND(severity, "severity", "N [--class WORD ... --because TEXT]", "How bad it is for people, input by "
		"input"),
	COMMAND(notice, "notice", "show|draft|word|sent|decide|aware|site|withdraw|external N ...", "Whom the law "
		"and the page have told, until when, and with what text"),
	COMMAND(alert, "alert", "[N] [--again WHO]", "Tell those of us who are to be told now; a timer may run it"),
	COMMAND(ack, "ack", "N [WHO]", "Say that somebody who was told has it"),
	COMMAND(mail, "mail", "send|status|settle|forget|count N ...", "Mail the people concerned, each once, and keep "
		"what became of each"),
	COMMAND(contain, "contain", "N HOST... [--level WORD]", "Cut hosts off so that nobody but the responders gets "
		"in; proven from outside"),
	COMMAND(release, "release", "N HOST...", "Let hosts free again that were contained, with proof"),
	COMMAND(investigate, "investigate", "N HOST...", "Ask hosts how somebody got in: logins, files of packages, "
		"old software"),
	COMMAND(posture, "posture", "[HOST...]", "Hold hosts against what the page claims of servers; for calm days"),
	COMMAND(answer, "answer", "N STEP... --because TEXT", "Say that a person's step is done"),
	COMMAND(close, "close", "N [--because TEXT]", "End an incident of which every step is settled"),
	COMMAND(recover, "recover", "N SECRET", "Show a sealed value on the terminal, after a confirmation"),
	COMMAND(evidence, "evidence", "N [HOST [FILE]] | N --take HOST...",
		"Take what is fleeting on hosts, sealed; list and open it"),
	COMMAND(baseline, "baseline", "[HOST...] [--accept]", "Keep what stands on hosts on calm days, and tell what "
		"differs"),
	COMMAND(journal, "journal", "verify [--anchor ROW:HASH] | export [N]", "Check the journal's chain, or print "
		"its rows"),
	COMMAND(register, "register", "check | show [NAME] | graph | add PLACE [KEY]", "Check the register, show and "
		"draw what is in it, add what it lacks"),
	COMMAND(check, "check", "[--repository NAME=PATH]", "Find what is private and nobody knows of; for CI"),
	COMMAND(hook, "hook", "install REPO | remove REPO | status REPO | pre-receive", "Refuse pushes of what nobody "
		"registered"),
	COMMAND(init, "init", "--private PATH --puppet PATH [--out FOLDER]", "Draft a first register out of "
		"repositories"),
	COMMAND(scan, "scan", "[PATH] [--history]", "Find what looks like a secret, in a folder or a whole history"),
	COMMAND(trace, "trace", "[SECRET...] [--incident N]", "Find every place where a value stands: histories, "
		"hosts, backups"),
	COMMAND(completion, "completion", "", "Print the completion for bash"),
	COMMAND(key, "key", "init [--passphrase] | show", "Make or show this responder's key"),
};

const size_t commands_count = ARRAY_SIZE(commands);
