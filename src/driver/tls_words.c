#include "driver/tls.h"
#include <string.h>

static bool is_one_of(const char *word, const char *const *words)
{
	for (size_t i = 0; words[i]; i++)
		if (!strcmp(words[i], word))
			return true;
	return false;
}

static int check_option(const char *name, const char *value, struct err *e)
{
	if (!strcmp(name, "starttls"))
		return is_one_of(value, tls_served_starttls) ? 0
			: err_set(e, ERR_CONFIG, "tls: option starttls is '%.60s', expected smtp, imap, pop3, ldap, "
				  "postgres or mysql", value);
	if (!strcmp(name, "name"))
		return *value && strlen(value) < 254 && !strpbrk(value, " /:*") ? 0
			: err_set(e, ERR_CONFIG, "tls: option name is '%.60s', expected the name that clients ask for",
				  value);
	return err_set(e, ERR_CONFIG, "tls: option %s is '%.60s': there is no such option", name, value);
}

int tls_words(const char *address, const char *const *users, const json_t *options, struct err *e)
{
	union { const json_t *in; json_t *out; } o = { .in = options };
	const char *name;
	json_t *value;

	if (!address || !strchr(address, ':'))
		return err_set(e, ERR_CONFIG, "tls: the address is '%.100s', expected host:port",
			       address ? address : "");
	if (users && users[0] && *users[0])
		return err_set(e, ERR_CONFIG, "tls: '%.60s' stands under 'users': an address has none", users[0]);
	json_object_foreach(o.out, name, value)
		if (check_option(name, json_string_value(value) ? json_string_value(value) : "", e) < 0)
			return -ERR_CONFIG;
	return 0;
}
