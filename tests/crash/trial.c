#include "trial.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool trial_text(struct trial *t, const char *file, char *ret, size_t size)
{
	_cleanup_(freep) char *path = fs_join(t->folder, file);
	_cleanup_(buf_free) struct buf b = BUF_INIT((size_t)1 << 20);
	struct err e = ERR_INIT;

	ret[0] = '\0';
	if (fs_read(path, &b, &e) < 0)
		return false;
	snprintf(ret, size, "%s", buf_text(&b));
	return true;
}

int trial_put(struct trial *t, const char *file, mode_t mode, const char *text)
{
	_cleanup_(freep) char *path = fs_join(t->folder, file);
	struct err e = ERR_INIT;

	if (fs_write_atomic(path, text, strlen(text), mode, &e) == 0)
		return 0;
	fprintf(stderr, "%s\n", e.text);
	return -1;
}

/* Renders what the remote says; silent and 0 when that is what stands there, as a settled host must be. The value goes
 * through builtins of the shell only, never through a program's arguments. */
static const char apply_program[] =
	"#!/bin/sh\n"
	"cd \"${0%/*}\"\n"
	"value=$(git --git-dir=remote.git show main:hieradata/common.yaml | sed -n \"s/^app: '\\(.*\\)'$/\\1/p\")\n"
	"[ -n \"$value\" ] || { echo 'no value in the remote'; exit 1; }\n"
	"status=0\n"
	"for file in app server; do\n"
	"	there=; [ ! -f host/$file.conf ] || read -r there < host/$file.conf\n"
	"	[ \"$there\" = \"password=$value\" ] && continue\n"
	"	printf 'password=%s\\n' \"$value\" > host/$file.new\n"
	"	mv host/$file.new host/$file.conf\n"
	"	status=2\n"
	"done\n"
	"exit $status\n";

static const char register_text[] =
	"register: 1\n"
	"organisation: {name: Test Farm, team: team@example.org, approver: lead}\n"
	"roles:\n  lead: {root: true}\n"
	"people:\n  alice: {name: Alice Archer, mail: alice@example.org, roles: [lead], key: '%s'}\n"
	"hosts:\n  box: {reach: local, configuration: %s}\n"
	"repositories:\n  private: {kind: private, url: %s/remote.git}\n"
	"systems:\n  thing: {title: The service, contacts: [alice], hosts: [box]}\n"
	"secrets:\n"
	"  thing/password:\n"
	"    kind: %s\n"
	"    places: [{repository: private, file: hieradata/common.yaml, key: app}]\n"
	"    accounts:\n"
	"%s"
	"    consumers:\n"
	"      - {hosts: box, file: %s/host/server.conf, side: server}\n"
	"      - {hosts: box, file: %s/host/app.conf, service: app, restart: firebreak, "
	"restart_command: [touch, %s/host/restarted]}\n"
	"  thing/admin:\n"
	"    kind: shared-secret\n"
	"    places: [{repository: private, file: hieradata/common.yaml, key: admin}]\n";

const char *trial_programs(void)
{
	const char *other = getenv("CRASH_PROGRAMS");

	return other && *other ? other : CRASH_PROGRAMS;
}

static int make_programs(struct trial *t)
{
	return trial_sh(t, "mkdir bin share share/firebreak register host state\n"
			"cp '%1$s/firebreak-crash' bin/firebreak\n"
			"for p in '%1$s'/firebreak-worker-crash*; do\n"
			"	[ -d \"$p\" ] || cp \"$p\" \"bin/firebreak-worker${p##*/firebreak-worker-crash}\"\n"
			"done\n"
			"cp -r '%2$s/playbooks' '%2$s/rules' share/firebreak\nchmod 700 apply", trial_programs(),
			CRASH_SOURCE);
}

static int make_remote(struct trial *t, const char *password)
{
	_cleanup_(buf_free) struct buf yaml = BUF_INIT(4096);

	buf_printf(&yaml, "# values of the farm\napp: '%s'\nadmin: '%s'\nother: 'stays'\n", password,
		   t->service.admin_password);
	if (trial_sh(t, "git init -q --bare --initial-branch=main remote.git\n"
		     "git init -q --initial-branch=main work\nmkdir work/hieradata") != 0 ||
	    trial_put(t, "work/hieradata/common.yaml", 0600, buf_text(&yaml)) < 0)
		return -1;
	return trial_sh(t, "cd work\ngit add -A\n"
			"git -c user.name=a -c user.email=a@example.org commit -q -m first\n"
			"git push -q ../remote.git main\ncd ..\nrm -rf work");
}

