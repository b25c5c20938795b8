/* From outside: what a host that is no responder gets for an answer. */
#include "base/mem.h"
#include "base/text.h"
#include "fleet/contain_parts.h"
#include <string.h>

#define SHUT_MS 3000

struct seen { uint32_t open, refused, silent, other; char first_open[80], first_bad[120]; };

static void see(struct seen *s, const json_t *one)
{
	const char *address = json_string_value(json_array_get(one, 0));
	const char *word = json_string_value(json_array_get(one, 2));
	const char *why = json_string_value(json_array_get(one, 3));
	long long port = (long long)json_integer_value(json_array_get(one, 1));

	if (!word)
		return;
	if (!strcmp(word, "open")) {
		if (!s->open++)
			(void)snprintf(s->first_open, sizeof(s->first_open), "%.50s port %lld", address, port);
	} else if (!strcmp(word, "refused")) {
		s->refused++;
	} else {
		s->silent += !strcmp(word, "silent");
		s->other += strcmp(word, "silent") != 0;
		if (!*s->first_bad)
			(void)snprintf(s->first_bad, sizeof(s->first_bad), "%.40s port %lld: %.50s", address, port,
				       why ? why : word);
	}
}

static struct seen of_address(const json_t *answers, const char *address)
{
	struct seen s = { 0 };
	const json_t *one;
	size_t i;

	json_array_foreach(answers, i, one) {
		const char *of = json_string_value(json_array_get(one, 0));

		if (of && !strcmp(of, address))
			see(&s, one);
	}
	return s;
}

static enum sched_answer judge_release(const char *const *addresses, size_t n, const json_t *answers, char text[600])
{
	for (size_t k = 0; k < n; k++) {
		struct seen s = of_address(answers, addresses[k]);

		if (s.open) {
			(void)snprintf(text, 600, "released: the probe reaches %s again", s.first_open);
			return SCHED_DONE;
		}
	}
	(void)snprintf(text, 600, "nothing of ours stands there any more, and the probe reaches no port of it: if it "
		       "did before, look at the host's own firewall");
	return SCHED_UNKNOWN;
}

enum sched_answer contain_judge(enum contain_action action, enum contain_level level, const char *const *addresses,
				size_t n, const json_t *answers, char text[600])
{
	uint32_t refused = 0;

	if (action == CONTAIN_OFF)
		return judge_release(addresses, n, answers, text);
	for (size_t k = 0; k < n; k++) {
		struct seen s = of_address(answers, addresses[k]);

		if (s.open) {
			(void)snprintf(text, 600, "NOT cut off: the probe gets in at %s", s.first_open);
			return SCHED_FAILED;
		}
		refused += s.refused;
		if (s.refused || (level == LEVEL_SHUTDOWN && s.silent))
			continue;
		(void)snprintf(text, 600, "not shown: the probe gets no refusal from %.60s (%s)", addresses[k],
			       *s.first_bad ? s.first_bad : "it was not tried");
		return SCHED_UNKNOWN;
	}
	if (n == 0) {
		(void)snprintf(text, 600, "not shown: no address of it is known to the probe");
		return SCHED_UNKNOWN;
	}
	if (level == LEVEL_SHUTDOWN)
		(void)snprintf(text, 600, "it was told to switch itself off, and the probe gets in nowhere");
	else
		(void)snprintf(text, 600, "the probe was refused at all %u ports that it tried", refused);
	return SCHED_DONE;
}

/* The host's own word. */
static const json_t *said(const struct held *d)
{
	return json_object_get(d->result, contain_action_words[d->run->o->action]);
}

/* What the register says, else an address of ssh that is a number, and what the host itself says. */
static size_t addresses_of(const struct held *d, const char *ret[CONTAIN_ADDRESSES])
{
	const struct host *h = &d->run->en->reg->hosts[d->host];
	const json_t *of = said(d), *one;
	struct contain_net net;
	size_t n = 0, i;

	for (; n < d->words.n_addresses; n++)
		ret[n] = d->words.addresses[n];
	if (n)
		return n;
	if (contain_net_parse(h->address, &net) == 0)
		ret[n++] = h->address;
	json_array_foreach(json_object_get(of, "addresses"), i, one) {
		const char *address = json_string_value(one);

		if (address && n < CONTAIN_TOLD && contain_net_parse(address, &net) == 0 &&
		    strcmp(address, h->address) != 0)
			ret[n++] = address;
	}
	return n;
}

static void add_target(json_t *targets, const char *address, int64_t port)
{
	json_t *one = json_array();

	json_array_append_new(one, json_string(address));
	json_array_append_new(one, json_integer(port));
	json_array_append_new(targets, one);
}

