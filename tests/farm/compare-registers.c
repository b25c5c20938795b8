/*
 * A drafted register held against one that was written by hand, as parsed models. What the written one has must be in
 * the draft: which place, host, file, service, and who restarts it, each for itself and together. What the draft says
 * and the written one does not is marked for a person, or it is wrong.
 * Usage: compare-registers DRAFT WRITTEN [LEAST_PERCENT]; TAP
 */
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "draft/draft.h"
#include "model/half_format.h"
#include "model/register.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILES 200u

struct loaded {
	struct firebreak_register *reg;
	struct strv names;
	struct buf text[FILES];
};

static unsigned count, failed;

static void result(bool ok, const char *what)
{
	failed += !ok;
	(void)printf("%s %u - %s\n", ok ? "ok" : "not ok", ++count, what);
}

static bool load(const char *folder, struct loaded *ret)
{
	static const struct driver_words any[] = {
		{ "bacula", NULL }, { "dkim", NULL }, { "dovecot", NULL }, { "redis", NULL }, { "mariadb", NULL },
		{ "postgresql", NULL }, { "tls", NULL },
	};
	struct source files[FILES];
	struct err e = ERR_INIT;

	if (fs_list(folder, ".yaml", FILES, &ret->names, &e) < 0) {
		(void)printf("Bail out! %s\n", e.text);
		return false;
	}
	for (size_t i = 0; i < ret->names.n; i++) {
		_cleanup_(freep) char *path = fs_join(folder, ret->names.s[i]);

		ret->text[i] = (struct buf)BUF_INIT(64 << 20);
		if (fs_read(path, &ret->text[i], &e) < 0)
			return false;
		files[i] = (struct source){ ret->names.s[i], buf_text(&ret->text[i]), ret->text[i].len };
	}
	if (register_load(files, ret->names.n, any, ARRAY_SIZE(any), &ret->reg, &e) == 0)
		return true;
	(void)printf("Bail out! %s: %s\n", folder, e.text);
	return false;
}

static void unload(struct loaded *l)
{
	register_freep(&l->reg);
	for (size_t i = 0; i < l->names.n; i++)
		buf_free(&l->text[i]);
	strv_free(&l->names);
}

/* --- marks --- */

static const char *line_of(const struct loaded *l, struct position at, uint32_t line)
{
	for (size_t i = 0; i < l->names.n; i++) {
		const char *s = buf_text(&l->text[i]);

		if (strcmp(l->names.s[i], at.file) != 0)
			continue;
		for (uint32_t n = 1; s && n < line; n++) {
			s = strchr(s, '\n');
			s = s ? s + 1 : NULL;
		}
		return s;
	}
	return NULL;
}

static bool has_before_newline(const char *s, const char *word)
{
	const char *found = s ? strstr(s, word) : NULL;

	return found && found < s + strcspn(s, "\n");
}

/* A question stands in the comments right above the entry. */
static bool is_marked(const struct loaded *l, struct position at)
{
	if (has_before_newline(line_of(l, at, at.line), DRAFT_SEEN))
		return true;
	for (uint32_t line = at.line - 1; line; line--) {
		const char *s = line_of(l, at, line);

		if (!s || s[strspn(s, " ")] != '#')
			return false;
		if (has_before_newline(s, DRAFT_MARK))
			return true;
	}
	return false;
}

/* --- pairs --- */

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static const struct secret_def *with_place(const struct firebreak_register *of, const struct firebreak_register *reg,
					   const struct place *p)
{
	for (uint32_t i = 0; i < reg->n_secrets; i++)
		for (uint32_t k = 0; k < reg->secrets[i].n_places; k++) {
			const struct place *q = &reg->secrets[i].places[k];

			if (!strcmp(of->repositories[p->repository].name, reg->repositories[q->repository].name) &&
			    !strcmp(p->file, q->file) && same(p->key, q->key))
				return &reg->secrets[i];
		}
	return NULL;
}

static const struct secret_def *counterpart(const struct firebreak_register *of, const struct secret_def *s,
					    const struct firebreak_register *reg)
{
	return s->n_places ? with_place(of, reg, &s->places[0]) : NULL;
}

struct match { bool file, service, all; };

static void match_row(const struct firebreak_register *reg, const struct secret_def *s, const char *host,
		      const struct consumer *c, struct match *ret)
{
	for (uint32_t i = 0; s && i < s->n_consumers; i++) {
		const struct consumer *x = &s->consumers[i];
		bool here = false;

		for (uint32_t h = 0; h < x->hosts.n && !here; h++)
			here = !strcmp(reg->hosts[x->hosts.i[h]].name, host);
		if (!here || !same(x->file, c->file))
			continue;
		ret->file = true;
		if (!same(x->service, c->service))
			continue;
		ret->service = true;
		ret->all = ret->all || !c->service || x->restart == c->restart;
	}
}

static const char *const restarts[] = { "puppet", "firebreak", "none" };

static void tell(const char *what, const struct secret_def *s, const struct consumer *c, const char *host)
{
	(void)printf("# %s: %s: %s on %s, service %s, restart %s\n", what, s->name, c->file ? c->file : "no file", host,
		     c->service ? c->service : "none", c->service ? restarts[c->restart] : "-");
}

