#pragma once
/* The files of sshd's configuration, from /etc/ssh/sshd_config on, with what they include: sshd_config(5). */
#include "scout/scout.h"
#include <sys/stat.h>

struct ssh_files {
	struct scout_out *o;
	/* Each line but Include; key in lower case. match: the number of the Match that it stands under, or that it is,
	 * counted from 1 over all files; 0: none. value may be changed. */
	void (*line)(const char *key, char *value, uint32_t match, void *arg);
	void (*file)(const struct stat *st, void *arg);               /* may be NULL */
	/* A file, or the pattern of an Include, that could not be followed. */
	void (*unread)(const char *path, const char *why, void *arg);
	void *arg;
};

/* -ERR_IO: there is no such configuration. */
int ssh_files_read(const struct ssh_files *f);
