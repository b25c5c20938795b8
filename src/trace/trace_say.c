#include "base/clock.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "driver/driver.h"
#include "trace/trace_parts.h"
#include <stdio.h>
#include <string.h>

static void visible(struct buf *b, const char *s)
{
	text_visible(b, s, strlen(s));
}

void trace_place(const struct trace *t, const struct trace_found *f, struct buf *b)
{
	(void)t;
	if (*f->at) {
		visible(b, f->at);
		(void)buf_char(b, ':');
	}
	if (f->path)
		visible(b, f->path);
	else
		(void)buf_printf(b, "%s %.12s", f->is, f->object);
	if (f->member) {
		(void)buf_char(b, '(');
		visible(b, f->member);
		(void)buf_char(b, ')');
	}
	if (f->line && f->path)
		(void)buf_printf(b, ":%llu", (unsigned long long)f->line);
}

static const char *const states[] = {
	[STATE_FILE] = "a file", [STATE_HEAD] = "still there", [STATE_BRANCH] = "still there, on branch ",
	[STATE_HISTORY] = "in the history only", [STATE_UNREACHABLE] = "no branch or tag leads to it",
};
static const char *const state_names[] = {
	[STATE_FILE] = "file", [STATE_HEAD] = "head", [STATE_BRANCH] = "branch", [STATE_HISTORY] = "history",
	[STATE_UNREACHABLE] = "unreachable",
};

static void day(struct buf *b, int64_t at_s)
{
	_cleanup_(buf_free) struct buf when = BUF_INIT(64);

	clock_format(&when, at_s * 1000000);
	(void)buf_add(b, buf_text(&when), when.len < 10 ? when.len : 10);
}

void trace_state_words(const struct trace *t, const struct trace_found *f, struct buf *b)
{
	(void)t;
	(void)buf_str(b, states[f->state]);
	if (f->state == STATE_BRANCH && f->branch)
		visible(b, f->branch);
	if (f->count > 1)
		(void)buf_printf(b, ", %llu times", (unsigned long long)f->count);
	if (f->versions > 1)
		(void)buf_printf(b, ", in %u versions", f->versions);
	if (!f->commit)
		return;
	(void)buf_printf(b, ", since %.12s of ", f->commit);
	day(b, f->at_s);
	if (f->who) {
		(void)buf_str(b, " by ");
		visible(b, f->who);
	}
}

static void line(const struct trace *t, const struct trace_found *f, bool colour, struct buf *b)
{
	const struct trace_value *v = &t->values[f->value];

	(void)buf_str(b, "  ");
	trace_place(t, f, b);
	(void)buf_printf(b, ": %s%s: ", form_list[f->form].what, f->part ? " (a part that tells)" : "");
	trace_state_words(t, f, b);
	(void)buf_str(b, ": ");
	if (f->declared)
		term_paint(b, colour, TERM_GREEN, f->known);
	else if (f->known)
		term_paint(b, colour, TERM_YELLOW, f->known);
	else
		term_paint(b, colour, TERM_RED, v->secret == NOTHING ? "not in the register" : "unknown to the "
			   "register");
	(void)buf_char(b, '\n');
}

static void head(const struct trace *t, uint32_t value, struct buf *b)
{
	const struct trace_value *v = &t->values[value];
	uint32_t n = 0, other = 0;

	for (uint32_t i = 0; i < t->n_found; i++)
		if (t->found[i].value == value) {
			n++;
			other += !t->found[i].declared;
		}
	visible(b, v->name);
	(void)buf_printf(b, "%s: ", v->which == TRACE_OLD ? " (the old value)" : "");
	if (!trace_is_wanted(t, value))
		(void)buf_str(b, "was not looked for\n");
	else if (n == 0)
		(void)buf_str(b, "stands nowhere that was looked at\n");
	else
		(void)buf_printf(b, "stands in %u place%s, %u of them not where the register says\n", n, n == 1 ? ""
				 : "s",
				 other);
}

/* The service of an account that keeps the value in a form that nobody can compare; NULL: none does. */
static const struct driver_facts *salts(const struct trace *t, uint32_t value)
{
	const struct firebreak_register *reg = t->en->reg;
	uint32_t secret = t->values[value].secret;

	for (uint32_t i = 0; secret != NOTHING && i < reg->secrets[secret].n_accounts; i++) {
		const struct driver_facts *f = driver_facts_find(reg->secrets[secret].accounts[i].driver);

		if (f && *f->salted)
			return f;
	}
	return NULL;
}

static void not_comparable(const struct trace *t, uint32_t value, struct buf *b)
{
	const struct driver_facts *f = salts(t, value);

	if (f)
		(void)buf_printf(b, "  %s keeps %s of it, with a salt: no search can find copies of "
				 "that; hashes without a salt are found\n", f->title,
				 f->salted);
}