static void share(const char *what, uint32_t found, uint32_t all, uint32_t least)
{
	char text[200];

	(void)snprintf(text, sizeof(text), "%s: %u of %u (%.1f %%), at least %u %% are wanted", what, found, all,
		       all ? 100.0 * found / all : 0, least);
	result(all && found * 100 >= all * least, text);
}

static void recall(const struct loaded *draft, const struct loaded *written, uint32_t least)
{
	const struct firebreak_register *w = written->reg;
	uint32_t all = 0, kept = 0, file = 0, service = 0, with_service = 0, restart = 0, together = 0;

	for (uint32_t i = 0; i < w->n_secrets; i++) {
		const struct secret_def *s = &w->secrets[i], *d = counterpart(w, s, draft->reg);

		for (uint32_t k = 0; k < s->n_consumers; k++)
			for (uint32_t h = 0; h < s->consumers[k].hosts.n; h++) {
				const char *host = w->hosts[s->consumers[k].hosts.i[h]].name;
				struct match m = { false, false, false };

				match_row(draft->reg, d, host, &s->consumers[k], &m);
				all++;
				kept += d != NULL;
				file += m.file;
				service += m.service;
				if (s->consumers[k].service) {
					with_service++;
					restart += m.all;
				}
				together += m.all;
				if (!m.all)
					tell("not in the draft", s, &s->consumers[k], host);
			}
	}
	share("secret and its place", kept, all, least);
	share("host and file", file, all, least);
	share("service", service, all, least);
	share("who restarts it, of those with a service", restart, with_service, least);
	share("all of it together", together, all, least);
}

static void precision(const struct loaded *draft, const struct loaded *written)
{
	const struct firebreak_register *d = draft->reg;
	uint32_t all = 0, right = 0, marked = 0;

	for (uint32_t i = 0; i < d->n_secrets; i++) {
		const struct secret_def *s = &d->secrets[i], *w = counterpart(d, s, written->reg);

		for (uint32_t k = 0; k < s->n_consumers; k++)
			for (uint32_t h = 0; h < s->consumers[k].hosts.n; h++) {
				const struct host *host = &d->hosts[s->consumers[k].hosts.i[h]];
				struct match m = { false, false, false };

				match_row(written->reg, w, host->name, &s->consumers[k], &m);
				all++;
				right += m.all;
				if (m.all)
					continue;
				if (is_marked(draft, s->consumers[k].at) || is_marked(draft, host->at))
					marked++;
				else
					tell("said without a mark", s, &s->consumers[k], host->name);
			}
	}
	(void)printf("# the draft says %u consumers: %u are in the written register, %u more are marked, %u are "
		     "not\n", all,
		     right, marked, all - right - marked);
	result(all && right + marked == all, "what the draft says is true, or marked for a person");
}

/* That Puppet restarts something is read; that somebody else has to is a guess, right or wrong. */
static void asked(const struct loaded *draft)
{
	uint32_t all = 0, silent = 0;

	for (uint32_t i = 0; i < draft->reg->n_secrets; i++)
		for (uint32_t k = 0; k < draft->reg->secrets[i].n_consumers; k++) {
			const struct consumer *c = &draft->reg->secrets[i].consumers[k];

			if (!c->service || c->restart == RESTART_BY_PUPPET)
				continue;
			all++;
			silent += !is_marked(draft, c->at);
		}
	(void)printf("# %u consumers are restarted by somebody else than Puppet\n", all);
	result(all && !silent, "who restarts what Puppet does not is a question");
}

/* --- accounts --- */

static bool same_from(const struct firebreak_register *a, const struct account *x, const struct firebreak_register *b,
		      const struct account *y)
{
	/* the same path of a socket is another server on each host */
	return x->address[0] != '/' || (x->from.n && y->from.n &&
					!strcmp(a->hosts[x->from.i[0]].name, b->hosts[y->from.i[0]].name));
}

static bool has_account(const struct firebreak_register *of, const struct account *a, const char *user,
			const struct firebreak_register *reg, const struct secret_def *s)
{
	for (uint32_t i = 0; s && i < s->n_accounts; i++)
		for (uint32_t u = 0; u < s->accounts[i].users.n; u++)
			if (!strcmp(s->accounts[i].driver, a->driver) && !strcmp(s->accounts[i].address, a->address) &&
			    !strcmp(s->accounts[i].users.s[u], user) && same_from(of, a, reg, &s->accounts[i]))
				return true;
	return false;
}

/* Users that loops or titles make are not seen: half of the accounts is what is wanted. */
static void accounts(const struct loaded *draft, const struct loaded *written)
{
	const struct firebreak_register *w = written->reg;
	uint32_t all = 0, found = 0, said = 0, silent = 0;

	for (uint32_t i = 0; i < w->n_secrets; i++) {
		const struct secret_def *s = &w->secrets[i], *d = counterpart(w, s, draft->reg);

		for (uint32_t k = 0; k < s->n_accounts; k++)
			for (uint32_t u = 0; u < s->accounts[k].users.n; u++, all++)
				found += has_account(w, &s->accounts[k], s->accounts[k].users.s[u], draft->reg, d);
	}
	for (uint32_t i = 0; i < draft->reg->n_secrets; i++)
		for (uint32_t k = 0; k < draft->reg->secrets[i].n_accounts; k++, said++)
			silent += !is_marked(draft, draft->reg->secrets[i].accounts[k].at);
	share("accounts", found, all, 50);
	(void)printf("# the draft says %u accounts\n", said);
	result(said && !silent, "each account is a question");
}

