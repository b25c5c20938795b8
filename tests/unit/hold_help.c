#include "hold_help.h"
#include "base/clock.h"
#include "base/fs.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_MS 20000

void put(const struct stage *h, const char *name, const char *text, mode_t mode)
{
	_cleanup_(freep) char *path = mem_printf("%s%s", h->root, name), *folder = mem_dup(path);
	struct err e = ERR_INIT;

	*strrchr(folder, '/') = 0;
	assert_int_equal(fs_mkdirs(folder, 0755, &e), 0);
	assert_int_equal(fs_write_atomic(path, text, strlen(text), mode, &e), 0);
}

void unput(const struct stage *h, const char *name)
{
	_cleanup_(freep) char *path = mem_printf("%s%s", h->root, name);

	assert_int_equal(unlink(path), 0);
}

bool is_there(const struct stage *h, const char *name)
{
	_cleanup_(freep) char *path = mem_printf("%s%s", h->root, name);

	return fs_exists(path);
}

char *text_of(const struct stage *h, const char *name)
{
	_cleanup_(freep) char *path = mem_printf("%s%s", h->root, name);
	struct buf b = BUF_INIT(1 << 20);

	if (fs_read(path, &b, NULL) < 0) {
		buf_free(&b);
		return mem_dup("");
	}
	return buf_take(&b);
}

/* Takes rules into a file, lists that file, and forgets it when the rules are a deletion. /broken: it refuses them;
 * /behind: what it does once, when it has taken them. */
int set_up(void **state)
{
	struct stage *h = mem_zero(1, sizeof(*h));
	_cleanup_(freep) char *script = NULL;
	const char *folder = getenv("TMPDIR");

	(void)snprintf(h->root, sizeof(h->root), "%s/firebreak-hold.XXXXXX", folder ? folder : "/tmp");
	assert_non_null(mkdtemp(h->root));
	script = mem_printf("#!/bin/sh\nr=%s/rules\n[ ! -e %s/broken ] || { echo 'syntax error' >&2; exit 1; }\n"
			    "if [ \"$1\" = list ]; then [ -s $r ] && cat $r; else cat >$r.new\n"
			    "if grep -q chain $r.new; then mv $r.new $r; else rm -f $r $r.new; fi\n"
			    "if mv %s/behind $r.behind 2>/dev/null; then . $r.behind; fi; fi\n",
			    h->root, h->root, h->root);
	put(h, "/usr/sbin/nft", script, 0755);
	assert_int_equal(setenv("SSH_CONNECTION", SOMEBODY, 1), 0);
	/* what outlives a visit is waited for by the test, which must leave nothing behind */
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	*state = h;
	return 0;
}

int tear_down(void **state)
{
	struct stage *h = *state;

	/* a dead-man of this test ends when its marker is another's, not when it is gone */
	put(h, HOLD_RUN "/marker", "{\"token\":\"none\"}", 0600);
	while (waitpid(-1, NULL, 0) > 0)
		;
	(void)fs_remove_tree(h->root, NULL);
	free(h);
	return 0;
}

static json_t *visit(struct stage *h, const char *request)
{
	_cleanup_(freep) char *path = mem_printf("%s/answers", h->root);
	_cleanup_(buf_free) struct buf text = BUF_INIT(1 << 20);
	FILE *f = fopen(path, "w");
	struct scout_out o;
	json_t *j = NULL;
	struct err e = ERR_INIT;
	const char *last;

	assert_non_null(f);
	scout_out_begin(&o, fileno(f), h->root);
	scout_serve(request, strlen(request), &o);
	scout_out_end(&o);
	fclose(f);
	assert_int_equal(fs_read(path, &text, &e), 0);
	last = strstr(buf_text(&text), "{\"type\":\"result\"");
	assert_non_null(last);
	assert_int_equal(json_read("answer", last, strlen(last) - 1, 1 << 20, &j, &e), 0);
	return j;
}

#define REQUEST \
	"{\"v\":1,\"limit_ms\":20000,\"do\":{\"%s\":{\"incident\":%lld,\"level\":\"%s\",\"responders\":%s," \
	"\"ports\":[22],\"loopback\":true,\"dead_man_ms\":%lld,\"crowd\":%s}}}"

json_t *ask(struct stage *h, const char *command, int64_t incident, int64_t dead_man_ms, bool crowd)
{
	_cleanup_(freep) char *request = mem_printf(REQUEST, command, (long long)incident, "isolate",
						    BOTH, (long long)dead_man_ms, crowd ? "true" : "false");

	return visit(h, request);
}

json_t *ask_for(struct stage *h, const char *command, const char *responders, int64_t dead_man_ms)
{
	_cleanup_(freep) char *request = mem_printf(REQUEST, command, 3LL, "isolate", responders,
						    (long long)dead_man_ms, "false");

	return visit(h, request);
}

json_t *ask_crowd(struct stage *h, const char *level)
{
	_cleanup_(freep) char *request = mem_printf(REQUEST, "contain", 3LL, level, BOTH, 60000LL, "true");

	return visit(h, request);
}

void wants(struct stage *h, const char *command, int64_t incident, const char *error, const char *words)
{
	_cleanup_(json_freep) json_t *j = ask(h, command, incident, 60000, false);
	const char *text = json_str(j, "text");

	if (error ? json_is(j, "ok") || strcmp(json_str(j, "error"), error) != 0 || !strstr(text, words)
		  : !json_is(j, "ok"))
		fail_msg("%s: %s: %s", command, json_str(j, "error"), text);
}

bool state_is(const struct stage *h, const char *state)
{
	_cleanup_(freep) char *marker = text_of(h, HOLD_RUN "/marker");
	_cleanup_(freep) char *want = mem_printf("\"state\": \"%s\"", state);

	return strstr(marker, want);
}

void wait_for(const struct stage *h, const char *state)
{
	int64_t until = clock_mono_us() + INT64_C(1000) * WAIT_MS;

	while (!state_is(h, state)) {
		if (clock_mono_us() > until)
			fail_msg("it never came to be %s", state);
		clock_sleep_ms(50);
	}
}

void another_connection(void)
{
	assert_int_equal(setenv("SSH_CONNECTION", "192.0.2.8 50002 10.0.0.1 22", 1), 0);
}

