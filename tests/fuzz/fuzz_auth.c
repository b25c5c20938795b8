/* Lines of a host's logs, records of its logins, its zone. */
#include "base/text.h"
#include "fuzz.h"
#include "model/auth_line.h"
#include "model/login_record.h"
#include <string.h>

static void a_line(const char *line)
{
	static const char *const programs[] = { "sshd", "sudo", "su", "login", "useradd", "passwd" };
	struct zone utc = { 0 };
	struct syslog_line l;
	struct auth_event ev;

	if (syslog_line_read(line, &l)) {
		if (strlen(l.program) >= AUTH_PROGRAM_MAX || l.message < line || l.message > line + strlen(line))
			abort();
		if (!l.has_year && syslog_line_us(&l, &utc,
			(int64_t)1795000000 * 1000000) > (int64_t)1795000000 * 1000000)
			abort();
		(void)auth_read(l.program, l.message, &ev);
	}
	for (size_t k = 0; k < ARRAY_SIZE(programs); k++)
		if (auth_read(programs[k], line, &ev) && (unsigned)ev.kind >= AUTH_KINDS)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(freep) char *line = mem_dupn((const char *)data, size);
	struct login_record r;
	struct zone z;

	a_line(line);
	for (size_t at = 0; at + LOGIN_RECORD_LEN <= size; at += LOGIN_RECORD_LEN)
		login_record_read(data + at, &r);
	if (size >= LASTLOG_RECORD_LEN)
		lastlog_record_read(data, &r);
	if (zone_read(data, size, &z))
		for (int64_t at = -2; at < 3; at++)
			(void)(zone_utc_us(&z, at * ((int64_t)1 << 50)) + zone_is_sure(&z, at * ((int64_t)1 << 50)));
	return 0;
}
