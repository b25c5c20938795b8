#include "engine/approve.h"
#include "base/mem.h"
#include <string.h>

#define LIST_MAX 4000u

static const struct person *find(const struct firebreak_register *reg, const char *name, size_t len)
{
	for (uint32_t k = 0; k < reg->n_people; k++)
		if (strlen(reg->people[k].name) == len && memcmp(reg->people[k].name, name, len) == 0)
			return &reg->people[k];
	return NULL;
}

static bool has_role(const struct person *p, const char *role)
{
	for (uint32_t k = 0; k < p->roles.n; k++)
		if (strcmp(p->roles.s[k], role) == 0)
			return true;
	return false;
}

static int not_the_role(const struct firebreak_register *reg, const char *person, struct err *e)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(LIST_MAX);
	const char *role = reg->organisation.approver;
	uint32_t n = 0;

	for (uint32_t k = 0; k < reg->n_people && n < 5; k++)
		if (has_role(&reg->people[k], role))
			buf_printf(&b, "%s%s", n++ ? ", " : "", reg->people[k].name);
	return err_set(e, ERR_REFUSED, "'%s' has not the role '%s', which approves reports%s%.200s%s", person, role,
		       n ? " (who has it: " : " (nobody of the register has it", buf_text(&b), ")");
}

/* "alice (root@laptop)": the name that somebody gave, and the login that they worked as. */
static const char *login_of(const char *who, size_t *ret_name)
{
	const char *open = strstr(who, " (");

	*ret_name = open ? (size_t)(open - who) : strlen(who);
	return open ? open + 2 : "";
}

static int no_author(const struct firebreak_register *reg, const struct author *a, const struct approver *who,
		     struct err *e)
{
	const char *person = who->person;
	size_t name, own;
	const char *login = login_of(a->who, &name), *ours = login_of(who->who, &own);

	if (strlen(person) == name && memcmp(person, a->who, name) == 0)
		return err_set(e, ERR_REFUSED, "'%s' %s (row %lld of the journal): nobody approves a report that they "
			       "have a hand in. Another one with the role '%s' has to", person, a->did,
			       (long long)a->seq, reg->organisation.approver);
	if (!find(reg, a->who, name) && *login && strcmp(login, ours) == 0)
		return err_set(e, ERR_REFUSED, "'%.100s' %s (row %lld of the journal) and is nobody of the register, "
			       "and you work as the same login: it cannot be told that it was not you. Approve from a "
			       "login of your own", a->who, a->did, (long long)a->seq);
	return 0;
}

int engine_may_approve(const struct firebreak_register *reg, const struct incident *i, const struct approver *a,
		       struct err *e)
{
	const struct person *p = find(reg, a->person, strlen(a->person));
	int r = 0;

	if (!p || !has_role(p, reg->organisation.approver))
		return not_the_role(reg, a->person, e);
	for (uint32_t k = 0; r == 0 && k < i->report.n_authors; k++)
		if (!a->before || i->report.authors[k].seq < a->before)
			r = no_author(reg, &i->report.authors[k], a, e);
	if (r == 0 && !p->ssh)
		return err_set(e, ERR_REFUSED, "the register has no 'ssh' key of '%s', so that nothing tells their "
			       "signature from another: add it to 'people', for others to see", a->person);
	return r;
}

struct asking {
	const struct engine *en;
	int64_t incident;
	const struct approving *a;
};

static int append(struct journal *j, void *arg, struct err *e)
{
	const struct asking *q = arg;
	_cleanup_(incident_freep) struct incident *i = NULL;
	_cleanup_(json_freep) json_t *body = json_object();
	_cleanup_(buf_free) struct buf text = BUF_INIT(ROW_BODY_MAX);
	int r = engine_incident(j, q->incident, &i, e);

	if (r == 0)
		r = engine_may_approve(q->en->reg, i, &(struct approver){ q->a->person, q->en->who, 0 }, e);
	if (r < 0)
		return r;
	if (!i->report_sha256 || strcmp(i->report_sha256, q->a->sha256) != 0)
		return err_set(e, ERR_CONFLICT, "while you signed, '%.200s' kept another draft (row %lld): read that "
			       "one", i->report.draft_who ? i->report.draft_who : "nobody",
			       (long long)i->report.draft_seq);
	json_put(body, "person", q->a->person);
	json_put(body, "sha256", q->a->sha256);
	json_put(body, "statement", q->a->statement);
	json_put(body, "signature", q->a->signature);
	json_line(&text, body);
	return journal_append(j, &(struct row){ .kind = ROW_APPROVED, .incident = q->incident, .who = q->en->who,
			      .body = buf_text(&text) }, NULL, e);
}

int engine_approve(const struct engine *en, int64_t incident, const struct approving *a, struct err *e)
{
	struct asking q = { en, incident, a };

	return journal_alone(en->journal, append, &q, e);
}
