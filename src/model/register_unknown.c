/* Users and keys that somebody declared and no file of the register names. */
#include "base/sshkey.h"
#include "base/text.h"
#include "model/register_parts.h"
#include <string.h>

/* A list of the register is not made to grow: it is copied, in its arena, with one more at its end. */
static void *one_more(struct arena *a, const void *list, uint32_t n, size_t size)
{
	char *longer = arena_zero(a, ((size_t)n + 1) * size);

	if (n)
		memcpy(longer, list, n * size);
	return longer;
}

static bool know_user(struct firebreak_register *r, const char *what)
{
	const char *account = what + strlen("user/");

	if (check_user(account) || !strcmp(account, "root") || r->n_users >= LIMIT_USERS ||
	    map_get(&r->user_names, what) != MAP_NONE)
		return false;

	const char *name = arena_dup(r->arena, what);

	r->users = one_more(r->arena, r->users, r->n_users, sizeof(*r->users));
	r->users[r->n_users] = (struct user_def){ .name = name, .account = name + strlen("user/"), .person = NOTHING };
	return map_put(&r->user_names, name, r->n_users++);
}

static bool know_key(struct firebreak_register *r, const char *what)
{
	if (!sshkey_is_fingerprint(what + strlen("ssh-key/")) || r->n_ssh_keys >= LIMIT_SSH_KEYS ||
	    map_get(&r->ssh_key_names, what) != MAP_NONE)
		return false;

	const char *name = arena_dup(r->arena, what);

	r->ssh_keys = one_more(r->arena, r->ssh_keys, r->n_ssh_keys, sizeof(*r->ssh_keys));
	r->ssh_keys[r->n_ssh_keys] = (struct ssh_key){ .name = name, .fingerprint = name + strlen("ssh-key/"),
						       .secret = NOTHING };
	return map_put(&r->ssh_key_names, name, r->n_ssh_keys++);
}

bool register_know(struct firebreak_register *r, const char *what)
{
	return text_starts(what, "user/") ? know_user(r, what) : text_starts(what, "ssh-key/") && know_key(r, what);
}
