#include "check/finding.h"
#include "base/text.h"
#include <string.h>

static const char *level_name(const struct finding_fact *fact)
{
	return fact->level == LEVEL_ERROR ? "error" : "warning";
}

json_t *findings_json(const struct findings *l)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < l->n; i++) {
		const struct finding *f = &l->f[i];
		json_t *one = json_object();
		char fingerprint[17];

		finding_fingerprint(l, f, fingerprint);
		json_put(one, "rule", finding_fact(l, f)->id);
		json_put(one, "level", level_name(finding_fact(l, f)));
		json_put(one, "repository", f->repository);
		json_put(one, "file", f->file);
		if (f->line)
			json_put_int(one, "line", f->line);
		if (f->line && f->col)
			json_put_int(one, "column", f->col);
		json_put(one, "subject", f->subject);
		json_put(one, "text", f->text);
		json_put(one, "next", f->next);
		json_put(one, "who", f->who);
		json_put(one, "when", f->when);
		json_put(one, "commit", f->commit);
		json_put(one, "tag", f->tag);
		json_put(one, "fingerprint", fingerprint);
		json_array_append_new(list, one);
	}
	return list;
}

static json_t *message(const char *text)
{
	json_t *m = json_object();

	json_put(m, "text", text);
	return m;
}

static json_t *sarif_rules(const struct findings *l)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < (l->facts ? l->n_facts : (uint32_t)FINDING_RULES); i++) {
		const struct finding_fact *fact = &(l->facts ? l->facts : finding_facts)[i];
		json_t *one = json_object(), *level = json_object();

		json_put(one, "id", fact->id);
		json_object_set_new(one, "shortDescription", message(fact->title));
		json_object_set_new(one, "fullDescription", message(fact->help));
		json_object_set_new(one, "help", message(fact->help));
		json_put(level, "level", level_name(fact));
		json_object_set_new(one, "defaultConfiguration", level);
		json_array_append_new(list, one);
	}
	return list;
}

/* RFC 3986: a file's name may hold anything; in a uri only these stand for themselves. */
static void uri(struct buf *b, const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~/", c))
			(void)buf_char(b, *s);
		else
			(void)buf_printf(b, "%%%02X", c);
	}
}

/* SARIF 3.4.4: uriBaseId names the repository; who opens the log says where each lies (originalUriBaseIds). */
static json_t *location(const struct findings *l, const struct finding *f)
{
	json_t *artifact = json_object(), *physical = json_object(), *one = json_object();
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 16);

	uri(&b, f->file ? f->file : "firebreak.yaml");
	json_put(artifact, "uri", buf_text(&b));
	json_put(artifact, "uriBaseId", f->repository ? f->repository : l->base ? l->base : "register");
	json_object_set_new(physical, "artifactLocation", artifact);
	if (f->line) {
		json_t *region = json_object();

		json_put_int(region, "startLine", f->line);
		if (f->col)
			json_put_int(region, "startColumn", f->col);
		json_object_set_new(physical, "region", region);
	}
	json_object_set_new(one, "physicalLocation", physical);
	return one;
}

static json_t *result(const struct findings *l, const struct finding *f)
{
	json_t *one = json_object(), *places = json_array(), *prints = json_object(), *bag = json_object();
	_cleanup_(buf_free) struct buf text = BUF_INIT(1 << 16);
	char fingerprint[17];

	finding_fingerprint(l, f, fingerprint);
	json_put(one, "ruleId", finding_fact(l, f)->id);
	json_put_int(one, "ruleIndex", f->rule);
	json_put(one, "level", level_name(finding_fact(l, f)));
	text_visible(&text, f->text, strlen(f->text));
	if (f->next) {
		(void)buf_str(&text, "\n");
		text_visible(&text, f->next, strlen(f->next));
	}
	json_object_set_new(one, "message", message(buf_text(&text)));
	/* what is in no file of the tree (the text of a commit) has no place there */
	if (f->file || !l->base)
		json_array_append_new(places, location(l, f));
	json_object_set_new(one, "locations", places);
	json_put(prints, "firebreak/v1", fingerprint);
	json_object_set_new(one, "partialFingerprints", prints);
	json_put(bag, "subject", f->subject);
	json_put(bag, "who", f->who);
	json_put(bag, "when", f->when);
	json_put(bag, "commit", f->commit);
	json_put(bag, "tag", f->tag);
	json_object_set_new(one, "properties", bag);
	return one;
}

json_t *findings_sarif(const struct findings *l, const char *version, bool complete)
{
	json_t *log = json_object(), *runs = json_array(), *run = json_object(), *results = json_array();
	json_t *tool = json_object(), *driver = json_object(), *calls = json_array(), *call = json_object();

	json_put(driver, "name", "firebreak");
	json_put(driver, "version", version);
	json_object_set_new(driver, "rules", sarif_rules(l));
	json_object_set_new(tool, "driver", driver);
	for (uint32_t i = 0; i < l->n; i++)
		json_array_append_new(results, result(l, &l->f[i]));
	/* SARIF 3.20.14: false when not everything could be looked at. */
	json_object_set_new(call, "executionSuccessful", json_boolean(complete && !l->more));
	json_array_append_new(calls, call);
	json_object_set_new(run, "tool", tool);
	json_object_set_new(run, "invocations", calls);
	json_object_set_new(run, "columnKind", json_string("unicodeCodePoints"));
	json_object_set_new(run, "results", results);
	json_array_append_new(runs, run);
	json_put(log, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
	json_put(log, "version", "2.1.0");
	json_object_set_new(log, "runs", runs);
	return log;
}
