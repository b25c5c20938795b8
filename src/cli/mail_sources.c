/* Where the addresses of an incident's notice come from: a file, wikis, and the owners of what a key served. */
#include "base/map.h"
#include "base/strv.h"
#include "cli/mail_sources.h"

static int each_of_wiki(const char *address, size_t len, void *arg)
{
	struct mail_sources *x = arg;

	int r = x->of ? owners_note(&x->owners, x->of, address, len, x->e) : 0;

	return r < 0 ? r : source_take(&x->to, address, len, &x->sum, x->e);
}

static int read_people(struct mail_sources *x, uint32_t data, const struct names *groups, struct wiki_people *ret,
		       struct err *e)
{
	struct wiki_people n = { 0 };
	int r = notify_wiki_people(&x->w->s.en, data, groups, each_of_wiki, x, &n, e);

	x->people.accounts += n.accounts;
	x->people.confirmed += n.confirmed;
	x->people.unconfirmed += n.unconfirmed;
	x->people.without += n.without;
	*ret = n;
	return r;
}

static int read_wiki(struct mail_sources *x, const char *name, struct err *e)
{
	uint32_t data = map_get(&x->w->s.reg->data_names, name);
	struct wiki_people n;

	x->of = NULL;
	if (data == MAP_NONE)
		return err_set(e, ERR_USAGE, "the register has no data set '%s'", name);
	return read_people(x, data, NULL, &n, e);
}

static int read_owners(struct mail_sources *x, struct owner_wiki *wiki, struct err *e)
{
	const struct data_def *d = &x->w->s.reg->data[wiki->data];
	int r;

	x->of = wiki;
	wiki->first = x->owners.n_tags;
	r = read_people(x, wiki->data, &d->owners, &wiki->people, e);
	return r < 0 ? err_wrap(e, "owners of '%s'", d->name) : 0;
}

static bool has_wikis(const struct mail_options *o)
{
	return o->wikis.n || o->domains_of.n;
}

bool mail_has_sources(const struct mail_options *o)
{
	return o->csv || has_wikis(o);
}

/* Whose wiki has no database is who stands in the file; each such wiki has all of them. */
static int note_of_file(const char *address, size_t len, void *arg)
{
	struct mail_sources *x = arg;

	return owners_note(&x->owners, x->of, address, len, x->e);
}

static int read_file(struct mail_sources *x, struct strv *problems, struct err *e)
{
	const struct mail_options *o = x->w->o;
	struct owner_wiki all = { 0 };
	int r;

	x->of = &all;
	x->to.tell = x->owners.n ? note_of_file : NULL;
	x->to.arg = x;
	r = source_csv(&x->to, o->csv, o->column, problems, &x->sum, e);
	for (size_t i = 0; i < x->owners.n; i++)
		if (x->owners.wiki[i].by_file)
			x->owners.wiki[i].n = all.n;
	x->of = NULL;
	return r;
}

int mail_sources_read(struct mail_sources *x, struct err *e)
{
	const struct mail_options *o = x->w->o;
	_cleanup_(strv_free) struct strv problems = STRV_INIT;
	int r;

	x->e = e;
	r = o->csv ? read_file(x, &problems, e) : 0;

	for (size_t i = 0; r == -ERR_CONFIG && i + 1 < problems.n; i++)
		cli_note("%s", problems.s[i + 1]);
	if (r == -ERR_CONFIG && x->sum.unfit)
		cli_note("%llu addresses of '%s' cannot be written to as they stand: nobody was entered. Mend the "
			 "file, or take those rows out", (unsigned long long)x->sum.unfit, o->csv);
	for (size_t i = 0; r == 0 && i < o->wikis.n; i++)
		r = read_wiki(x, o->wikis.s[i], e);
	for (size_t i = 0; r == 0 && i < x->owners.n; i++)
		if (!x->owners.wiki[i].by_file)
			r = read_owners(x, &x->owners.wiki[i], e);
	return r;
}

void mail_sources_show(const struct mail_sources *x, struct buf *b)
{
	const struct mail_options *o = x->w->o;

	if (!mail_has_sources(o))
		return;
	buf_printf(b, "%llu addresses; %llu are new, %llu stand there already or twice\n",
		   (unsigned long long)x->sum.rows, (unsigned long long)x->sum.added, (unsigned long long)x->sum.again);
	if (x->sum.without)
		buf_printf(b, "Not reached: %llu rows without an address\n", (unsigned long long)x->sum.without);
	if (has_wikis(o))
		buf_printf(b, "Not reached: %lld accounts whose address is not confirmed, %lld without one, %llu whose "
			   "address cannot stand in a mail\n", (long long)x->people.unconfirmed,
			   (long long)x->people.without, (unsigned long long)x->sum.unfit);
}
