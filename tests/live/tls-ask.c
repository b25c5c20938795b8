/*
 * tls-ask ADDRESS [OPTION=WORD]... [config=FILE host=HOST control=FOLDER] [limit=MS]: what driver/tls_served.h sees,
 * from here or over ssh from a host; a line for each address and kind of key: "127.0.0.1:443 any SPKI SERIAL DAYS
 * for-name", with " wants-client" behind it where it asks for one of ours, "127.0.0.1:443 rsa none", "error: why".
 * 0: seen.
 */
#include "base/clock.h"
#include "base/json.h"
#include "driver/sink.h"
#include "driver/tls_served.h"
#include "transport/transport.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kinds[TLS_KINDS] = { "any", "rsa", "ec" };

static int look(const struct driver_job *at, const char *place, void *arg, struct err *e)
{
	int r = 0;

	(void)arg;
	for (enum tls_kind k = TLS_ANY; r == 0 && k < TLS_KINDS; k++) {
		struct tls_served s = { 0 };

		r = tls_served_ask(at, k, &s, e);
		if (r < 0)
			break;
		printf("%s %s ", place, kinds[k]);
		if (s.none)
			printf("none\n");
		else
			printf("%s %s %lld %s%s\n", s.spki_sha256, s.serial,
			       (long long)((s.not_after_s - clock_now_us() / 1000000) / 86400),
			       s.is_for_name ? "for-name" : "not-for-name", s.wants_client ? " wants-client" : "");
	}
	if (r < 0)
		printf("%s error: %s\n", place, e->text);
	return r;
}

int main(int argc, char **argv)
{
	struct way way = { .host = "there", .local = true };
	struct job_sink sink = { 0 };
	struct driver_job job = { .driver = "tls", .from = &way, .limit_ms = 60000, .sink = &sink };
	json_t *options = json_object();
	struct err e = ERR_INIT;
	const char **const ways[] = { &way.ssh_config, &way.address, &way.control };
	static const char *const names[] = { "config", "host", "control" };
	int r;

	for (int i = 2; i < argc; i++) {
		char *word = strchr(argv[i], '=');
		bool taken = false;

		if (!word)
			return 2;
		*word++ = '\0';
		for (size_t k = 0; k < 3; k++)
			if (!strcmp(argv[i], names[k])) {
				*ways[k] = word;
				way.local = false;
				taken = true;
			}
		if (!taken && strcmp(argv[i], "limit") != 0)
			json_put(options, argv[i], word);
		else if (!taken)
			job.limit_ms = strtol(word, NULL, 10);
	}
	job.address = argc > 1 ? argv[1] : "";
	job.options = options;
	sink.deadline_us = clock_mono_us() + job.limit_ms * 1000;
	r = tls_served_each(&job, look, NULL, &e);
	if (r < 0)
		printf("error: %s\n", e.text);
	way_end(&way);
	json_decref(options);
	return r < 0;
}
