/* The marker of a containment, and how it is undone. */
#include "base/clock.h"
#include "base/env.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "scout/hold.h"
#include <string.h>
#include <unistd.h>

#define MARKER_MAX (1u << 20)
#define LOCK_WAIT_MS 5000
#define ANCESTORS 32

static int numbers(const json_t *request, struct hold_request *ret, struct err *e)
{
	const json_t *ports = json_object_get(request, "ports");

	for (size_t k = 0; k < json_array_size(ports); k++) {
		int64_t port = json_integer_value(json_array_get(ports, k));

		if (k == CONTAIN_HOST_PORTS || port < 1 || port > 65535)
			return err_set(e, ERR_CONFIG, "request: \"ports\" holds what is no port");
		ret->ports[k] = (uint16_t)port;
	}
	ret->rules.n_ports = (uint32_t)json_array_size(ports);
	return 0;
}

static int addresses(const json_t *request, struct hold_request *ret, struct err *e)
{
	const json_t *list = json_object_get(request, "responders");
	struct contain_net net;

	for (size_t k = 0; k < json_array_size(list); k++) {
		const char *one = json_string_value(json_array_get(list, k));

		if (k == CONTAIN_NETS || !one || contain_net_parse(one, &net) < 0)
			return err_set(e, ERR_CONFIG, "request: \"responders\" holds what is no address");
		ret->responders[k] = one;
	}
	ret->rules.n_responders = (uint32_t)json_array_size(list);
	return 0;
}

int hold_request(const json_t *request, struct hold_request *ret, struct err *e)
{
	const char *level = json_str(request, "level");
	int r;

	*ret = (struct hold_request){
		.incident = json_int(request, "incident", 0), .crowd = json_is(request, "crowd"),
		.dead_man_ms = json_int(request, "dead_man_ms", 0),
		.rules = { .loopback = json_is(request, "loopback") },
	};
	if (ret->incident <= 0 || !level || !contain_level_find(level, &ret->rules.level))
		return err_set(e, ERR_CONFIG, "request: \"incident\" and \"level\" are expected");
	if (contain_levels[ret->rules.level].rules && !ret->crowd && ret->dead_man_ms <= 0)
		return err_set(e, ERR_CONFIG, "request: \"dead_man_ms\" is expected");
	(void)snprintf(ret->label, sizeof(ret->label), "firebreak incident %lld %s", (long long)ret->incident, level);
	ret->rules.label = ret->label;
	ret->rules.responders = ret->responders;
	ret->rules.ports = ret->ports;
	r = addresses(request, ret, e);
	return r < 0 ? r : numbers(request, ret, e);
}

/* Of the variables in a process's environment: "NAME=value" words with NUL between them. */
static char *variable(const struct scout_out *o, long pid, const char *name)
{
	_cleanup_(freep) char *path = mem_printf("%s/proc/%ld/environ", o->root, pid);
	_cleanup_(buf_free) struct buf text = BUF_INIT(MARKER_MAX);
	size_t n = strlen(name);

	if (fs_read(path, &text, NULL) < 0)
		return NULL;
	for (const char *p = buf_text(&text), *end = p + text.len; p < end; p += strlen(p) + 1)
		if (!strncmp(p, name, n) && p[n] == '=')
			return mem_dup(p + n + 1);
	return NULL;
}

static long parent_of(const struct scout_out *o, long pid)
{
	_cleanup_(freep) char *path = mem_printf("%s/proc/%ld/stat", o->root, pid);
	_cleanup_(buf_free) struct buf text = BUF_INIT(8192);
	const char *behind;

	if (fs_read(path, &text, NULL) < 0 || !(behind = strrchr(buf_text(&text), ')')))
		return 0;
	return strlen(behind) > 4 ? strtol(behind + 4, NULL, 10) : 0;
}

char *hold_connection(const struct scout_out *o)
{
	const char *own = env_get("SSH_CONNECTION");
	long pid = (long)getpid();

	if (own)
		return mem_dup(own);
	for (unsigned k = 0; k < ANCESTORS && pid > 1; k++) {
		char *found = variable(o, pid, "SSH_CONNECTION");

		if (found)
			return found;
		pid = parent_of(o, pid);
	}
	return NULL;
}

int hold_lock(const struct scout_out *o, int *ret_fd, struct err *e)
{
	_cleanup_(freep) char *folder = scout_path(o, HOLD_RUN), *path = scout_path(o, HOLD_RUN "/lock");
	int64_t until = clock_mono_us() + (int64_t)LOCK_WAIT_MS * 1000;
	int r = fs_mkdirs(folder, 0700, e);

	while (r == 0) {
		r = fs_lock(path, ret_fd, e);
		if (r != -ERR_CONFLICT || clock_mono_us() > until)
			return r;
		clock_sleep_ms(20);
		r = 0;
	}
	return r;
}

static json_t *read_one(const struct scout_out *o, const char *name)
{
	_cleanup_(freep) char *path = scout_path(o, name);
	_cleanup_(buf_free) struct buf text = BUF_INIT(MARKER_MAX);
	json_t *j = NULL;

	if (fs_read(path, &text, NULL) < 0 || json_read("marker", buf_text(&text), text.len, MARKER_MAX, &j, NULL) < 0)
		return NULL;
	return j;
}

json_t *hold_read(const struct scout_out *o)
{
	json_t *j = read_one(o, HOLD_RUN "/marker");

	return j ? j : read_one(o, HOLD_ETC "/marker");
}

int hold_write(const struct scout_out *o, const json_t *marker, struct err *e)
{
	_cleanup_(freep) char *path = scout_path(o, HOLD_RUN "/marker");
	_cleanup_(buf_free) struct buf text = BUF_INIT(MARKER_MAX);

	json_pretty(&text, marker);
	return fs_write_atomic(path, buf_text(&text), text.len, 0600, e);
}

void hold_forget(const struct scout_out *o)
{
	static const char *const files[] = { HOLD_RUN "/marker", HOLD_RUN "/lock" };
	_cleanup_(freep) char *folder = scout_path(o, HOLD_RUN);

	for (size_t k = 0; k < ARRAY_SIZE(files); k++) {
		_cleanup_(freep) char *path = scout_path(o, files[k]);

		(void)unlink(path);
	}
	(void)rmdir(folder);
}

bool hold_is(const json_t *marker, const char *state)
{
	const char *is = json_str(marker, "state");

	return is && !strcmp(is, state);
}

int hold_undo(const struct scout_out *o, json_t *marker, struct err *e)
{
	json_t *previous = json_object_get(marker, "previous");
	const char *rules = json_str(previous, "rules");
	uint32_t locks;
	int r;

	if (rules) {
		r = hold_nft(o, rules, e);
		if (r < 0)
			return r;
		(void)json_object_update(marker, previous);
		json_put(marker, "state", HOLD_CONFIRMED);
		json_object_del(marker, "previous");
		return hold_write(o, marker, e);
	}
	if ((r = hold_nft_remove(o, e)) < 0 ||
	    (r = hold_puppet_unlock(o, json_int(marker, "incident", 0), &locks, e)) < 0 ||
	    (r = hold_keep_not(o, e)) < 0)
		return r;
	json_put(marker, "state", HOLD_UNDONE);
	return hold_write(o, marker, e);
}
