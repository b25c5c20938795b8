/* From outside: what a host that is no responder gets for an answer. */
#include "base/mem.h"
#include "base/text.h"
#include "fleet/contain_parts.h"
#include <string.h>

#define SHUT_MS 3000

struct seen { uint32_t open, refused, silent, other; char first_open[80], first_bad[120]; };
struct sum { uint32_t refused, mute, untried; char first_bad[120]; };

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

static enum sched_answer judge_release(const struct contain_addresses *a, const json_t *answers, char text[600])
{
	for (size_t k = 0; k < a->n; k++) {
		struct seen s = of_address(answers, a->list[k]);

		if (s.open) {
			(void)snprintf(text, 600, "released: the probe reaches %s again", s.first_open);
			return SCHED_DONE;
		}
	}
	(void)snprintf(text, 600, "nothing of ours stands there any more, and the probe reaches no port of it: if it "
		       "did before, look at the host's own firewall");
	return SCHED_UNKNOWN;
}

static void add_up(struct sum *all, const struct seen *s)
{
	all->refused += s->refused;
	all->mute += s->silent + s->other;
	all->untried += !s->refused && !s->silent && !s->other;
	if (!*all->first_bad)
		(void)snprintf(all->first_bad, sizeof(all->first_bad), "%s", s->first_bad);
}

static void say_refused(const struct sum *all, char text[600])
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(600);

	if (!all->mute)
		buf_printf(&b, "the probe was refused at all %u ports that it tried", all->refused);
	else
		buf_printf(&b, "the probe was refused at %u port%s and let in at none; %u did not answer it, first %s",
			   all->refused, all->refused == 1 ? "" : "s", all->mute, all->first_bad);
	if (all->untried)
		buf_printf(&b, "; %u of its addresses %s not tried", all->untried, all->untried == 1 ? "was" : "were");
	(void)snprintf(text, 600, "%s", buf_text(&b));
}

enum sched_answer contain_judge(enum contain_action action, enum contain_level level,
				const struct contain_addresses *a, const json_t *answers, char text[600])
{
	struct sum all = { 0 };
	bool shown = true;

	if (action == CONTAIN_OFF)
		return judge_release(a, answers, text);
	for (size_t k = 0; k < a->n; k++) {
		struct seen s = of_address(answers, a->list[k]);

		if (s.open) {
			(void)snprintf(text, 600, "NOT cut off: the probe gets in at %s", s.first_open);
			return SCHED_FAILED;
		}
		add_up(&all, &s);
		if (!shown || k >= a->needed || s.refused || (level == LEVEL_SHUTDOWN && s.silent))
			continue;
		(void)snprintf(text, 600, "not shown: the probe gets no refusal from %.60s (%s)", a->list[k],
			       *s.first_bad ? s.first_bad : "it was not tried");
		shown = false;
	}
	if (!shown)
		return SCHED_UNKNOWN;
	if (a->needed == 0) {
		(void)snprintf(text, 600, "not shown: no address of it is known to the probe");
		return SCHED_UNKNOWN;
	}
	if (level == LEVEL_SHUTDOWN)
		(void)snprintf(text, 600, "it was told to switch itself off, and the probe gets in nowhere");
	else
		say_refused(&all, text);
	return SCHED_DONE;
}

/* The host's own word. */
static const json_t *said(const struct held *d)
{
	return json_object_get(d->result, contain_action_words[d->run->o->action]);
}

static void add_address(struct contain_addresses *a, const char *address)
{
	struct contain_net net;

	if (!address || a->n == ARRAY_SIZE(a->list) || contain_net_parse(address, &net) < 0)
		return;
	for (size_t k = 0; k < a->n; k++)
		if (!strcmp(a->list[k], address))
			return;
	a->list[a->n++] = address;
}

static void add_told(struct contain_addresses *a, const json_t *told)
{
	for (size_t k = 0; k < json_array_size(told) && k < CONTAIN_TOLD; k++)
		add_address(a, json_string_value(json_array_get(told, k)));
}

/* Those of the register have to refuse, else those of the way by which it was cut off. The host's others, which a probe
 * may have no way to, are tried all the same: who is let in at one of them is in. */
static void addresses_of(const struct held *d, struct contain_addresses *ret)
{
	const json_t *of = said(d);

	*ret = (struct contain_addresses){ 0 };
	for (size_t k = 0; k < d->words.n_addresses; k++)
		add_address(ret, d->words.addresses[k]);
	ret->needed = ret->n;
	add_address(ret, d->run->en->reg->hosts[d->host].address);
	add_told(ret, json_object_get(of, "addresses"));
	if (!ret->needed)
		ret->needed = ret->n;
	add_told(ret, json_object_get(of, "elsewhere"));
}

static void add_target(json_t *targets, const char *address, int64_t port)
{
	json_t *one = json_array();

	json_array_append_new(one, json_string(address));
	json_array_append_new(one, json_integer(port));
	json_array_append_new(targets, one);
}

/* ssh, and where nothing at all may answer also what the host listens on. */
static void add_targets(const struct held *d, bool needed, json_t *targets)
{
	const json_t *one;
	struct contain_addresses a;
	bool all = d->run->o->level == LEVEL_ISOLATE;
	uint32_t most = needed ? CONTAIN_PROBED : CONTAIN_PROBED_ASIDE;
	size_t i;

	addresses_of(d, &a);
	for (size_t k = needed ? 0 : a.needed; k < (needed ? a.needed : a.n); k++) {
		uint32_t told = d->words.n_ports;

		if (!needed && json_array_size(targets) >= CONTAIN_TARGETS)
			return;
		for (uint32_t p = 0; p < d->words.n_ports; p++)
			add_target(targets, a.list[k], d->words.ports[p]);
		json_array_foreach(json_object_get(said(d), "ports"), i, one) {
			int64_t port = json_integer_value(one);
			bool is_told = port < 1 || port > 65535;

			for (uint32_t p = 0; p < d->words.n_ports; p++)
				is_told |= port == d->words.ports[p];
			if (all && !is_told && told++ < most)
				add_target(targets, a.list[k], port);
		}
	}
}

/* Who cuts off later than the answer came has a moment until then. */
static enum sched_answer patient(const struct held *d, enum sched_answer answer)
{
	return answer == SCHED_FAILED && (d->run->o->crowd || d->run->o->level == LEVEL_SHUTDOWN) ? SCHED_UNKNOWN
												   : answer;
}

static void keep_answers(struct held *d, const json_t *answers, const struct contain_addresses *a)
{
	json_t *own = json_array();
	const json_t *one;
	size_t i;

	json_array_foreach(answers, i, one) {
		const char *of = json_string_value(json_array_get(one, 0));

		for (size_t k = 0; of && k < a->n; k++)
			if (!strcmp(of, a->list[k])) {
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
		struct contain_addresses a;
		enum sched_answer answer = SCHED_UNKNOWN;
		_cleanup_(freep) char *what = mem_printf("try its ports from %s", v->host->name);

		addresses_of(d, &a);
		if (r->outcome == VISIT_DONE) {
			answer = patient(d, contain_judge(p->run->o->action, p->run->o->level, &a, answers, d->text));
			keep_answers(d, answers, &a);
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
		add_targets(&c->held[order->hosts[k]], true, targets);
	for (uint32_t k = 0; k < order->n; k++)
		add_targets(&c->held[order->hosts[k]], false, targets);
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
