#include "cli/report_approve.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/law.h"
#include "engine/approve.h"
#include "engine/sshsig.h"

#define UNWRITTEN_MAX 1000u

/* In place: what the engine borrows of the session must not move. */
int submission_open(struct cli *c, int64_t number, const char *draft, struct submission *s, struct err *e)
{
	_cleanup_(redactor_freep) struct redactor *redactor = NULL;
	const struct publish *p;
	int r = session_open(c, JOURNAL_WRITE, &s->s, e);

	s->page = (struct buf)BUF_INIT(1000);
	if (r == 0)
		r = law_load(c, &s->law, e);
	if (r == 0)
		r = engine_incident(s->s.journal, number, &s->incident, e);
	if (r == 0)
		r = report_file_open(s->s.journal, number, draft, &s->law, &s->file, e);
	if (r == 0)
		r = report_file_whole(&s->file, e);
	if (r < 0)
		return r;
	p = &s->s.reg->publish;
	if (p->page)
		statement_page(&s->page, p->page, s->incident);
	redactor = redactor_new(s->s.reg, s->file.report->incident);
	return statement_of(s->file.report, &s->file.hands, redactor, s->file.sha256, p->wiki, buf_text(&s->page),
			    &s->statement, e);
}

void submission_close(struct submission *s)
{
	statement_free(&s->statement);
	report_file_close(&s->file);
	incident_free(s->incident);
	law_free(&s->law);
	buf_free(&s->page);
	session_close(&s->s);
}

static int all_written(const struct submission *s, struct err *e)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(UNWRITTEN_MAX);

	for (unsigned k = 0; k < HANDS; k++)
		if (!hand_is_written(&s->file.hands, k))
			buf_printf(&b, "%s%s", b.len ? ", " : "", hand_defs[k].name);
	return b.len ? err_set(e, ERR_REFUSED, "'%s' is not finished: nobody has written %s ('none' is an answer, too)",
			       s->file.path, buf_text(&b)) : 0;
}

/* Who wrote it stands in the journal: a text that nobody kept has no author that it could know. */
static int is_kept(const struct submission *s, struct err *e)
{
	const struct incident *i = s->incident;

	if (i->report_sha256 && strcmp(i->report_sha256, s->file.sha256) == 0)
		return 0;
	return err_set(e, ERR_REFUSED, "'%s' is not the draft that was kept last%s%.100s: whoever wrote in it runs "
		       "`firebreak report %lld --output %s --as PERSON`, so that the journal knows who", s->file.path,
		       i->report_sha256 ? ", by " : "", i->report_sha256 ? i->report.draft_who : "",
		       (long long)i->number, s->file.path);
}

static char *folder_of(const struct submission *s)
{
	return mem_printf("%s/approvals", s->s.en.state_folder);
}

static int verify(const struct submission *s, const char *person, const char *signature, struct err *e)
{
	_cleanup_(freep) char *folder = folder_of(s), *name = mem_printf("incident-%lld",
									 (long long)s->incident->number);

	return sshsig_verify(s->s.reg, person, folder, name, &s->statement.text, signature, e);
}

static int dropped(const struct submission *s, struct err *e)
{
	const struct incident_report *r = &s->incident->report;

	if (r->dropped_seq)
		return err_set(e, ERR_REFUSED, "the report was approved, and then '%.200s' changed it (row %lld): the "
			       "approval is gone; have the new text approved", r->dropped_who,
			       (long long)r->dropped_seq);
	return err_set(e, ERR_REFUSED, "the report of incident %lld is not approved: `firebreak report %lld approve "
		       "--draft %s --as PERSON --ssh-key FILE`, by one with the role '%s'",
		       (long long)s->incident->number, (long long)s->incident->number, s->file.path,
		       s->s.reg->organisation.approver);
}

int submission_approved(const struct submission *s, struct err *e)
{
	const struct approval *a = &s->incident->report.approval;
	int r;

	if (!a->sha256)
		return dropped(s, e);
	if (strcmp(a->sha256, s->file.sha256) != 0)
		return err_set(e, ERR_REFUSED, "'%s' is not the text that '%s' approved: something in it was changed. "
			       "Put it back, or keep the new one and have it approved", s->file.path, a->person);
	if (strcmp(a->statement, buf_text(&s->statement.text)) != 0)
		return err_set(e, ERR_REFUSED, "the draft is the one that '%s' approved, but another text follows from "
			       "it now: the register (hosts, 'publish') or the rules have changed since. Have it "
			       "approved anew", a->person);
	r = verify(s, a->person, a->signature, e);
	return r == 0 ? engine_may_approve(s->s.reg, s->incident,
					     &(struct approver){ a->person, a->who, a->seq }, e) : r;
}

int report_approve(struct cli *c, int64_t number, const char *draft, const char *ssh_key, struct err *e)
{
	_cleanup_(submission_close) struct submission s = { 0 };
	_cleanup_(buf_free) struct buf signature = BUF_INIT(64 << 10);
	int r = submission_open(c, number, draft, &s, e);

	if (r == 0)
		r = engine_may_approve(s.s.reg, s.incident, &(struct approver){ c->as, s.s.en.who, 0 }, e);
	if (r == 0)
		r = is_kept(&s, e);
	if (r == 0)
		r = all_written(&s, e);
	if (r == 0)
		r = sshsig_sign(ssh_key, &s.statement.text, &signature, e);
	if (r == 0)
		r = verify(&s, c->as, buf_text(&signature), e);
	if (r == 0)
		r = engine_approve(&s.s.en, number, &(struct approving){ c->as, s.file.sha256,
				   buf_text(&s.statement.text), buf_text(&signature) }, e);
	if (r < 0)
		return r;
	cli_print(&s.statement.text);
	cli_note("Approved as '%s'. Any change of the text ends the approval. To publish it:\n\n"
		 "  firebreak report %lld publish --draft %s", c->as, (long long)number, draft);
	return 0;
}
