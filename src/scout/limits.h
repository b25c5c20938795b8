#pragma once
/*
 * What scout and warden agree on (docs/formats/scout.md): the scout answers in JSON lines as a worker does
 * (worker/wire.h). Both sides keep to these limits; the warden refuses a host that does not.
 */
#include <stdint.h>

#define SCOUT_VERSION 1
#define SCOUT_LINE_MAX (1u << 20)      /* one request, one answer, with its newline */
#define SCOUT_LINES_MAX 200000u        /* of one visit */
#define SCOUT_BYTES_MAX (UINT64_C(64) << 20)   /* of one visit; a request may ask for less ("bytes_max") */
#define SCOUT_COMMANDS_MAX 8u          /* of one visit */
#define SCOUT_STAYS 96                 /* its exit code when its file is there for the next visit */