/* --- what is not about consumers --- */

static bool has_half(const struct loaded *l, const struct secret_def *s, const char *repository, const char *file)
{
	for (uint32_t i = 0; s && i < s->n_public_halves; i++)
		if (!strcmp(l->reg->repositories[s->public_halves[i].repository].name, repository) &&
		    !strcmp(s->public_halves[i].file, file))
			return true;
	return false;
}

static void secrets(const struct loaded *draft, const struct loaded *written)
{
	const struct firebreak_register *w = written->reg;
	uint32_t all = 0, kinds = 0, systems = 0, halves = 0, halves_found = 0, twins = 0, twins_found = 0;

	for (uint32_t i = 0; i < w->n_secrets; i++) {
		const struct secret_def *s = &w->secrets[i], *d = counterpart(w, s, draft->reg);

		if (!s->n_places)
			continue;
		all++;
		kinds += d && !strcmp(d->kind, s->kind);
		systems += d && !strcmp(draft->reg->systems[d->system].name, w->systems[s->system].name);
		if (d && (strcmp(d->kind, s->kind) != 0 ||
			  strcmp(draft->reg->systems[d->system].name, w->systems[s->system].name) != 0))
			(void)printf("# %s, a %s of %s, is guessed to be a %s of %s%s\n", s->name, s->kind,
				     w->systems[s->system].name, d->kind, draft->reg->systems[d->system].name,
				     is_marked(draft, d->at) ? ", and asked for" : "");
		for (uint32_t k = 0; k < s->n_public_halves; k++) {
			const struct public_half *h = &s->public_halves[k];
			const struct half_format *f = h->format ? half_format_find(h->format) : NULL;

			/* a selector is a name, in which no key is seen */
			if (f && !f->shows_key)
				continue;
			bool found = has_half(draft, d, w->repositories[h->repository].name, h->file);

			halves++;
			halves_found += found;
			if (!found)
				(void)printf("# public half not found: %s in %s\n", s->name, h->file);
		}
		if (s->n_places > 1) {
			twins++;
			twins_found += d && d->n_places == s->n_places;
		}
	}
	share("kinds that were guessed", kinds, all, 80);
	share("systems that were guessed", systems, all, 80);
	share("public halves", halves_found, halves, 100);
	share("twins", twins_found, twins, 100);
}

/* Whatever the draft calls harmless is a question, and no secret of the written register is. */
static void harmless(const struct loaded *draft, const struct loaded *written)
{
	const struct firebreak_register *w = written->reg;
	uint32_t wrong = 0;

	for (uint32_t i = 0; i < draft->reg->n_not_secret; i++)
		if (!is_marked(draft, draft->reg->not_secret[i].at)) {
			(void)printf("# not marked: %s\n", draft->reg->not_secret[i].file);
			wrong++;
		}
	result(draft->reg->n_not_secret && !wrong, "each proposal for not_secret is a question");
	for (uint32_t i = wrong = 0; i < w->n_secrets; i++)
		for (uint32_t k = 0; k < w->secrets[i].n_places; k++) {
			const struct place *p = &w->secrets[i].places[k];

			if (register_not_secret(draft->reg, w->repositories[p->repository].name, p->file,
						p->key, p->key ? strcspn(p->key, ".") : 0) == NOTHING)
				continue;
			(void)printf("# called harmless: %s\n", w->secrets[i].name);
			wrong++;
		}
	result(!wrong, "no secret is proposed as harmless");
}

/* The draft takes it from the one node block with the class; a person is asked all the same. */
static void puppet_server(const struct loaded *draft, const struct loaded *written)
{
	const struct firebreak_register *d = draft->reg, *w = written->reg;

	result(d->puppet.server != NOTHING && w->puppet.server != NOTHING &&
	       same(d->hosts[d->puppet.server].name, w->hosts[w->puppet.server].name) &&
	       is_marked(draft, d->puppet.at), "the Puppet server is the one of the register, and asked for");
}

int main(int argc, char **argv)
{
	_cleanup_(unload) struct loaded draft = { .reg = NULL }, written = { .reg = NULL };
	uint32_t least = 95;

	if (argc < 3 || (argc > 3 && text_u32(argv[3], 0, 100, &least) < 0))
		return 2;
	if (!load(argv[1], &draft) || !load(argv[2], &written))
		return 1;
	recall(&draft, &written, least);
	precision(&draft, &written);
	asked(&draft);
	accounts(&draft, &written);
	secrets(&draft, &written);
	harmless(&draft, &written);
	puppet_server(&draft, &written);
	(void)printf("1..%u\n", count);
	return failed != 0;
}
