#pragma once
/* A register from texts in the test itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"
#include "model/register.h"

/* What every register of these tests has, in a file head.yaml; what a test adds is r.yaml. */
#define SMALL_HEAD \
	"register: 1\n" \
	"organisation: {name: Example Wiki Farm, team: sre@example.org, approver: manager}\n" \
	"roles: {manager: {root: false}, sre: {root: true}}\n" \
	"people: {alice: {name: Alice Example, mail: alice@example.org, roles: [sre, manager]}}\n" \
	"repositories:\n" \
	"  private: {kind: private, url: /srv/private.git, hosts: [puppet3]}\n" \
	"  dns: {kind: dns, url: /srv/dns.git}\n" \
	"hosts: {mw1: , mw2: , db11: {address: db11.example.org}, puppet3: , local: {reach: local}}\n" \
	"groups: {wiki: ['mw*'], all: [wiki, db11, puppet3]}\n" \
	"systems: {redis: {title: Redis, contacts: [alice]}, mariadb: {title: MariaDB, hosts: [db11]}}\n"

/* NULL when it was refused; *ret_text then holds the first problem. */
struct firebreak_register *small_load(const char *more, char ret_text[500]);
struct firebreak_register *small_load_ok(const char *more);      /* fails the test when refused */
extern const struct driver_words small_drivers[2];
