/* Which logins each sshd is asked for: what one host invents crowds out nothing of the others. */
#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "fleet/evict_parts.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

/* A public key of this number, as a line. */
static const char *key(unsigned n)
{
	static char line[200];
	char blob[51] = "\0\0\0\013ssh-ed25519\0\0\0\040";
	_cleanup_(buf_free) struct buf b = BUF_INIT(200);

	memset(blob + 19, 7, 32);
	memcpy(blob + 19, &n, sizeof(n));
	text_base64(&b, blob, sizeof(blob));
	(void)snprintf(line, sizeof(line), "ssh-ed25519 %s", buf_text(&b));
	return line;
}

static bool asks(const json_t *list, const char *account, unsigned n)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
		if (!strcmp(json_str(one, "account"), account) && !strcmp(json_str(one, "key"), key(n)))
			return true;
	return false;
}

static void what_one_host_invents_crowds_out_nothing(void **state _unused_)
{
	_cleanup_(json_freep) json_t *shared = json_array(), *liar = json_array(), *one = json_array(),
		*two = json_array();
	uint32_t missing, left;
	bool all = true;

	for (unsigned n = 0; n < 3000; n++)
		all = evict_asks_tell(shared, liar, "root", key(1000 + n)) && all;
	assert_false(all);
	for (unsigned n = 0; n < 90; n++)
		assert_true(evict_asks_tell(shared, one, "alice", key(n)));
	assert_true(evict_asks_tell(shared, two, "bob", key(1)));
	evict_asks_know(shared, "root", key(500));
	evict_asks_sort(shared);

	_cleanup_(json_freep) json_t *of_one = evict_asks_of(shared, one, &missing, &left);

	assert_int_equal(missing, 0);
	assert_true(asks(of_one, "root", 500));
	for (unsigned n = 0; n < 90; n++)
		assert_true(asks(of_one, "alice", n));
	assert_int_equal(json_array_size(of_one), EVICT_ASKS_MAX);
	/* told, and holding back nothing: of the liar's 20 and of what the other one said, 9 had a place */
	assert_int_equal(left, EVICT_SHARE_MAX + 1 - 9);

	_cleanup_(json_freep) json_t *of_two = evict_asks_of(shared, two, &missing, &left);

	assert_int_equal(missing + left, 0);
	assert_true(asks(of_two, "bob", 1) && asks(of_two, "root", 500) && asks(of_two, "alice", 0));

	_cleanup_(json_freep) json_t *of_liar = evict_asks_of(shared, liar, &missing, &left);

	/* itself it holds back */
	assert_int_equal(json_array_size(of_liar), EVICT_ASKS_MAX);
	assert_int_equal(missing, 1);
}

static void what_several_hosts_tell_of_is_asked_for_first(void **state _unused_)
{
	_cleanup_(json_freep) json_t *shared = json_array(), *own = json_array();
	uint32_t missing, left;

	for (unsigned h = 0; h < 10; h++) {
		_cleanup_(json_freep) json_t *liar = json_array();

		for (unsigned n = 0; n < EVICT_SHARE_MAX; n++)
			assert_true(evict_asks_tell(shared, liar, "root", key(100 * h + n)));
	}
	for (unsigned h = 0; h < 2; h++) {
		_cleanup_(json_freep) json_t *honest = json_array();

		assert_true(evict_asks_tell(shared, honest, "bob", key(9000)));
		/* a second time by the same host is once */
		assert_true(evict_asks_tell(shared, honest, "bob", key(9000)));
	}
	evict_asks_sort(shared);

	_cleanup_(json_freep) json_t *asked = evict_asks_of(shared, own, &missing, &left);

	assert_true(asks(asked, "bob", 9000));
	assert_int_equal(json_int(json_array_get(shared, 0), "hosts", 0), 2);
	assert_int_equal(missing, 0);
	assert_int_equal(left, 101);
}

static void what_is_no_login_is_not_asked_for(void **state _unused_)
{
	_cleanup_(json_freep) json_t *shared = json_array(), *own = json_array();
	_cleanup_(freep) char *options = mem_printf("no-pty %s", key(1));

	assert_true(evict_asks_tell(shared, own, "-oProxyCommand=x", key(1)));
	assert_true(evict_asks_tell(shared, own, NULL, key(1)));
	assert_true(evict_asks_tell(shared, own, "bob", options));
	assert_true(evict_asks_tell(shared, own, "bob", "ssh-ed25519 rubbish"));
	assert_true(evict_asks_tell(shared, own, "bob", NULL));
	evict_asks_know(shared, "root", NULL);
	assert_int_equal(json_array_size(shared) + json_array_size(own), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_one_host_invents_crowds_out_nothing),
		cmocka_unit_test(what_several_hosts_tell_of_is_asked_for_first),
		cmocka_unit_test(what_is_no_login_is_not_asked_for),
	};

	return cmocka_run_group_tests_name("evict_asks", tests, NULL, NULL);
}
