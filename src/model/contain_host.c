#include "model/contain_host.h"
#include "base/mem.h"
#include "base/text.h"
#include <string.h>

#define SSH_PORT 22

static const struct names *first_names(const struct names *own, const struct names *all)
{
	return own->n ? own : all;
}

static uint32_t probe_of(const struct firebreak_register *r, const struct containment *own, uint32_t host)
{
	const struct indices *list = own->probes.n ? &own->probes : &r->containment.probes;

	for (uint32_t k = 0; k < list->n; k++)
		if (list->i[k] != host)
			return list->i[k];
	return NOTHING;
}

static char *second_of(const char *pattern, const char *host)
{
	const char *at = pattern ? strstr(pattern, "{host}") : NULL;

	return !pattern ? NULL : at ? mem_printf("%.*s%s%s", (int)(at - pattern), pattern, host, at + 6)
				    : mem_dup(pattern);
}

void contain_host_of(const struct firebreak_register *r, uint32_t host, struct contain_host *ret)
{
	const struct containment *own = &r->hosts[host].containment, *all = &r->containment;
	const struct names *responders = first_names(&own->responders, &all->responders);
	const struct names *ports = first_names(&own->ports, &all->ports);
	const char *config = own->second_config ? own->second_config : all->second_config;
	unsigned loopback = own->loopback ? own->loopback : all->loopback;

	*ret = (struct contain_host){
		.responders = responders->s, .n_responders = responders->n,
		.addresses = own->addresses.s, .n_addresses = own->addresses.n,
		.owned = second_of(own->second ? own->second : all->second, r->hosts[host].name),
		.second_config = config ? config : r->ssh_config,
		.probe = probe_of(r, own, host),
		.dead_man_s = own->dead_man_s ? own->dead_man_s : all->dead_man_s ? all->dead_man_s
									       : CONTAIN_DEAD_MAN_S,
		.loopback = loopback != CONTAIN_LOOPBACK_CLOSED,
	};
	ret->second = ret->owned;
	for (uint32_t k = 0; k < ports->n; k++) {
		uint32_t port = SSH_PORT;

		(void)text_u32(ports->s[k], 1, 65535, &port);
		ret->ports[ret->n_ports++] = (uint16_t)port;
	}
	if (!ret->n_ports)
		ret->ports[ret->n_ports++] = SSH_PORT;
}

void contain_host_free(struct contain_host *h)
{
	free(h->owned);
}

static bool is_same_way(const struct firebreak_register *r, uint32_t host, const struct contain_host *h)
{
	const char *config = r->ssh_config ? r->ssh_config : "";

	return !strcmp(h->second, r->hosts[host].address) && !strcmp(h->second_config ? h->second_config : "", config);
}

static int why_not(const struct firebreak_register *r, uint32_t host, const struct contain_host *h, bool confirmed,
		   struct err *e)
{
	if (!h->n_responders)
		return err_set(e, ERR_CONFIG, "no 'responders' in 'containment': nobody would be let in");
	if (!confirmed)
		return 0;
	if (!h->second)
		return err_set(e, ERR_CONFIG, "no 'second' in 'containment': without a second path nobody can confirm "
			       "that you still come in, and the host would undo it by itself");
	if (is_same_way(r, host, h))
		return err_set(e, ERR_CONFIG, "its second path is its first one: 'second' in 'containment' must be "
			       "another address or alias, or have another 'second_config'");
	if (h->probe == NOTHING)
		return err_set(e, ERR_CONFIG, "no 'probe' in 'containment' that is another host: nothing would show "
			       "from outside that it is cut off");
	return 0;
}

int contain_host_can(const struct firebreak_register *r, uint32_t host, enum contain_level level, bool confirmed,
		     struct err *e)
{
	_cleanup_(contain_host_free) struct contain_host h = { 0 };

	if (r->hosts[host].reach == REACH_LOCAL)
		return err_set(e, ERR_REFUSED, "host '%s' is the machine that you work on: it cannot be cut off from "
			       "here", r->hosts[host].name);
	if (!contain_levels[level].rules)
		return 0;
	contain_host_of(r, host, &h);
	return why_not(r, host, &h, confirmed, e) < 0 ? err_wrap(e, "host '%s'", r->hosts[host].name) : 0;
}

struct reason { char text[500]; uint32_t first, n; };
#define REASONS_MAX 8u

void contain_check(const struct firebreak_register *r, struct strv *ret)
{
	struct reason reasons[REASONS_MAX];
	uint32_t n = 0, k;
	bool all = false;

	for (uint32_t i = 0; i < r->n_roles; i++)
		all |= r->roles[i].contain == CONTAIN_RIGHT_ALL;
	if (r->n_hosts && !all)
		strv_addf(ret, "no role has 'contain: all': nobody may isolate a host and release it again");
	for (uint32_t host = 0; host < r->n_hosts; host++) {
		_cleanup_(contain_host_free) struct contain_host h = { 0 };
		struct err e = ERR_INIT;

		if (r->hosts[host].reach == REACH_LOCAL)
			continue;
		contain_host_of(r, host, &h);
		if (why_not(r, host, &h, true, &e) == 0)
			continue;
		for (k = 0; k < n && strcmp(reasons[k].text, e.text) != 0; k++)
			;
		if (k == n && n < REASONS_MAX) {
			reasons[n] = (struct reason){ .first = host };
			memcpy(reasons[n++].text, e.text, sizeof(e.text));
		}
		if (k < n)
			reasons[k].n++;
	}
	for (k = 0; k < n; k++) {
		const struct host *first = &r->hosts[reasons[k].first];

		strv_addf(ret, "%s:%u:%u: host '%s'%s could not be contained: %s", first->at.file, first->at.line,
			  first->at.col, first->name, reasons[k].n > 1 ? " and others" : "", reasons[k].text);
	}
}
