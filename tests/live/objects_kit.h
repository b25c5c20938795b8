#pragma once
/* What the tests of repositories share: one with two commits in "repo" of the scratch folder, and objects as text. */
#include "scratch.h"
#include "transport/git_objects.h"

#define OBJECTS_LIMIT_MS 60000
#define OBJECTS_BLOBS (1u << GIT_BLOB)
#define OBJECT_MAX(n) (struct git_reader_options){ .max = (n) }

extern struct err e;

int objects_begin(void **state);
struct git_repo *objects_repo(const char *name);                                /* below the scratch folder */
/* The commit of that name is what the command says. */
void objects_commit(const struct git_repo *r, const char *name, const char *git_says);
void objects_oids(const char *command, struct git_oids *ret);

/* "0 read text;1 missing;2 piece 0+4096/10000;" */
struct objects_seen { struct buf text; size_t n, stop_at; uint64_t bytes; };
int objects_see(const struct git_object *o, void *arg);      /* 77 behind the stop_at-th */
int objects_count(const struct git_object *o, void *arg);    /* fails when one is not read, or out of turn */
/* Objects that the command names are read as expected, twice by the same reader. */
void objects_read(const char *repo, const char *command, struct git_reader_options o, const char *expected);
