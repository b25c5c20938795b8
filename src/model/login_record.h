#pragma once
/*
 * wtmp, btmp, utmp and lastlog: binary records of glibc, as Linux writes them on machines of 64 bits whose records keep
 * 32 bits of time (x86-64; 384 and 292 bytes). Pure. Files are hostile: whoever has root wipes records with zeros or
 * takes them out, so what looks like that is told.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOGIN_RECORD_LEN 384u
#define LASTLOG_RECORD_LEN 292u

enum login_what { LOGIN_NOTHING, LOGIN_BOOT, LOGIN_CLOCK, LOGIN_SESSION, LOGIN_END, LOGIN_GETTY, LOGIN_ODD };

struct login_record {
	enum login_what what;
	bool zeros;                     /* nothing but zeros: a record that was wiped looks like this */
	int64_t at_us;
	uint32_t pid;
	char user[33], line[33], host[257];
	char address[46];               /* "" when none is kept */
};

/* b has LOGIN_RECORD_LEN bytes. */
void login_record_read(const uint8_t *b, struct login_record *ret);
/* b has LASTLOG_RECORD_LEN bytes; at_us 0: never. Only at_us, line and host are set. */
void lastlog_record_read(const uint8_t *b, struct login_record *ret);
