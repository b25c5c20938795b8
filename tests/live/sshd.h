#pragma once
/* A real sshd on loopback, a free port, its own host key, configuration and client key; ended by pid. */
#include "transport/transport.h"
#include <sys/types.h>

struct far { pid_t pid; uint16_t port; char config[128], control[128]; struct way way; };

int far_begin(struct far *f);       /* in the scratch folder; the address is "far" in the client's configuration */
void far_end(struct far *f);
