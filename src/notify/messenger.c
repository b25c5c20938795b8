#include "notify/messenger.h"
#include <string.h>

static const struct { const char *kind; send_fn *send; } senders[] = {
	{ "irc", send_irc }, { "discord", send_hook }, { "slack", send_hook }, { "matrix", send_hook },
	{ "log-line", send_log_line },
};

int job_run(struct job *job, const char *verb, struct err *e)
{
	const char *kind = json_str(job->body, "kind");

	for (size_t i = 0; kind && !strcmp(verb, "alert") && i < ARRAY_SIZE(senders); i++)
		if (!strcmp(senders[i].kind, kind))
			return senders[i].send(job, wire_secrets_get(&job->in, "channel"), e);
	return err_set(e, ERR_CONFIG, "job: the messenger knows no '%.40s' of kind '%.40s'", verb, kind ? kind : "");
}
