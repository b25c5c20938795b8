#pragma once
/* Carries the bytes between a loopback port for libpq and the Unix socket at which a forward ends; see the .c file. */
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#define POSTGRESQL_RELAY_FDS 3

struct postgresql_relay;

/* NULL: could not be made; why says so. */
struct postgresql_relay *postgresql_relay_new(const char *unix_path, uint16_t *ret_port, char *why, size_t size);
/* Fills p[0..3) with what the relay waits for. */
void postgresql_relay_ask(const struct postgresql_relay *r, struct pollfd *p);
/* After poll: takes the connection (of libpq's socket `own` only) and carries what came. */
void postgresql_relay_carry(struct postgresql_relay *r, const struct pollfd *p, int own);
struct postgresql_relay *postgresql_relay_free(struct postgresql_relay *r);
