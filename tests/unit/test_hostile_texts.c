/* Titles, reasons and names that want to be something else: in none of the outputs do they become structure. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include "base/mem.h"
#include "report/finish.h"
#include "report_rows.h"

static struct buf text_of(enum report_format format)
{
	_cleanup_(report_freep) struct report *r = report_of_hostile_incident();
	struct buf b = BUF_INIT(1 << 20);
	struct err e = ERR_INIT;

	assert_int_equal(report_text(r, NULL, NULL, format, &b, &e), 0);
	return b;
}

/* Every tag is one of ours, all that are open are closed in the right order, and a list has items and nothing else. */
static void html_has_our_tags_only(void **state _unused_)
{
	static const char *const ours[] = { "html", "head", "title", "body", "h1", "h2", "h3", "p", "ul", "li", "table",
					    "tr", "th", "td", "b", "code" };
	_cleanup_(buf_free) struct buf b = text_of(FORMAT_HTML);
	const char *open[32];
	unsigned depth = 0;

	assert_int_equal(strncmp(b.data, "<!DOCTYPE html>\n<html lang=\"en\">\n", 33), 0);
	for (const char *c = strchr(b.data + 1, '<'); c; c = strchr(c + 1, '<')) {
		bool end = c[1] == '/', known = false;
		size_t n = strspn(c + 1 + end, "abcdefghijklmnopqrstuvwxyz123");

		if (strncmp(c, "<meta ", 6) == 0)
			continue;
		for (size_t k = 0; k < ARRAY_SIZE(ours); k++) {
			if (strlen(ours[k]) != n || strncmp(ours[k], c + 1 + end, n) != 0)
				continue;
			known = c[1 + end + n] == '>' || (k == 0 && !end);
			if (end)
				assert_ptr_equal(open[--depth], ours[k]);
			else
				open[depth++] = ours[k];
			if (!end && depth > 1)
				assert_int_equal(!strcmp(ours[k], "li"), !strcmp(open[depth - 2], "ul"));
		}
		if (!known)
			fail_msg("a tag that is not ours: %.40s", c);
		assert_true(depth < ARRAY_SIZE(open));
	}
	assert_int_equal(depth, 0);
	assert_null(strstr(b.data, "\x1b"));
}

/* Each line begins with a sign of ours and a space, and no sign of a wiki stands elsewhere but what we write. */
static void wikitext_has_our_signs_only(void **state _unused_)
{
	static const char *const begins[] = { "= ", "== ", "=== ", "* ", "** ", "| ", "! ", "|-", "|}",
					      "{| class=\"wikitable\"", "Every answer, ", "No service was asked yet.",
					      "There is no plan yet." };
	_cleanup_(buf_free) struct buf b = text_of(FORMAT_WIKITEXT);

	for (char *line = b.data, *next; line && *line; line = next) {
		bool known = *line == '\n';
		size_t n = 0;

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		for (size_t i = 0; i < ARRAY_SIZE(begins) && !known; i++) {
			n = strlen(begins[i]);
			known = strncmp(line, begins[i], n) == 0;
		}
		if (!known && *line)
			fail_msg("a line begins with text from outside: %s", line);
		for (char *c = *line ? line + n : line; *c; c++) {
			bool heading = line[0] == '=' && *c == '=' && !c[strspn(c, "=")];
			bool bold = strncmp(c, "'''", 3) == 0;

			if (strncmp(c, "<code>", 6) == 0 || strncmp(c, "</code>", 7) == 0 || strncmp(c, "&#", 2) == 0) {
				c = strpbrk(c, ">;");
				continue;
			}
			if (bold)
				c += 2;
			else if (heading)
				break;
			else if (strchr("[]{}|<>'~_&=#*", *c))
				fail_msg("'%c' stands in: %s", *c, line);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(html_has_our_tags_only),
		cmocka_unit_test(wikitext_has_our_signs_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
