/* What a host says of its rules, its sshd and itself; nothing that it says makes a claim true without a sentence. */
#include "base/json.h"
#include "fuzz.h"
#include "model/firewall.h"
#include "model/posture.h"
#include "model/ssh_setup.h"
#include <string.h>

static void rules(json_t *j)
{
	for (int k = 0; k < 4; k++) {
		struct firewall_packet p = { .six = k & 1, .source = k & 1 ? "2001:db8::7" : "198.51.100.7",
					     .protocol = k & 2 ? "udp" : "tcp", .port = 22, .interface = "eth0" };

		if ((unsigned)firewall_verdict(j, &p) > FIREWALL_UNTOLD)
			abort();
		(void)firewall_hooks(j, p.six);
	}
	(void)firewall_blind(j);
}

static void judge(const json_t *j)
{
	static const char *const words[] = { "x" };
	const struct names some = { (const char **)(uintptr_t)words, 1 };
	const struct posture_rules r = { .kex = some, .host_keys = some, .ciphers = some, .macs = some,
					 .lists_hours = 48 };
	struct posture p;

	posture_judge(j, &r, (int64_t)1795000000 * 1000000, &p);
	for (int k = 0; k < CLAIMS; k++)
		if (!p.claims[k].n_said || (p.claims[k].result == CLAIM_TRUE &&
			p.claims[k].said[0].result != CLAIM_TRUE))
			abort();
	posture_free(&p);
}

static void sshd(char *text, const uint8_t *data, size_t size)
{
	struct ssh_offer o;
	char *s = text, *key, *value;

	if (ssh_offer_read(data, size, &o) == 1)
		for (int k = 0; k < SSH_LISTS; k++)
			if (o.list[k].len > size)
				abort();
	while (ssh_setting_next(&s, &key, &value))
		(void)ssh_config_line(value, &key, &value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(freep) char *text = mem_dupn((const char *)data, size);
	_cleanup_(json_freep) json_t *j = NULL, *empty = json_pack("{s:[]}", "nftables");

	if (json_read("x", text, size, 1 << 20, &j, NULL) == 0) {
		rules(j);
		judge(j);
		(void)firewall_add_iptables(j, "*filter\n:INPUT DROP [0:0]\n", false);
	} else if (firewall_add_iptables(empty, text, size % 2)) {
		firewall_add_ipsets(empty, text);
		(void)firewall_has_ipsets(empty);
		rules(empty);
	} else {
		firewall_add_ipsets(empty, text);
	}
	sshd(text, data, size);
	return 0;
}
