#include "model/register_parts.h"
#include "base/seal.h"
#include "base/text.h"

#define ADDRESS_MAX 255u

static bool has_only(const char *s, const char *more)
{
	for (; *s; s++) {
		bool plain = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9');

		if (!plain && !strchr(more, *s))
			return false;
	}
	return true;
}

/* Without what a terminal, a log or a shell would take for more than a character. */
static bool is_line(const char *s)
{
	size_t len = strlen(s);

	for (const unsigned char *c = (const unsigned char *)s; *c; c++)
		if (*c < 0x20 || *c == 0x7f)
			return false;
	return len > 0 && len <= LIMIT_TEXT;
}

const char *check_line(const char *s)
{
	return is_line(s) ? NULL : "one line of 1 to 1000 bytes without control characters";
}

const char *check_pattern(const char *s)
{
	return is_line(s) && s[0] != '/' && s[0] != '-' && strlen(s) <= 500 ? NULL
		: "a path inside the repository, or a pattern of one ('files/geoip/*', '**/*.pub')";
}

const char *check_word(const char *s)
{
	return is_line(s) && s[0] != '-' ? NULL : "a word that does not begin with '-'";
}

const char *check_name(const char *s)
{
	return text_is_name(s) ? NULL : "a name of a-z, 0-9, '.', '_', '-' and '/' that begins with a letter or "
					"digit";
}

const char *check_host_name(const char *s)
{
	return text_is_name(s) && !strchr(s, '/') ? NULL
		: "a name of a-z, 0-9, '.', '_' and '-' that begins with a letter or digit";
}

const char *check_host_word(const char *s)
{
	return s[0] && s[0] != '-' && has_only(s, "._-*?") && strlen(s) <= ADDRESS_MAX ? NULL
		: "a host, a group or a pattern of host names ('mw*')";
}

const char *check_address(const char *s)
{
	return s[0] && s[0] != '-' && strlen(s) <= ADDRESS_MAX && has_only(s, "._-:/[]%@") ? NULL
		: "an address like 'db11.example.org', '[::1]:6379' or '/run/redis.sock' that does not begin with "
		  "'-'";
}

/* "ext::sh -c ..." would have git run a program; '::' inside an IPv6 address is no such thing. */
static bool runs_a_helper(const char *s)
{
	const char *colons = strstr(s, "::");

	return colons && strcspn(s, ":/[") == (size_t)(colons - s);
}

const char *check_url(const char *s)
{
	return is_line(s) && s[0] != '-' && !runs_a_helper(s) && !strchr(s, ' ') ? NULL
		: "a git url or path that does not begin with '-', without spaces and no 'ext::' or the like";
}

const char *check_branch(const char *s)
{
	return s[0] && s[0] != '-' && s[0] != '/' && has_only(s, "._-/") && !strstr(s, "..")
		&& strlen(s) <= ADDRESS_MAX
		? NULL : "the name of a branch";
}

const char *check_mail(const char *s)
{
	const char *at = strchr(s, '@');

	return is_line(s) && s[0] != '-' && at && at != s && at[1] && !strchr(s, ' ') ? NULL
		: "a mail address";
}

static bool climbs(const char *s)
{
	for (const char *part = s; part; part = strchr(part, '/')) {
		if (*part == '/')
			part++;
		if (!strcmp(part, "..") || text_starts(part, "../"))
			return true;
	}
	return false;
}

const char *check_inside(const char *s)
{
	size_t len = strlen(s);

	return is_line(s) && s[0] != '/' && s[0] != '-' && s[len - 1] != '/' && !strstr(s, "//") && !climbs(s) ? NULL
		: "a file's path inside the repository, without '..' and not beginning with '/' or '-'";
}

const char *check_absolute(const char *s)
{
	return is_line(s) && s[0] == '/' && !climbs(s) ? NULL : "a path that begins with '/', without '..'";
}

const char *check_local_file(const char *s)
{
	return is_line(s) && s[0] != '-' ? NULL : "a path that does not begin with '-'";
}

const char *check_service(const char *s)
{
	return s[0] && s[0] != '-' && has_only(s, "@._:-\\") && strlen(s) <= ADDRESS_MAX ? NULL
		: "the name of a systemd unit";
}

const char *check_responder_key(const char *s)
{
	struct seal_public p;

	return seal_public_parse(s, &p, NULL) == 0 ? NULL : "the line that `firebreak key show` prints (fbpub1:...)";
}

/* host:port after a prefix, with nothing behind it: no user, no password, no path. */
static bool is_server(const char *s)
{
	const char *colon = strrchr(s, ':');
	uint32_t port;

	return s[0] != '-' && strlen(s) <= ADDRESS_MAX && has_only(s, "._-:[]%") && colon && colon != s &&
	       text_u32(colon + 1, 1, 65535, &port) == 0 && (!strchr(s, '[') || colon[-1] == ']');
}

const char *check_server(const char *s)
{
	return is_server(s) ? NULL : "a server with its port ('irc.example.net:6697')";
}

const char *check_relay(const char *s)
{
	const char *rest = text_starts(s, "smtp://") ? s + 7 : text_starts(s, "smtps://") ? s + 8 : "";

	return is_server(rest) ? NULL
		: "a relay with its port, without user and password ('smtp://mail.example.org:587', or 'smtps://...' "
		  "for TLS from the first byte)";
}

const char *check_https(const char *s)
{
	const char *rest = text_starts(s, "https://") ? s + 8 : "-";

	return *rest && *rest != '-' && strlen(s) <= ADDRESS_MAX && has_only(rest, "._-:[]") ? NULL
		: "the address of a server, without path and user ('https://matrix.example.org')";
}

const char *check_irc_word(const char *s)
{
	return *s && *s != '-' && strlen(s) <= 64 && has_only(s, "_-[]\\`^{}|.") && !(*s >= '0' && *s <= '9') ? NULL
		: "a nick of IRC";
}
