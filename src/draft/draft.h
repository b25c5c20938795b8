#pragma once
/*
 * A first register, drafted out of what there is: each leaf of the private repositories becomes a place of a secret
 * or a proposal for `not_secret`, and the manifests tell the consumers. What is written is a guess until a person has
 * said otherwise: whatever was not decided stands above its entry as a comment "# DECIDE: ..." with a question, and
 * in the list of questions. Nothing is ever declared harmless without one. Values are not known here, only leaves.
 * The same input gives the same bytes: order is that of leaves, hosts and manifests, and never that of tags.
 */
#include "base/buf.h"
#include "check/survey.h"

#define DRAFT_FILE_MAX ((size_t)128 << 20)  /* bytes of one file of the draft */
#define DRAFT_QUESTIONS_MAX 400000u
#define DRAFT_MARK "# DECIDE: "             /* above the entry that it is about */
#define DRAFT_SEEN "# as asked above"       /* behind an entry that an earlier question covers too */

/* A repository as it was named: what the draft says of it. */
struct draft_repository {
	const char *name, *url;
	const char *branch;            /* NULL: main */
	bool local;                    /* it has no remote: the url is a path of this machine */
	const char *eyaml_public, *eyaml_private;
};

struct draft_text { const char *name; struct buf text; uint32_t line; };   /* line: of what is added next */
struct draft_question { const char *file; uint32_t line; const char *about, *text; }; /* of the draft */

struct draft_counts { uint32_t secrets, twins, places, consumers, hosts, groups, systems, not_secret, halves,
		     accounts; };

struct draft {
	/* given; the repositories are those of s->reg, in its order. The survey is read without a feed. */
	struct survey *s;
	const struct draft_repository *repositories;
	/* made */
	struct feed *feed;
	struct draft_text *files; uint32_t n_files;
	struct draft_question *questions; uint32_t n_questions;
	struct draft_counts counts;
	size_t cap_files, cap_questions;
	struct arena *arena;
	struct draft_parts *parts;
};

void draft_begin(struct draft *d, struct survey *s, const struct draft_repository *repositories);
/* `look` of the survey, whose `arg` is the draft: users of databases are found while manifests pass by. */
void draft_look(const struct tree_file *f, void *draft);
/* Adds to the survey's gaps what no register can hold. */
void draft_make(struct draft *d);
void draft_end(struct draft *d);
