#include "fleet/evidence.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/seal_stream.h"
#include "base/strv.h"
#include "base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define FOLDER "evidence"
#define FILES_MAX 100000u        /* of all incidents */
#define NUMBERS 1000             /* of one host in one incident */
#define ROW_TEXTS 100u           /* sentences of a host that go into a row */
#define ROW_TEXT_MAX 400u

/* A host's name may have a slash. */
static char *file_name(int64_t incident, const char *host, unsigned number)
{
	char *name = mem_printf("%lld-%s-%u.sealed", (long long)incident, host, number);

	for (char *c = name; *c; c++)
		if (*c == '/')
			*c = '_';
	return name;
}

static char *context_of(int64_t incident, const char *host)
{
	return mem_printf("firebreak/1/%lld/evidence/%s", (long long)incident, host);
}

int fleet_evidence_place(const struct engine *en, int64_t incident, const char *host, struct fleet_evidence *ret,
			 struct err *e)
{
	_cleanup_(freep) char *folder = fs_join(en->state_folder, FOLDER);
	int r = fs_mkdirs(folder, 0700, e);

	if (r < 0)
		return err_wrap(e, "evidence");
	for (unsigned n = 1; n <= NUMBERS; n++) {
		_cleanup_(freep) char *name = file_name(incident, host, n);
		_cleanup_(freep) char *file = fs_join(folder, name);

		if (fs_exists(file))
			continue;
		ret->file = TAKE(file);
		ret->context = context_of(incident, host);
		ret->visit = (struct visit_evidence){ ret->file, ret->context };
		return 0;
	}
	return err_set(e, ERR_LIMIT, "evidence of '%s' was taken %d times in this incident; move some of it away: '%s'",
		       host, NUMBERS, folder);
}

void fleet_evidence_free(struct fleet_evidence *v)
{
	freep(&v->file);
	freep(&v->context);
	*v = (struct fleet_evidence){ 0 };
}

json_t *fleet_evidence_request(int64_t seconds)
{
	json_t *j = json_object();

	json_put_int(j, "seconds", seconds);
	return j;
}

/* A host's sentences, made visible and no longer than they should be. */
static json_t *sentences(const json_t *list)
{
	json_t *ret = json_array();

	for (size_t i = 0; i < json_array_size(list) && i < ROW_TEXTS; i++) {
		_cleanup_(buf_free) struct buf shown = BUF_INIT(4 * ROW_TEXT_MAX + 16);
		const char *text = json_string_value(json_array_get(list, i));

		if (!text)
			continue;
		text_visible(&shown, text, strnlen(text, ROW_TEXT_MAX));
		json_array_append_new(ret, json_string(buf_text(&shown)));
	}
	return ret;
}

static json_t *sections(const json_t *answer)
{
	json_t *from = json_object_get(answer, "sections"), *ret = json_object(), *one;
	const char *name;

	json_object_foreach(from, name, one) {
		json_t *to = json_object();

		if (json_object_size(ret) >= ROW_TEXTS || !text_is_name(name)) {
			json_decref(to);
			continue;
		}
		json_put_int(to, "lines", json_int(one, "lines", 0));
		json_put_int(to, "took_us", json_int(one, "took_us", 0));
		if (json_str(one, "cut")) {
			_cleanup_(buf_free) struct buf shown = BUF_INIT(4 * ROW_TEXT_MAX + 16);

			text_visible(&shown, json_str(one, "cut"), strnlen(json_str(one, "cut"), ROW_TEXT_MAX));
			json_put(to, "cut", buf_text(&shown));
		}
		json_object_set_new(ret, name, to);
	}
	return ret;
}

int fleet_evidence_row(const struct engine *en, int64_t incident, const char *host, const struct fleet_evidence *v,
		       const struct visited *r, bool *ret_whole, struct err *e)
{
	const json_t *answer = json_object_get(r->answer, "evidence");
	bool whole = json_is(r->evidence, "whole"), counted = r->evidence != NULL;
	_cleanup_(json_freep) json_t *body = json_object();
	_cleanup_(buf_free) struct buf text = BUF_INIT(ROW_BODY_MAX);
	const char *slash = strrchr(v->file, '/');

	if (ret_whole)
		*ret_whole = whole;
	if (!fs_exists(v->file) && json_int(r->evidence, "lines", 0) == 0)
		return 0;
	json_put(body, "host", host);
	json_put(body, "file", slash ? slash + 1 : v->file);
	json_put(body, "context", v->context);
	json_put_int(body, "bytes", json_int(r->evidence, "bytes", 0));
	json_put_int(body, "lines", json_int(r->evidence, "lines", 0));
	json_put(body, "sha256", json_str(r->evidence, "sha256"));
	json_object_set_new(body, "whole", json_boolean(whole));
	json_put(body, "why", whole ? NULL : counted ? json_str(r->evidence, "why") : "the visit was ended in the "
		 "middle: what came until then lies in the file, its hash is not known");
	json_object_set_new(body, "odd", sentences(json_object_get(answer, "odd")));
	json_object_set_new(body, "sections", sections(answer));
	json_line(&text, body);
	return journal_append(en->journal, &(struct row){ .kind = ROW_EVIDENCE, .incident = incident, .who = en->who,
			      .body = buf_text(&text) }, NULL, e);
}

