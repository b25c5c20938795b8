#pragma once
/* A connected socket to "host:port" or "[::1]:port", within a deadline. For senders of the messenger. */
#include "base/err.h"
#include <stdint.h>

/* type: SOCK_STREAM or SOCK_DGRAM. The descriptor does not block. *ret_host (may be NULL): the host, the caller's. */
int net_connect(const char *server, int type, int64_t deadline_us, int *ret_fd, char **ret_host, struct err *e);
/* 1: ready; 0: not until the deadline (CLOCK_MONOTONIC). */
int net_wait(int fd, short events, int64_t deadline_us);
