#pragma once
/* Git programs on an opened repository; inside transport/ only. */
#include "base/proc_stream.h"
#include "transport/git_objects.h"
#include "transport/git_run.h"

/* git_must on our own git folder, with the repository's objects. call->env is not looked at. */
int git_repo_must(const struct git_repo *r, const struct git_call *call, const char *what, struct proc_result *ret,
		  struct err *e);
int git_repo_run(const struct git_repo *r, const struct git_call *call, struct proc_result *ret, struct err *e);
/* The same, to be talked to. */
int git_repo_stream(const struct git_repo *r, const char *const *args, struct proc_stream **ret, struct err *e);
/* The repository's own git folder: for names, never for objects. */
int git_repo_ask(const struct git_repo *r, const char *const *args, struct proc_result *ret, struct err *e);
/* git_reason for standard error that was read by other means. */
const char *git_repo_reason(const char *said, int status, char ret[200]);
/* An empty git folder for objects of this format; made below the temporary folder. */
int git_repo_neutral(struct git_repo *r, const char *objects, const char *shallow, struct err *e);
/* Looks into the git folder that r->its names. */
int git_repo_look(struct git_repo *r, struct err *e);
/* "blob", "tree", ...; false for anything else. */
bool git_type_parse(const char *name, enum git_type *ret);
/* Words for git programs that go through trees: whole packs in memory are of no use to them. */
#define GIT_LITTLE_MEMORY "-c", "core.packedGitWindowSize=1m", "-c", "core.packedGitLimit=16m", "-c", \
	"core.deltaBaseCacheLimit=16m"
#define GIT_OID_MAX 32u
/* A whole hexadecimal name; its bytes, or 0 when it is none. */
size_t git_oid_parse(const char *hex, unsigned char ret[GIT_OID_MAX]);