void trace_text(const struct trace *t, bool colour, struct buf *b)
{
	for (uint32_t v = 0; v < t->n_values; v++) {
		head(t, v, b);
		not_comparable(t, v, b);
		for (uint32_t i = 0; i < t->n_found; i++)
			if (t->found[i].value == v)
				line(t, &t->found[i], colour, b);
	}
}

static json_t *found_json(const struct trace *t, const struct trace_found *f)
{
	_cleanup_(buf_free) struct buf place = BUF_INIT(20000), when = BUF_INIT(64);
	json_t *j = json_object();

	trace_place(t, f, &place);
	json_put(j, "secret", t->values[f->value].name);
	json_put(j, "value", t->values[f->value].which == TRACE_OLD ? "old" : "present");
	json_put(j, "place", buf_text(&place));
	json_put(j, f->host != NOTHING ? "host" : *f->at ? "repository" : "folder", f->at);
	json_put(j, "path", f->path);
	json_put(j, "member", f->member);
	json_put_int(j, "line", (int64_t)f->line);
	json_put_int(j, "count", (int64_t)f->count);
	json_put(j, "form", form_list[f->form].name);
	json_object_set_new(j, "part", json_boolean(f->part));
	json_put(j, "state", state_names[f->state]);
	json_put(j, "branch", f->state == STATE_BRANCH ? f->branch : NULL);
	json_put(j, "object", f->object);
	if (f->object)
		json_put_int(j, "versions", f->versions);
	json_put(j, "commit", f->commit);
	json_put(j, "author", f->who);
	if (f->commit) {
		clock_format(&when, f->at_s * 1000000);
		json_put(j, "date", buf_text(&when));
	}
	json_put(j, "about", f->state == STATE_FILE ? trace_about_words[f->about] : NULL);
	json_object_set_new(j, "declared", json_boolean(f->declared));
	json_put(j, "known", f->known);
	return j;
}

json_t *trace_json(const struct trace *t)
{
	_cleanup_(buf_free) struct buf proposals = BUF_INIT(8 << 20);
	json_t *j = json_object(), *found = json_array(), *salted = json_array();

	trace_proposals(t, &proposals);
	json_object_set_new(j, "complete", json_boolean(!t->gaps.n));
	for (uint32_t v = 0; v < t->n_values; v++) {
		const struct driver_facts *f = salts(t, v);
		json_t *one = f ? json_object() : NULL;

		if (!f)
			continue;
		json_put(one, "secret", t->values[v].name);
		json_put(one, "value", t->values[v].which == TRACE_OLD ? "old" : "present");
		json_put(one, "service", f->title);
		json_put(one, "keeps", f->salted);
		json_array_append_new(salted, one);
	}
	json_object_set_new(j, "salted", salted);
	for (uint32_t i = 0; i < t->n_found; i++)
		json_array_append_new(found, found_json(t, &t->found[i]));
	json_object_set_new(j, "found", found);
	json_put(j, "proposals", proposals.len ? buf_text(&proposals) : NULL);
	json_put_int(j, "hosts", t->reached);
	json_put_int(j, "texts", (int64_t)t->texts);
	json_put_int(j, "bytes", (int64_t)t->bytes);
	return j;
}

json_t *trace_row(const struct trace *t, uint32_t secret)
{
	json_t *j = json_object(), *found = json_array(), *gaps = json_array();
	bool more = t->more > 0;

	json_put(j, "secret", t->en->reg->secrets[secret].name);
	for (uint32_t i = 0; i < t->n_found; i++) {
		const struct trace_found *f = &t->found[i];
		_cleanup_(buf_free) struct buf place = BUF_INIT(20000), state = BUF_INIT(4000);
		json_t *one;

		if (t->values[f->value].secret != secret)
			continue;
		if (json_array_size(found) >= 2000) {
			more = true;
			break;
		}
		one = json_object();
		trace_place(t, f, &place);
		trace_state_words(t, f, &state);
		json_put(one, "value", t->values[f->value].which == TRACE_OLD ? "old" : "present");
		json_put(one, "place", buf_text(&place));
		json_put(one, "form", form_list[f->form].what);
		json_put(one, "state", buf_text(&state));
		json_put(one, "known", f->known);
		json_object_set_new(one, "declared", json_boolean(f->declared));
		json_array_append_new(found, one);
	}
	for (size_t i = 0; i < t->gaps.n; i++) {
		_cleanup_(buf_free) struct buf said = BUF_INIT(10000);

		if (i >= 500) {
			more = true;
			break;
		}
		gap_say(&t->gaps.list[i], &said);
		json_array_append_new(gaps, json_string(buf_text(&said)));
	}
	json_object_set_new(j, "found", found);
	json_object_set_new(j, "not_read", gaps);
	json_object_set_new(j, "more", json_boolean(more));
	return j;
}