static void options_of(const char *const *options, const char *kept, struct buf *b)
{
	buf_str(b, "options: {");
	for (size_t i = 0; options[i]; i += 2)
		buf_printf(b, "%s%s: '%s'", i ? ", " : "", options[i], options[i + 1]);
	if (*kept)
		buf_printf(b, "%sfile: '%s'", options[0] ? ", " : "", kept);
	buf_str(b, "}}\n");
}

static void accounts_of(const struct service *s, struct buf *b)
{
	const char *d = s->kind->driver;

	for (size_t i = 0; i < s->n_also; i++) {
		buf_printf(b, "      - {driver: %s, address: '%s', users: ['%s'], from: box, host: box, ", d,
			   s->also[i].address, s->also[i].user);
		options_of(s->also[i].options, "", b);
	}
	buf_printf(b, "      - {driver: %s, address: '%s', users: ['%s'], admin: {user: '%s', secret: thing/admin}, "
		   "from: box, host: box, %s", d, s->address, s->user, s->admin_user,
		   s->n_also ? "role: replica, " : "");
	options_of(s->options, s->kept, b);
}

static int make_register(struct trial *t)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(1 << 16), accounts = BUF_INIT(1 << 14);
	const struct service *s = &t->service;
	const char *d = s->kind->driver, *f = t->folder;
	_cleanup_(freep) char *key = mem_printf("--key=%s/key", f);
	_cleanup_(freep) char *kind = mem_printf("%s-password", d);
	_cleanup_(freep) char *configuration = t->apply == BY_PUPPET ? trial_puppet_configuration(t) :
					       mem_printf("{apply: command, command: [%s/apply]}", f);

	if (TRIAL(t, "key", "init", key) != 0)
		return -1;
	t->said[strcspn(t->said, "\n")] = '\0';
	accounts_of(s, &accounts);
	buf_printf(&text, register_text, t->said, configuration, f, s->kind->secret ? s->kind->secret : kind,
		   buf_text(&accounts), f, f, f);
	return trial_put(t, "register/firebreak.yaml", 0600, buf_text(&text));
}

/* It stands in the names of points, where a number does not count. */
static int make_folder(char *ret, size_t size)
{
	for (unsigned i = 0; i < 100; i++) {
		snprintf(ret, size, "/tmp/firebreak-crash-%07d%02u", (int)getpid(), i);
		if (mkdir(ret, 0700) == 0)
			return 0;
	}
	return -1;
}

int trial_begin(struct trial *t, const struct service_kind *kind, enum trial_apply apply)
{
	char password[33];

	*t = (struct trial){ .apply = apply };
	service_password(password);
	if (make_folder(t->folder, sizeof(t->folder)) < 0 || trial_put(t, "apply", 0700, apply_program) < 0 ||
	    make_programs(t) != 0 || kind->start(&t->service, password) < 0)
		return -1;
	if (make_remote(t, password) == 0 && (apply == BY_COMMAND || trial_puppet_make(t) == 0) &&
	    make_register(t) == 0)
		return 0;
	fprintf(stderr, "crash: the farm could not be made: %s\n", t->said);
	return -1;
}

static void end_intruder(struct trial *t)
{
	if (t->intruder)
		t->service.kind->session_end(t->intruder);
	t->intruder = NULL;
}

void trial_end(struct trial *t)
{
	struct err e = ERR_INIT;

	end_intruder(t);
	t->service.kind->stop(&t->service);
	if (fs_remove_tree(t->folder, &e) < 0)
		fprintf(stderr, "%s\n", e.text);
}

int trial_value(struct trial *t, char ret[TRIAL_VALUE])
{
	char *at, *end;

	if (TRIAL_PROGRAM(t, "git", "--git-dir=remote.git", "show", "main:hieradata/common.yaml") != 0)
		return -1;
	at = strstr(t->said, "\napp: '");
	end = at ? strstr(at + 7, "'\n") : NULL;
	if (!end || end - at - 7 >= TRIAL_VALUE)
		return -1;
	snprintf(ret, TRIAL_VALUE, "%.*s", (int)(end - at - 7), at + 7);
	return 0;
}

int trial_declare(struct trial *t)
{
	_cleanup_(json_freep) json_t *j = NULL;
	struct err e = ERR_INIT;

	end_intruder(t);
	if (trial_value(t, t->old) < 0)
		return -1;
	t->intruder = t->service.kind->session(&t->service, t->service.user, t->old);
	if (TRIAL(t, "declare", "thing/password", "--because=pasted into a channel", "--json",
		  t->planned ? "--planned" : NULL) != 0 ||
	    json_read("declare", t->said, strlen(t->said), sizeof(t->said), &j, &e) < 0)
		return -1;
	t->incident = json_int(j, "incident", 0);
	return t->intruder && t->incident ? 0 : -1;
}
