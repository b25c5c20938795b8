/* Asks sshd, one login after the other: it counts connections that have not proven who they are. */
#include "base/clock.h"
#include "base/mem.h"
#include "base/strv.h"
#include "driver/sink.h"
#include "transport/transport.h"
#include "warden/warden.h"
#include "worker/way.h"
#include <string.h>

#define TOGETHER_MAX 400

static const char *const words[] = {
	[WAY_REFUSED] = "refused", [WAY_ACCEPTED] = "accepted", [WAY_UNASKED] = "unasked",
	[WAY_UNREACHED] = "unreached",
};

static int ask(struct job *job, const struct way *way, const struct strv *door, const json_t *one, json_t *answers,
	       struct err *e)
{
	const char *account = json_str(one, "account"), *file = json_str(one, "file");
	int64_t left_ms = (job->deadline_us - clock_mono_us()) / 1000;
	enum way_answer answer;
	json_t *told;
	char text[200];
	int r;

	if (!account || !file)
		return err_set(e, ERR_CONFIG, "job: each of \"asks\" needs \"account\" and \"file\"");
	if (left_ms <= 0)
		return err_set(e, ERR_NET, "host '%s': not all logins could be asked for in its time", way->host);
	r = way_ask(way, door, account, file, left_ms, &answer, text, e);
	if (r < 0)
		return r;
	if (answer == WAY_UNREACHED)
		return err_set(e, ERR_NET, "host '%s' could not be asked for a login: %s", way->host, text);
	told = json_object();
	json_put(told, "account", account);
	json_put(told, "key", json_str(one, "key"));
	json_put(told, "answer", words[answer]);
	json_put(told, "text", text);
	json_array_append_new(answers, told);
	return 0;
}

/* What it offers an account. That it does not say is no failure: then it is not known, and the parent says so. */
static int ask_offers(struct job *job, const struct way *way, const struct strv *door, const char *account,
		      json_t *offers, struct err *e)
{
	int64_t left_ms = (job->deadline_us - clock_mono_us()) / 1000;
	char methods[200], text[200];
	json_t *told;
	int r;

	if (!account)
		return err_set(e, ERR_CONFIG, "job: \"accounts\" are names");
	if (left_ms <= 0)
		return err_set(e, ERR_NET, "host '%s': not all accounts could be asked for in its time", way->host);
	r = way_offers(way, door, account, left_ms, methods, text, e);
	if (r < 0)
		return r;
	told = json_object();
	json_put(told, "account", account);
	json_put(told, *methods ? "offered" : "text", *methods ? methods : text);
	json_array_append_new(offers, told);
	return 0;
}

int warden_logins(struct job *job, struct err *e)
{
	_cleanup_(strv_free) struct strv door = STRV_INIT;
	const json_t *asks = json_object_get(job->body, "asks"), *accounts = json_object_get(job->body, "accounts");
	json_t *answers = json_array(), *offers = json_array();
	struct way way;
	int r = way_of_job(job, "host", &way, e);

	json_object_set_new(job->result, "answers", answers);
	json_object_set_new(job->result, "offers", offers);
	if (r == 0 && (way.local || json_array_size(asks) + json_array_size(accounts) > TOGETHER_MAX))
		r = err_set(e, ERR_CONFIG, "job: \"logins\" are asked for over ssh, at most %d", TOGETHER_MAX);
	if (r == 0)
		r = way_door(&way, &door, e);
	for (size_t i = 0; r == 0 && i < json_array_size(asks); i++)
		r = ask(job, &way, &door, json_array_get(asks, i), answers, e);
	for (size_t i = 0; r == 0 && i < json_array_size(accounts); i++)
		r = ask_offers(job, &way, &door, json_string_value(json_array_get(accounts, i)), offers, e);
	return r;
}
