/* What the host's rules let in. */
#include "base/text.h"
#include "model/firewall.h"
#include "scout/posture.h"
#include <string.h>

/* Somebody whom no rule names: TEST-NET-2 of RFC 5737, and RFC 3849. */
static struct firewall_packet stranger(const struct posture_wall *w, bool six, const char *protocol, uint32_t port)
{
	return (struct firewall_packet){ .six = six, .source = six ? "2001:db8:ffff::77" : "198.51.100.77",
					 .protocol = protocol, .port = port,
					 .interface = *w->interface ? w->interface : NULL };
}

static bool is_free(const json_t *sockets, const char *protocol, uint32_t port)
{
	for (size_t k = 0; k < json_array_size(sockets); k++) {
		const json_t *s = json_array_get(sockets, k);

		if (json_int(s, "port", 0) == port && strcmp(json_str(s, "protocol"), protocol) == 0)
			return false;
	}
	return true;
}

/* The worst of some ports, spread over the range, that nothing listens on. */
static json_t *family(const struct posture_wall *w, const json_t *sockets, bool six)
{
	static const uint32_t ports[] = { 1, 7, 79, 513, 1947, 5556, 17185, 28017, 41795, 65129 };
	static const char *const protocols[] = { "tcp", "udp" };
	enum firewall_verdict all = FIREWALL_REFUSED;
	json_t *j = json_object();

	for (size_t k = 0; k < ARRAY_SIZE(ports) * ARRAY_SIZE(protocols); k++) {
		const char *protocol = protocols[k % 2];
		uint32_t port = ports[k / 2];
		struct firewall_packet p = stranger(w, six, protocol, port);
		enum firewall_verdict v = firewall_verdict(w->ruleset, &p);

		if (is_free(sockets, protocol, port) && v != FIREWALL_REFUSED && all != FIREWALL_ACCEPTED)
			all = v;
	}
	json_put_int(j, "hooks", firewall_hooks(w->ruleset, six));
	json_put(j, "stranger", firewall_verdict_names[all]);
	return j;
}

static void judge_sockets(const struct posture_wall *w, json_t *sockets)
{
	for (size_t k = 0; k < json_array_size(sockets); k++) {
		json_t *s = json_array_get(sockets, k);
		bool six = json_int(s, "family", 4) == 6;
		struct firewall_packet p = stranger(w, six, json_str(s, "protocol"), (uint32_t)json_int(s, "port", 0));
		enum firewall_verdict v = firewall_verdict(w->ruleset, &p);

		/* one on :: takes IPv4 as well, unless it was told not to */
		if (six && v == FIREWALL_REFUSED && strcmp(json_str(s, "address"), "::") == 0) {
			p.six = false;
			p.source = "198.51.100.77";
			v = firewall_verdict(w->ruleset, &p);
		}
		json_put(s, "verdict", firewall_verdict_names[v]);
	}
}

json_t *posture_firewall(struct scout_out *o, const struct posture_wall *w)
{
	json_t *j = json_object(), *sockets;

	if (!w->ruleset) {
		json_put(j, "text", w->why);
		return j;
	}
	sockets = posture_sockets(o, NULL);
	json_object_set_new(j, "read", json_true());
	json_object_set_new(j, "v4", family(w, sockets, false));
	if (w->six)
		json_object_set_new(j, "v6", family(w, sockets, true));
	else
		json_object_set_new(j, "v6_off", json_true());
	json_put(j, "blind", firewall_blind(w->ruleset));
	json_object_set(j, "unseen", w->unseen);
	judge_sockets(w, sockets);
	json_object_set_new(j, "sockets", sockets);
	return j;
}
