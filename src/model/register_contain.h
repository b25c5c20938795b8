#pragma once
/* How a host is contained: section `containment`, and what a host says for itself. docs/formats/register.md. */
#include "model/register_people.h"

#define CONTAIN_PROBES 8u
#define CONTAIN_ADDRESSES 256u        /* of responders; addresses of one host that are tried */
#define CONTAIN_PORTS 16u

enum contain_loopback { CONTAIN_LOOPBACK_UNSAID, CONTAIN_LOOPBACK_OPEN, CONTAIN_LOOPBACK_CLOSED };

struct containment {
	struct names responders;         /* addresses and networks that are let in */
	struct names ports;              /* of sshd; none: 22 */
	struct names addresses;          /* of one host only: tried from outside; none: as the host says */
	const char *second;              /* another address for ssh, {host} in it becomes the name; NULL: not said */
	const char *second_config;       /* file for ssh -F on that path; NULL: the register's */
	struct indices probes;           /* from the first one that is not the host itself */
	int64_t dead_man_s;              /* 0: not said */
	unsigned loopback;               /* enum contain_loopback */
	struct position at;              /* file NULL: nothing is said */
};
