/* The examples of docs/formats/register.md are one register: what is printed there is taken here. */
#include "register_help.h"
#include "base/buf.h"
#include "base/fs.h"

#define BLOCKS 32

static const char rest[] =
	"register: 1\n"
	"organisation: {name: Example, team: sre@example.org, approver: engineering-manager}\n"
	"hosts: {mwtask1: , mail2: , jobchron1: , jobchron2: , puppet3: }\n"
	"systems: {mail: {title: Mail}, mediawiki: {title: MediaWiki}, salt: {title: Salt},\n"
	"  irc: {title: IRC}}\n"
	"secrets: {salt/key: {kind: salt-key}, mediawiki/report-bot: {kind: wiki-account-password},\n"
	"  mail/noreply: {kind: mail-password}, irc/bots: {kind: irc-password}}\n"
	"data: {jobqueue: {title: Job queue}}\n";

static const char *document;

/* Lines that begin with four spaces, without these; each run of them is one file. */
static size_t blocks_of(const char *text, struct buf blocks[BLOCKS])
{
	bool inside = false;
	size_t n = 0;

	while (*text) {
		size_t len = strcspn(text, "\n") + 1;
		bool code = !strncmp(text, "    ", 4);

		if (code && !inside) {
			assert_true(n < BLOCKS);
			blocks[n++] = (struct buf)BUF_INIT(1 << 16);
		}
		inside = code;
		if (code)
			buf_add(&blocks[n - 1], text + 4, len - 4);
		text += text[len - 1] ? len : len - 1;
	}
	return n;
}

static void examples_are_a_register(void **state)
{
	static const char *const options[] = { "file", NULL };
	static const struct driver_words drivers[] = { { "redis", options } };
	_cleanup_(register_freep) struct firebreak_register *r = NULL;
	_cleanup_(buf_free) struct buf text = BUF_INIT(1 << 20);
	struct source files[BLOCKS + 1] = { { "rest", rest, sizeof(rest) - 1 } };
	struct buf blocks[BLOCKS];
	struct err e = ERR_INIT;
	int done;

	(void)state;
	assert_int_equal(fs_read(document, &text, &e), 0);

	size_t n = blocks_of(buf_text(&text), blocks);

	for (size_t i = 0; i < n; i++)
		files[i + 1] = (struct source){ "example", buf_text(&blocks[i]), blocks[i].len };
	done = register_load(files, n + 1, drivers, ARRAY_SIZE(drivers), &r, &e);
	if (done < 0)
		fail_msg("%s", e.text);
	assert_int_equal(n, 16);
	assert_int_equal(r->n_secrets, 6);
	assert_int_equal(r->n_people, 2);
	assert_int_equal(r->n_wikis, 1);
	assert_string_equal(r->publish.wiki, "metawiki");
	assert_int_equal(r->n_repositories, 3);
	assert_int_equal(r->n_closures, 1);
	assert_int_equal(r->n_trace, 4);
	assert_string_equal(r->trace[0].path, "/srv/mediawiki/log");
	assert_int_equal(r->trace[0].hosts.n, 1);
	assert_true(trace_is_for(&r->trace[1], 0));
	assert_false(trace_is_for(&r->trace[2], 0));
	for (size_t i = 0; i < n; i++)
		buf_free(&blocks[i]);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples_are_a_register),
	};

	if (argc < 2)
		return 2;
	document = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
