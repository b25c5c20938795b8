/* What a responder could recover of the journal: opened with the farm's own key, as `recover` would. */
#include "trial.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/seal.h"
#include <stdio.h>
#include <string.h>

static int copy(const char *bytes, size_t len, void *arg)
{
	if (len >= TRIAL_VALUE)
		return -1;
	memcpy(arg, bytes, len);
	((char *)arg)[len] = '\0';
	return 0;
}

int trial_sealed(struct trial *t, const char *which, char ret[TRIAL_VALUE])
{
	_cleanup_(freep) char *path = fs_join(t->folder, "key");
	_cleanup_(freep) char *context = mem_printf("firebreak/1/%lld/thing/password/%s", (long long)t->incident,
						    which);
	_cleanup_(secret_freep) struct secret *value = NULL;
	_cleanup_(seal_key_freep) struct seal_key *key = NULL;
	_cleanup_(json_freep) json_t *row = NULL;
	struct err e = ERR_INIT;
	const char *sealed;

	if (trial_sh(t, "bin/firebreak journal export %lld --state=state | grep -F '\"new_tag\":'",
		     (long long)t->incident) != 0 ||
	    json_read("row", t->said, strlen(t->said), sizeof(t->said), &row, &e) < 0)
		return -1;
	sealed = json_str(json_object_get(row, "body"), which);
	if (!sealed || secret_init(&e) < 0 || seal_key_open(path, NULL, &key, &e) < 0 ||
	    seal_open(key, sealed, context, &value, &e) < 0 || secret_with(value, copy, ret) < 0) {
		snprintf(t->said, sizeof(t->said), "%s\n", e.text);
		return -1;
	}
	return 0;
}
