#include "model/login_record.h"
#include "base/macro.h"
#include <arpa/inet.h>
#include <string.h>

#define SECOND_US ((int64_t)1000000)

/* Where utmp(5) keeps what, in bytes. */
enum {
	AT_TYPE = 0, AT_PID = 4, AT_LINE = 8, AT_USER = 44, AT_HOST = 76, AT_SECONDS = 340, AT_MICROSECONDS = 344,
	AT_ADDRESS = 348,
	LINE_LEN = 32, USER_LEN = 32, HOST_LEN = 256,
};

static uint32_t little32(const uint8_t *b)
{
	return (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}

static void text(char *to, const uint8_t *from, size_t len)
{
	size_t n = strnlen((const char *)from, len);

	memcpy(to, from, n);
	to[n] = '\0';
}

static bool is_zero(const uint8_t *b, size_t len)
{
	for (size_t k = 0; k < len; k++)
		if (b[k])
			return false;
	return true;
}

static void address(const uint8_t *b, char *ret, size_t size)
{
	if (is_zero(b, 16))
		return;
	(void)inet_ntop(is_zero(b + 4, 12) ? AF_INET : AF_INET6, b, ret, (socklen_t)size);
}

void login_record_read(const uint8_t *b, struct login_record *ret)
{
	/* utmp(5): EMPTY, RUN_LVL, BOOT_TIME, NEW_TIME, OLD_TIME, INIT, LOGIN, USER, DEAD, ACCOUNTING */
	static const enum login_what kinds[] = { LOGIN_NOTHING, LOGIN_NOTHING, LOGIN_BOOT, LOGIN_CLOCK, LOGIN_CLOCK,
						 LOGIN_NOTHING, LOGIN_GETTY, LOGIN_SESSION, LOGIN_END, LOGIN_NOTHING };
	unsigned type = (unsigned)b[AT_TYPE] | (unsigned)b[AT_TYPE + 1] << 8;

	*ret = (struct login_record){
		.what = type < ARRAY_SIZE(kinds) ? kinds[type] : LOGIN_ODD,
		.zeros = is_zero(b, LOGIN_RECORD_LEN),
		.at_us = (int64_t)little32(b + AT_SECONDS) * SECOND_US + little32(b + AT_MICROSECONDS) % 1000000,
		.pid = little32(b + AT_PID),
	};
	text(ret->line, b + AT_LINE, LINE_LEN);
	text(ret->user, b + AT_USER, USER_LEN);
	text(ret->host, b + AT_HOST, HOST_LEN);
	address(b + AT_ADDRESS, ret->address, sizeof(ret->address));
}

void lastlog_record_read(const uint8_t *b, struct login_record *ret)
{
	*ret = (struct login_record){ .what = LOGIN_SESSION, .at_us = (int64_t)little32(b) * SECOND_US,
				      .zeros = is_zero(b, LASTLOG_RECORD_LEN) };
	text(ret->line, b + 4, LINE_LEN);
	text(ret->host, b + 4 + LINE_LEN, HOST_LEN);
}
