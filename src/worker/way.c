#include "worker/way.h"

int way_of_job(const struct job *job, const char *key, struct way *ret, struct err *e)
{
	const json_t *h = json_object_get(job->body, key);

	if (!h) {
		*ret = (struct way){ .host = "localhost", .address = "localhost", .local = true };
		return 0;
	}
	*ret = (struct way){
		.host = json_str(h, "name"),
		.address = json_str(h, "address"),
		.local = json_is(h, "local"),
		.ssh_config = json_str(h, "ssh_config"),
		.timed = json_is(h, "timed"),
		.control = json_str(h, "control"),
	};
	if (!ret->host || !ret->address)
		return err_set(e, ERR_CONFIG, "job: \"%s\" needs \"name\" and \"address\"", key);
	return 0;
}