static bool has_row(const struct incident *i, const char *file)
{
	for (uint32_t k = 0; k < i->n_evidence; k++) {
		const char *named = json_str(i->evidence[k], "file");

		if (named && !strcmp(named, file))
			return true;
	}
	return false;
}

/* The host of "INCIDENT-HOST-NUMBER.sealed": the register's, when it has one that is written so. NULL: another
 * incident's, or no such name. */
static char *host_of_file(const struct engine *en, int64_t incident, const char *file)
{
	_cleanup_(freep) char *prefix = mem_printf("%lld-", (long long)incident), *host = NULL;
	const char *end = strrchr(file, '-');
	uint32_t number;

	if (!text_starts(file, prefix) || !end || end < file + strlen(prefix))
		return NULL;
	host = mem_dupn(end + 1, strcspn(end + 1, "."));
	if (text_u32(host, 1, NUMBERS, &number) < 0)
		return NULL;
	for (uint32_t h = 0; h < en->reg->n_hosts; h++) {
		_cleanup_(freep) char *name = file_name(incident, en->reg->hosts[h].name, number);

		if (!strcmp(name, file))
			return mem_dup(en->reg->hosts[h].name);
	}
	return mem_dupn(file + strlen(prefix), (size_t)(end - file) - strlen(prefix));
}

int fleet_evidence_loose(const struct engine *en, const struct incident *i, json_t **ret, struct err *e)
{
	_cleanup_(freep) char *folder = fs_join(en->state_folder, FOLDER);
	_cleanup_(strv_free) struct strv names = STRV_INIT;
	json_t *all;
	int r = fs_exists(folder) ? fs_list(folder, ".sealed", FILES_MAX, &names, e) : 0;

	if (r < 0)
		return r;
	all = json_array();
	for (size_t k = 0; k < names.n; k++) {
		_cleanup_(freep) char *path = fs_join(folder, names.s[k]), *context = NULL;
		_cleanup_(freep) char *host = host_of_file(en, i->number, names.s[k]);
		struct stat st;
		json_t *one;

		if (!host || has_row(i, names.s[k]) || lstat(path, &st) < 0)
			continue;
		context = context_of(i->number, host);
		one = json_object();
		json_put(one, "host", host);
		json_put(one, "file", names.s[k]);
		json_put(one, "context", context);
		json_put_int(one, "bytes", st.st_size);
		json_object_set_new(one, "loose", json_true());
		json_put(one, "why", "the journal has no row of it: it is being taken now, or what took it was ended "
			 "in the middle");
		json_array_append_new(all, one);
	}
	*ret = all;
	return 0;
}

int fleet_evidence_opened(const struct engine *en, int64_t incident, const json_t *row, struct err *e)
{
	_cleanup_(json_freep) json_t *body = json_object();
	_cleanup_(buf_free) struct buf text = BUF_INIT(ROW_BODY_MAX);

	json_put(body, "host", json_str(row, "host"));
	json_put(body, "opened", json_str(row, "file"));
	json_line(&text, body);
	return journal_append(en->journal, &(struct row){ .kind = ROW_EVIDENCE, .incident = incident, .who = en->who,
			      .body = buf_text(&text) }, NULL, e);
}

struct opening {
	struct hash hash;
	int (*each)(const char *bytes, size_t len, void *arg);
	void *arg;
};

static int pass_on(const char *bytes, size_t len, void *arg)
{
	struct opening *o = arg;

	hash_add(&o->hash, bytes, len);
	return o->each(bytes, len, o->arg);
}

int fleet_evidence_open(const struct engine *en, const json_t *row, const struct seal_key *key,
			int (*each)(const char *bytes, size_t len, void *arg), void *arg, struct err *e)
{
	const char *name = json_str(row, "file"), *context = json_str(row, "context"), *sum = json_str(row, "sha256");
	struct opening o = { .each = each, .arg = arg };
	char found[65];

	if (!name || !context || strchr(name, '/'))
		return err_set(e, ERR_CONFIG, "the journal's row about this evidence does not say where it lies");

	_cleanup_(freep) char *folder = fs_join(en->state_folder, FOLDER);
	_cleanup_(freep) char *file = fs_join(folder, name);
	_cleanup_(closep) int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);

	if (fd < 0)
		return err_errno(e, "open '%s'", file);
	hash_begin(&o.hash);

	int r = seal_stream_open(key, fd, context, pass_on, &o, e);

	if (r < 0)
		return err_wrap(e, "'%s'", file);
	if (r > 0)
		return 0;
	if (!sum && !json_is(row, "whole"))
		return 0;
	hash_end(&o.hash, found);
	if (!sum || strcmp(sum, found) != 0)
		return err_set(e, ERR_CONFLICT, "'%s': this is not what the journal says was taken: its SHA-256 is %s, "
			       "the journal has %s", file, found, sum ? sum : "none");
	return 0;
}
