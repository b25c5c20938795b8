#include "cli/trace_values.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int add_name(const struct firebreak_register *reg, const char *word, bool *chosen, struct err *e)
{
	_cleanup_(freep) const char **names = mem_zero(reg->n_secrets + reg->n_systems + 1, sizeof(*names));
	uint32_t secret = map_get(&reg->secret_names, word), system = map_get(&reg->system_names, word), n = 0;
	bool any = false;

	for (uint32_t i = 0; i < reg->n_secrets; i++) {
		bool fits = i == secret || (system != MAP_NONE && reg->secrets[i].system == system) ||
			    (strpbrk(word, "*?") && text_matches(word, reg->secrets[i].name));

		chosen[i] = chosen[i] || fits;
		any = any || fits;
		names[n++] = reg->secrets[i].name;
	}
	if (any)
		return 0;
	for (uint32_t i = 0; i < reg->n_systems; i++)
		names[n++] = reg->systems[i].name;
	const char *near = text_nearest(word, names, n);
	if (system != MAP_NONE)
		return err_set(e, ERR_USAGE, "system '%.100s' has no secret in the register", word);
	return err_set(e, ERR_USAGE, "the register has no secret, system or pattern '%.100s'%s%s%s", word,
		       near ? ": did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static void choose_sealed(const struct firebreak_register *reg, const struct incident *i, bool *chosen)
{
	for (uint32_t s = 0; s < i->n_steps; s++) {
		uint32_t secret = i->steps[s].sealed_new && i->steps[s].secret
			? map_get(&reg->secret_names, i->steps[s].secret) : MAP_NONE;

		if (secret != MAP_NONE)
			chosen[secret] = true;
	}
}

static struct incident *open_incident(struct session *s, int64_t number)
{
	_cleanup_(incident_freep) struct incident *i = NULL;

	if (engine_incident(s->journal, number, &i, NULL) < 0 || i->closed_us)
		return NULL;
	return TAKE(i);
}

/* The newest open incident that sealed something of each. */
static int find_incidents(struct session *s, struct trace_values *v, struct err *e)
{
	int64_t last = 0;
	int r = s->journal ? journal_last_incident(s->journal, &last, e) : 0;

	for (int64_t n = last; r == 0 && n > 0; n--) {
		_cleanup_(incident_freep) struct incident *i = open_incident(s, n);

		for (uint32_t k = 0; i && k < v->n_secrets; k++) {
			const struct step_state *sealed;

			if (!v->incidents[k] &&
			    engine_sealed(i, s->reg->secrets[v->secrets[k]].name, &sealed, NULL) == 0)
				r = engine_incident(s->journal, n, &v->incidents[k], e);
		}
	}
	return r;
}

int trace_values_choose(struct session *s, const struct strv *words, int64_t incident, struct trace_values *ret,
			struct err *e)
{
	const struct firebreak_register *reg = s->reg;
	_cleanup_(freep) bool *chosen = mem_zero(reg->n_secrets + 1, sizeof(*chosen));
	_cleanup_(incident_freep) struct incident *i = NULL;
	int r = 0;

	if (incident && !s->journal)
		return err_set(e, ERR_USAGE, "there is no journal here, so there is no incident %lld",
			       (long long)incident);
	if (incident)
		r = engine_incident(s->journal, incident, &i, e);
	for (size_t w = 0; r == 0 && w < words->n; w++)
		r = add_name(reg, words->s[w], chosen, e);
	if (r < 0)
		return r;
	if (i && !words->n)
		choose_sealed(reg, i, chosen);
	ret->secrets = mem_zero(reg->n_secrets + 1, sizeof(*ret->secrets));
	ret->incidents = mem_zero(reg->n_secrets + 1, sizeof(struct incident *));
	for (uint32_t k = 0; k < reg->n_secrets; k++)
		if (chosen[k])
			ret->secrets[ret->n_secrets++] = k;
	if (ret->n_secrets > TRACE_VALUES_MAX)
		return err_set(e, ERR_USAGE, "%u secrets are too many at once: at most %u are taken", ret->n_secrets,
			       TRACE_VALUES_MAX);
	for (uint32_t k = 0; i && r == 0 && k < ret->n_secrets; k++)
		r = engine_incident(s->journal, incident, &ret->incidents[k], e);
	if (i && !words->n && !ret->n_secrets)
		return err_set(e, ERR_USAGE, "incident %lld has sealed no value yet: name the secrets",
			       (long long)incident);
	return i || r < 0 ? r : find_incidents(s, ret, e);
}

static void add(struct trace_values *v, uint32_t secret, const char *name, enum trace_which which, struct secret *value)
{
	if (!GROW(v->v, v->n, v->cap, (size_t)TRACE_VALUES_MAX * 3))
		return;
	v->owned = realloc(v->owned, (v->n + 1) * sizeof(struct secret *));
	if (!v->owned)
		abort();
	v->owned[v->n] = value;
	v->v[v->n++] = (struct trace_value){ secret, name, which, value };
}

/* What was replaced, and what it was replaced with when the git does not have it. */
static void add_sealed(struct session *s, const struct seal_key *key, struct trace_values *v, uint32_t k,
		       const struct secret *present)
{
	const char *name = s->reg->secrets[v->secrets[k]].name;
	const struct step_state *sealed;
	struct err e = ERR_INIT;

	if (engine_sealed(v->incidents[k], name, &sealed, NULL) < 0)
		return;
	if (!key) {
		strv_addf(&v->problems, "%s: incident %lld sealed its old value, and your key is not here to open it: "
			  "name "
			  "it with --key", name, (long long)v->incidents[k]->number);
		return;
	}
	for (int n = 0; n < 2; n++) {
		_cleanup_(secret_freep) struct secret *value = NULL;

		if (engine_open_sealed(v->incidents[k], name, n ? "new" : "old", key, &value, &e) < 0) {
			strv_addf(&v->problems, "%s: the sealed value was not opened: %s", name, e.text);
			return;
		}
		if (n == 0)
			add(v, v->secrets[k], name, TRACE_OLD, TAKE(value));
		else if (!present)
			add(v, v->secrets[k], name, TRACE_PRESENT, TAKE(value));
	}
}

static bool is_old(const struct trace_values *v, uint32_t secret, const struct secret *value)
{
	for (uint32_t i = 0; i < v->n; i++)
		if (v->v[i].secret == secret && v->v[i].which == TRACE_OLD && secret_equal(v->v[i].value, value))
			return true;
	return false;
}

/* Of those that have a place; ret has room for all, in the order of v->secrets. */
static int read_present(struct session *s, const struct trace_values *v, struct engine_value *ret, struct err *e)
{
	_cleanup_(freep) uint32_t *kept = mem_zero(v->n_secrets + 1, sizeof(*kept));
	_cleanup_(freep) uint32_t *of = mem_zero(v->n_secrets + 1, sizeof(*of));
	_cleanup_(freep) struct engine_value *values = mem_zero(v->n_secrets + 1, sizeof(*values));
	uint32_t n = 0;

	for (uint32_t k = 0; k < v->n_secrets; k++) {
		if (s->reg->secrets[v->secrets[k]].n_places) {
			of[n] = k;
			kept[n++] = v->secrets[k];
		} else {
			(void)snprintf(ret[k].why, sizeof(ret[k].why), "the register names no place where it is kept");
		}
	}
	int r = engine_read_values(&s->en, kept, n, values, e);
	for (uint32_t i = 0; i < n; i++)
		ret[of[i]] = values[i];
	return r;
}

int trace_values_read(struct session *s, const struct seal_key *key, struct trace_values *v, struct err *e)
{
	_cleanup_(freep) struct engine_value *present = mem_zero(v->n_secrets + 1, sizeof(*present));
	int r = read_present(s, v, present, e);

	for (uint32_t k = 0; k < v->n_secrets; k++) {
		const char *name = s->reg->secrets[v->secrets[k]].name;

		if (r == 0 && v->incidents[k])
			add_sealed(s, key, v, k, present[k].value);
		if (r == 0 && !present[k].value)
			strv_addf(&v->problems, "%s: its value could not be read: %s", name, present[k].why);
		if (r == 0 && present[k].value && !is_old(v, v->secrets[k], present[k].value))
			add(v, v->secrets[k], name, TRACE_PRESENT, present[k].value);
		else
			present[k].value = secret_free(present[k].value);
	}
	return r;
}

static int read_pipe(struct secret **ret, struct err *e)
{
	_cleanup_(buf_free) struct buf b = BUF_WIPED(SECRET_MAX + 1);
	char part[4096];
	ssize_t n;

	while ((n = read(STDIN_FILENO, part, sizeof(part))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || buf_add(&b, part, (size_t)n) < 0) {
			explicit_bzero(part, sizeof(part));
			return n < 0 ? err_errno(e, "standard input")
				: err_set(e, ERR_LIMIT, "the value on standard input is longer than %zu bytes",
					  SECRET_MAX);
		}
	}
	explicit_bzero(part, sizeof(part));
	/* The newline of `echo` is not the value's; a key of several lines keeps its own. */
	if (b.len && b.data[b.len - 1] == '\n' && memchr(b.data, '\n', b.len) == b.data + b.len - 1)
		b.len--;
	if (!b.len)
		return err_set(e, ERR_USAGE, "there is no value on standard input");
	return secret_take(b.data, b.len, ret, e);
}

int trace_values_ask(struct trace_values *v, struct err *e)
{
	struct secret *value = NULL;
	int r = term_is_terminal(STDIN_FILENO) ? term_ask_secret("The value to look for (not shown): ", &value, e)
					       : read_pipe(&value, e);

	if (r == 0)
		add(v, NOTHING, "the given value", TRACE_PRESENT, value);
	return r;
}

void trace_values_free(struct trace_values *v)
{
	for (uint32_t i = 0; i < v->n; i++)
		secret_free(v->owned[i]);
	for (uint32_t k = 0; v->incidents && k < v->n_secrets; k++)
		incident_free(v->incidents[k]);
	free(v->owned);
	free(v->v);
	free(v->secrets);
	free(v->incidents);
	strv_free(&v->problems);
	*v = (struct trace_values){ 0 };
}