/* ssh, and where nothing at all may answer also what the host listens on. */
static void add_targets(const struct held *d, json_t *targets)
{
	const json_t *of = said(d), *one;
	const char *addresses[CONTAIN_ADDRESSES];
	size_t n = addresses_of(d, addresses), i;
	bool all = d->run->o->level == LEVEL_ISOLATE;

	for (size_t k = 0; k < n; k++) {
		uint32_t told = d->words.n_ports;

		for (uint32_t p = 0; p < d->words.n_ports; p++)
			add_target(targets, addresses[k], d->words.ports[p]);
		json_array_foreach(json_object_get(of, "ports"), i, one) {
			int64_t port = json_integer_value(one);
			bool is_told = port < 1 || port > 65535;

			for (uint32_t p = 0; p < d->words.n_ports; p++)
				is_told |= port == d->words.ports[p];
			if (all && !is_told && told++ < CONTAIN_PROBED)
				add_target(targets, addresses[k], port);
		}
	}
}

/* Who cuts off later than the answer came has a moment until then. */
static enum sched_answer patient(const struct held *d, enum sched_answer answer)
{
	return answer == SCHED_FAILED && (d->run->o->crowd || d->run->o->level == LEVEL_SHUTDOWN) ? SCHED_UNKNOWN
												   : answer;
}

static void keep_answers(struct held *d, const json_t *answers, const char *const *addresses, size_t n)
{
	json_t *own = json_array();
	const json_t *one;
	size_t i;

	json_array_foreach(answers, i, one) {
		const char *of = json_string_value(json_array_get(one, 0));

		for (size_t k = 0; of && k < n; k++)
			if (!strcmp(of, addresses[k])) {
				json_array_append_new(own, json_deep_copy(one));
				break;
			}
	}
	json_object_set_new(d->result, "probe", own);
}

static void probe_ended(const struct visit *v, const struct visited *r, void *arg _unused_)
{
	struct probing *p = v->arg;
	const json_t *answers = json_object_get(json_object_get(r->answer, "probe"), "answers");
	int64_t now = contain_now_ms();

	for (uint32_t k = 0; k < p->n; k++) {
		struct held *d = &p->run->held[p->hosts[k]];
		const char *addresses[CONTAIN_ADDRESSES];
		size_t n = addresses_of(d, addresses);
		enum sched_answer answer = SCHED_UNKNOWN;
		_cleanup_(freep) char *what = mem_printf("try its ports from %s", v->host->name);

		if (r->outcome == VISIT_DONE) {
			answer = patient(d, contain_judge(p->run->o->action, p->run->o->level, addresses, n, answers,
							  d->text));
			keep_answers(d, answers, addresses, n);
		} else {
			(void)snprintf(d->text, sizeof(d->text), "not shown: the probe could not be asked: %.500s",
				       r->text);
		}
		contain_try(d, what, d->text);
		(void)sched_ended(p->run->schedule, now, SCHED_PROBE, p->hosts[k], answer, 0);
	}
	json_decref(p->visit.request);
	free(p->hosts);
	free(p);
}

static bool nothing_to_try(struct containing *c, const struct sched_order *order)
{
	for (uint32_t k = 0; k < order->n; k++) {
		struct held *d = &c->held[order->hosts[k]];

		(void)snprintf(d->text, sizeof(d->text), "not shown: no address of it is known to the probe");
		(void)sched_ended(c->schedule, contain_now_ms(), SCHED_PROBE, order->hosts[k], SCHED_UNKNOWN, 0);
	}
	return false;
}

bool contain_probe(struct containing *c, const struct sched_order *order, struct crew_job *ret)
{
	json_t *targets = json_array(), *one, *request;
	uint32_t probe = c->held[order->host].words.probe;
	struct probing *p;

	for (uint32_t k = 0; k < order->n; k++)
		add_targets(&c->held[order->hosts[k]], targets);
	if (!json_array_size(targets)) {
		json_decref(targets);
		return nothing_to_try(c, order);
	}
	p = mem_zero(1, sizeof(*p));
	one = json_object();
	request = json_object();
	p->run = c;
	p->n = order->n;
	p->hosts = mem_zero(order->n, sizeof(*p->hosts));
	p->here = (struct host){ .name = "this machine", .address = "", .reach = REACH_LOCAL };
	for (uint32_t k = 0; k < order->n; k++)
		p->hosts[k] = order->hosts[k];
	json_object_set_new(one, "targets", targets);
	json_put_int(one, "wait_ms", SHUT_MS);
	json_object_set_new(request, "probe", one);
	p->how = (struct visits){ .warden = c->o->warden, .scout = c->o->scout, .ssh_config = c->first_config,
				  .timed = true, .limit_ms = order->limit_ms, .end = probe_ended };
	p->visit = (struct visit){ .host = probe == NOTHING ? &p->here : &c->en->reg->hosts[probe], .request = request,
				   .arg = p };
	visit_job(&p->how, &p->visit, ret);
	return true;
}
