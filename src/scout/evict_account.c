/*
 * Does sshd refuse an evicted account whatever is offered, a password too? No question over a connection shows that: a
 * wrong password is refused in any case. It is shown by the rules of who decides:
 *
 *   nobody     the host has no such account
 *   sshd       it takes nothing but keys from this account; or it works without PAM: then it refuses an entry of shadow
 *              that is over before it looks at what is offered (allowed_user() in OpenSSH's auth.c)
 *   PAM        sshd asks it for an account whatever let somebody in; pam_unix refuses an entry that is over
 *
 * All else is not known, and told so. Beside it stands what makes a password open the account or not, which is asked
 * before anything is changed as well: its entry, and whether sshd takes more than keys from it.
 */
#include "base/mem.h"
#include "base/text.h"
#include "scout/evict_parts.h"
#include <string.h>

#define DEPTH_MAX 8u

static void tell(json_t *one, const char *by, const char *text)
{
	json_put(one, "answer", by ? "refused" : "unknown");
	json_put(one, "by", by);
	json_put(one, "text", text);
}

/* Whether a field of an account's line, counted from 0, is that, or begins with it when that is "!". */
static bool field_is(struct evicting *v, const char *path, const char *name, unsigned field, const char *value)
{
	_cleanup_(buf_free) struct buf text = BUF_WIPED(EVICT_FILE_MAX);
	size_t n = strlen(name), len = strlen(value);

	if (!evict_read(v, path, &text) || !text.len)
		return false;
	for (char *save = NULL, *line = strtok_r(text.data, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *at = line;

		if (strncmp(line, name, n) != 0 || line[n] != ':')
			continue;
		for (unsigned i = 0; at && i < field; i++) {
			at = strchr(at, ':');
			at = at ? at + 1 : NULL;
		}
		return at && !strncmp(at, value, len) && (at[len] == ':' || !at[len] || *value == '!');
	}
	return false;
}

enum stack { STACK_GOES_ON, STACK_REFUSES, STACK_UNTOLD };
struct reading { bool ignored; };      /* a pam_unix that passes its refusal on to the very next line */

static enum stack read_stack(struct evicting *v, const char *service, struct reading *r, unsigned depth);

static bool is_unix(const char *module)
{
	const char *name = strrchr(module, '/') ? strrchr(module, '/') + 1 : module;

	return !strcmp(name, "pam_unix.so");
}

static bool is_deny(const char *module)
{
	const char *name = strrchr(module, '/') ? strrchr(module, '/') + 1 : module;

	return !strcmp(name, "pam_deny.so");
}

/* One "account" line: what it does with an account that pam_unix calls over. What may end the stack well, or jump, and
 * stands before pam_unix, is not followed. */
static enum stack judge(struct evicting *v, const char *control, char *module, struct reading *r, unsigned depth)
{
	bool must = !strcmp(control, "required") || !strcmp(control, "requisite");
	bool was = r->ignored;

	r->ignored = false;
	if (!strcmp(control, "include") || !strcmp(control, "substack"))
		return read_stack(v, module, r, depth + 1);
	if (must && (is_unix(module) || is_deny(module)))
		return STACK_REFUSES;
	if (was)
		return STACK_UNTOLD;
	if (must || !strcmp(control, "optional"))
		return is_unix(module) ? STACK_UNTOLD : STACK_GOES_ON;
	/* as Debian writes it: who is refused goes on to the next line, which denies */
	r->ignored = is_unix(module) && !strcmp(control, "[success=1 new_authtok_reqd=done default=ignore]");
	return r->ignored ? STACK_GOES_ON : STACK_UNTOLD;
}

/* "[-]account CONTROL MODULE ARGUMENTS"; a control in brackets may hold blanks. "@include FILE" is of all types. */
static enum stack take_line(struct evicting *v, char *line, struct reading *r, unsigned depth)
{
	char *save = NULL, *control, *module;

	line += strspn(line, " \t");
	line[strcspn(line, "#\n")] = '\0';
	if (text_starts(line, "@include")) {
		module = strtok_r(line + strlen("@include"), " \t", &save);
		return module ? read_stack(v, module, r, depth + 1) : STACK_UNTOLD;
	}
	line += *line == '-';
	if (!text_starts(line, "account") || (line[7] != ' ' && line[7] != '\t'))
		return STACK_GOES_ON;
	control = line + 7 + strspn(line + 7, " \t");
	module = strpbrk(control, *control == '[' ? "]" : " \t");
	if (!module || strchr(line, '\\'))
		return STACK_UNTOLD;
	module += *control == '[';
	if (*module)
		*module++ = '\0';
	module = strtok_r(module, " \t", &save);
	return module ? judge(v, control, module, r, depth) : STACK_UNTOLD;
}

static enum stack read_stack(struct evicting *v, const char *service, struct reading *r, unsigned depth)
{
	_cleanup_(freep) char *path = *service == '/' ? mem_dup(service) : mem_printf("/etc/pam.d/%s", service);
	_cleanup_(buf_free) struct buf text = BUF_INIT(1 << 20);
	enum stack s = STACK_GOES_ON;

	if (depth > DEPTH_MAX || !evict_read(v, path, &text) || !text.len)
		return STACK_UNTOLD;
	for (char *save = NULL, *line = strtok_r(text.data, "\n", &save); line && s == STACK_GOES_ON;
	     line = strtok_r(NULL, "\n", &save))
		s = take_line(v, line, r, depth);
	return s;
}

/* What sshd, asked with -T, says of this account, "NAME VALUE" a line. */
static void ask_sshd(struct evicting *v, const char *account, struct buf *ret)
{
	_cleanup_(freep) char *as = mem_printf("user=%s,host=localhost,addr=127.0.0.1", account);
	const char *const argv[] = { "sshd", "-T", "-C", as, NULL };
	int status = 0;

	(void)buf_char(ret, '\n');
	if (!*v->o->root && evict_run(v, argv, NULL, ret, &status) == 0 && status == 0)
		return;
	buf_clear(ret);
	(void)buf_char(ret, '\n');
}

static bool says(const struct buf *said, const char *setting)
{
	_cleanup_(freep) char *line = mem_printf("\n%s\n", setting);

	return strstr(buf_text(said), line);
}

static bool takes_keys_only(const struct buf *said)
{
	return says(said, "passwordauthentication no") && says(said, "kbdinteractiveauthentication no") &&
	       says(said, "hostbasedauthentication no") && !says(said, "gssapiauthentication yes");
}

/* PAM has to be asked for "sshd"; later versions of sshd can be told another name. */
static bool pam_refuses(struct evicting *v, const struct buf *said, const char *account)
{
	struct reading r = { 0 };

	return (!strstr(buf_text(said), "\npamservicename ") || says(said, "pamservicename sshd")) &&
	       field_is(v, "/etc/passwd", account, 1, "x") && read_stack(v, "sshd", &r, 0) == STACK_REFUSES;
}

/* "none": no such account. "over": as this eviction leaves it. "locked": its hash is none that a password can have.
 * "open": all else, one without a hash included. */
static const char *entry_of(struct evicting *v, const char *account)
{
	bool locked = field_is(v, "/etc/shadow", account, 1, "!");

	if (!field_is(v, "/etc/passwd", account, 0, account))
		return "none";
	if (locked && field_is(v, "/etc/shadow", account, 7, "1"))
		return "over";
	return locked || field_is(v, "/etc/shadow", account, 1, "*") ? "locked" : "open";
}

/* Who may come in at all, by lists of names: they are not followed. */
static bool has_lists(const struct buf *said)
{
	static const char *const lists[] = { "\nallowusers ", "\ndenyusers ", "\nallowgroups ", "\ndenygroups " };

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		if (strstr(buf_text(said), lists[i]))
			return true;
	return false;
}

static void decide(struct evicting *v, const char *account)
{
	_cleanup_(buf_free) struct buf said = BUF_INIT(1 << 20);
	const char *entry = entry_of(v, account);
	bool over = !strcmp(entry, "over"), keys;
	json_t *one = json_object();

	ask_sshd(v, account, &said);
	keys = takes_keys_only(&said);
	json_put(one, "account", account);
	json_put(one, "entry", entry);
	json_put(one, "asks", said.len < 2 ? NULL : keys ? "keys" : says(&said, "usepam no") ? "entry" : "pam");
	json_object_set_new(one, "lists", json_boolean(has_lists(&said)));
	if (!strcmp(entry, "none"))
		tell(one, "nobody", "there is no such account");
	else if (over && says(&said, "usepam no"))
		tell(one, "entry", "its entry in /etc/shadow is over, and sshd asks nobody else");
	else if (over && pam_refuses(v, &said, account))
		tell(one, "entry", "its entry in /etc/shadow is over, and PAM asks for that whatever let it in");
	else if (keys)
		tell(one, "keys", "sshd takes nothing but keys from it");
	else
		tell(one, NULL, over ? "sshd takes more than keys from it, and PAM's rules for accounts could not be "
		     "followed to a refusal" : "its entry in /etc/shadow is not locked and over");
	json_array_append_new(v->decided, one);
}

void evict_decide(struct evicting *v)
{
	for (size_t i = 0; i < v->who.n_users; i++)
		decide(v, v->who.users[i].name);
}
