#pragma once
/* A folder that stands for a host, with an nft of the test that takes rules into a file, and the scout's commands on
 * it. */
#include "register_help.h"
#include "base/json.h"
#include "scout/hold.h"
#include <stdbool.h>

#define SOMEBODY "192.0.2.7 50001 10.0.0.1 22"
#define BOTH "[\"192.0.2.7\",\"192.0.2.8\"]"

struct stage { char root[200]; };

/* For cmocka_unit_test_setup_teardown. The visit comes from SOMEBODY. */
int set_up(void **state);
int tear_down(void **state);
void put(const struct stage *h, const char *name, const char *text, mode_t mode);
void unput(const struct stage *h, const char *name);
bool is_there(const struct stage *h, const char *name);
char *text_of(const struct stage *h, const char *name);                 /* "" when it is not there; the caller frees */
/* The result line of a visit; responders: JSON. */
json_t *ask(struct stage *h, const char *command, int64_t incident, int64_t dead_man_ms, bool crowd);
json_t *ask_for(struct stage *h, const char *command, const char *responders, int64_t dead_man_ms);
json_t *ask_crowd(struct stage *h, const char *level);                  /* contain, by who is no responder */
/* error NULL: it is done. */
void wants(struct stage *h, const char *command, int64_t incident, const char *error, const char *words);
bool state_is(const struct stage *h, const char *state);
void wait_for(const struct stage *h, const char *state);
void another_connection(void);
