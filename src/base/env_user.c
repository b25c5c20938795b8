#include "base/env.h"
#include "base/mem.h"
#include <pwd.h>
#include <unistd.h>

static const char *uid_name(void)
{
	const struct passwd *p = getpwuid(getuid());

	return p ? p->pw_name : "unknown";
}

const char *env_user(void)
{
	const char *v = env_get("SUDO_USER");

	if (!v)
		v = env_get("USER");
	return v ? v : uid_name();
}

char *env_identity(const char *person)
{
	char host[256] = "unknown";

	if (gethostname(host, sizeof(host) - 1) < 0)
		host[0] = '\0';
	return mem_printf("%s (%s@%s)", person ? person : env_user(), uid_name(), host);
}
