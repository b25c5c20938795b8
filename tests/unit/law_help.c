#include "law_help.h"
#include "base/fs.h"

struct law *help_law(void)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(1 << 20);
	struct law *l = mem_zero(1, sizeof(*l));
	struct err e = ERR_INIT;

	if (fs_read(LAW_FILE, &text, &e) < 0 ||
	    law_add(l, &(struct source){ "notification.yaml", buf_text(&text), text.len }, NULL, &e) < 0 ||
	    law_check(l, &e) < 0)
		fail_msg("%s", e.text);
	return l;
}

void help_law_free(struct law *l)
{
	law_free(l);
	free(l);
}

int help_rules(struct law *l, const char *text, struct err *e)
{
	return law_add(l, &(struct source){ "team.yaml", text, strlen(text) }, NULL, e);
}

struct incident *help_incident(const char *more)
{
	struct incident *i = incident_new(1);
	_cleanup_(freep) char *body = mem_printf("{\"what\":[\"redis/password\"],\"because\":\"pasted\","
						 "\"mode\":\"emergency\"%s}", more);

	help_row_law(i, ROW_DECLARED, body);
	return i;
}

void help_row_law(struct incident *i, enum row_kind kind, const char *body)
{
	struct err e = ERR_INIT;

	if (incident_add(i, &(struct row){ .seq = i->last_seq + 1, .at_us = i->last_us ? i->last_us + HOUR : NOON,
			 .kind = kind, .incident = 1, .who = "alice", .body = body }, &e) < 0)
		fail_msg("%s", e.text);
}

char *help_data(const char *keys)
{
	return mem_printf(",\"members\":[{\"kind\":\"data\",\"name\":\"users\"}],"
			  "\"data\":[{\"name\":\"users\",\"title\":\"Accounts\"%s}]", keys);
}
