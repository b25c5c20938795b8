#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include "base/text.h"
#include "base/utf8.h"
#include "notify/hook_json.h"

static const char *line_of(const char *kind, const char *text)
{
	static char out[4096];
	_cleanup_(json_freep) json_t *j = hook_json(kind, text);
	_cleanup_(buf_free) struct buf b = BUF_INIT(4096);

	assert_non_null(j);
	json_line(&b, j);
	(void)snprintf(out, sizeof(out), "%s", buf_text(&b));
	return out;
}

static void each_has_its_shape_and_calls_nobody(void **state _unused_)
{
	assert_string_equal(line_of("discord", "@everyone \"a\"\nb"),
			    "{\"content\":\"@everyone \\\"a\\\"\\nb\",\"allowed_mentions\":{\"parse\":[]}}");
	assert_string_equal(line_of("slack", "<!channel> & <@U1>"),
			    "{\"text\":\"&lt;!channel&gt; &amp; &lt;@U1&gt;\"}");
	assert_string_equal(line_of("matrix", "@room x"),
			    "{\"msgtype\":\"m.text\",\"body\":\"@room x\",\"m.mentions\":{}}");
	assert_null(hook_json("pager", "x"));
}

static size_t characters(const char *s)
{
	size_t n = 0, len = strlen(s);

	while (len) {
		uint32_t c;
		size_t step = utf8_decode(s, len, &c);

		assert_true(step > 0);
		s += step;
		len -= step;
		n++;
	}
	return n;
}

/* Umlauts and emoji: what counts at Discord are characters, elsewhere bytes. */
static void long_texts_are_cut_between_characters(void **state _unused_)
{
	static const char *const letters[] = { "x", "\xc3\xa4", "\xf0\x9f\x94\xa5" };

	for (size_t k = 0; k < ARRAY_SIZE(letters); k++)
		for (size_t n = 995; n <= 4005; n += n == 1003 ? 993 : n == 2004 ? 1993 : 1) {
			_cleanup_(buf_free) struct buf text = BUF_INIT(1 << 16);
			_cleanup_(json_freep) json_t *d = NULL, *m = NULL;
			const char *content, *body;

			for (size_t i = 0; i < n; i++)
				buf_str(&text, letters[k]);
			d = hook_json("discord", buf_text(&text));
			m = hook_json("matrix", buf_text(&text));
			content = json_str(d, "content");
			body = json_str(m, "body");
			assert_true(characters(content) <= HOOK_DISCORD_MAX);
			assert_int_equal(strcmp(content, buf_text(&text)) == 0, n <= HOOK_DISCORD_MAX);
			assert_int_equal(strstr(content, " [cut]") != NULL, n > HOOK_DISCORD_MAX);
			assert_true(strlen(body) <= HOOK_TEXT_MAX && text_is_utf8(body, strlen(body)));
			assert_int_equal(strstr(body, " [cut]") != NULL, text.len > HOOK_TEXT_MAX);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_has_its_shape_and_calls_nobody),
		cmocka_unit_test(long_texts_are_cut_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
