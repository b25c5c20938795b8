#include "driver/dkim.h"
#include <string.h>

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789-_."
#define LIST_CHARACTERS NAME_CHARACTERS " ,ABCDEFGHIJKLMNOPQRSTUVWXYZ"

static bool is_domain(const char *s)
{
	return *s && strspn(s, NAME_CHARACTERS) == strlen(s);
}

static bool is_address(const char *s)
{
	return strlen(s) < DKIM_NAME_MAX && strchr(s, '@') && !strpbrk(s, " \t\r\n<>\"\\");
}

static int check_option(const char *name, const char *value, struct err *e)
{
	static const char *const known[] = { "selector", "mailbox", "to", "sender", "dns" };
	bool is_known = false;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		is_known = is_known || !strcmp(known[i], name);
	if (!is_known)
		return err_set(e, ERR_CONFIG, "dkim: option %s is '%.60s': there is no such option", name, value);
	if (!strcmp(name, "selector") && strspn(value, LIST_CHARACTERS) != strlen(value))
		return err_set(e, ERR_CONFIG, "dkim: option selector is '%.60s', expected selectors with blanks in "
			       "between", value);
	if (!strcmp(name, "mailbox") && value[0] != '/')
		return err_set(e, ERR_CONFIG, "dkim: option mailbox is '%.60s', expected the full path of a mailbox "
			       "file, or of a Maildir with '/' at its end", value);
	if ((!strcmp(name, "to") || !strcmp(name, "sender")) && !is_address(value))
		return err_set(e, ERR_CONFIG, "dkim: option %s is '%.60s', expected a mail address", name, value);
	return 0;
}

static int check_mail(const json_t *options, struct err *e)
{
	static const char *const together[] = { "mailbox", "to", "dns" };
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(together); i++)
		n += json_str(options, together[i]) != NULL;
	return n == 0 || n == ARRAY_SIZE(together) ? 0
		: err_set(e, ERR_CONFIG, "dkim: an account that signs needs 'mailbox', 'to' and 'dns' together; one of "
			  "a server of DNS has none of them");
}

int dkim_words(const char *address, const char *const *users, const json_t *options, struct err *e)
{
	const char *name;
	json_t *value;

	if (!address || !*address)
		return err_set(e, ERR_CONFIG, "dkim: the address is empty: expected host:port of a server of DNS, or "
			       "of one that signs");
	if (!users || !users[0])
		return err_set(e, ERR_CONFIG, "dkim: no domain under 'users': a key signs for a domain");
	for (size_t i = 0; users[i]; i++)
		if (!is_domain(dkim_domain(users[i])) || strlen(users[i]) > 190)
			return err_set(e, ERR_CONFIG, "dkim: '%.60s' under 'users' is no domain in small letters, and "
				       "no label@domain", users[i]);
	/* jansson's loop wants it writable, and does not write */
	union { const json_t *in; json_t *out; } o = { .in = options };

	json_object_foreach(o.out, name, value)
		if (check_option(name, json_string_value(value) ? json_string_value(value) : "", e) < 0)
			return -ERR_CONFIG;
	return check_mail(options, e);
}
