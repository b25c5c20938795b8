#pragma once
#include <stdint.h>

/* A port of loopback on which nothing listens now, and that no outgoing connection is given. */
uint16_t service_free_port(void);
