#pragma once
/*
 * Reads everything that a check is about: the private repositories as leaves, public Puppet trees as facts and feeds,
 * the certificates of public ones, and each public file once more for private values that stand in it. A repository is
 * read as it is named by the caller (a path of this machine, at a revision or as it lies), otherwise in a clone of our
 * own that is brought up to date first. What could not be read is a gap; the rest goes on.
 */
#include "base/digest.h"
#include "model/register.h"
#include "puppet/feed.h"
#include "scan/half.h"
#include "scan/leaf.h"
#include "scan/presence.h"
#include "transport/git_repo.h"

#define SURVEY_HALVES_MAX 200000u

struct survey_at {                         /* instead of the url of the register */
	uint32_t repository;
	const char *path;                  /* a work tree or a bare repository of this machine */
	const char *revision;              /* NULL: the working tree as it lies; of a bare one HEAD */
	bool folder;                       /* path is a plain folder and no repository: it has no history */
};

/* A private value that stands in a public file. */
struct survey_published { uint32_t leaf; const char *repository, *file; uint32_t line; };

/* A public half of a key, in a public file (scan/half.h). */
struct survey_half { uint32_t repository; const char *file; struct half half; };

/* A file of this machine that holds something private, and more people can read or change it than have to. */
struct survey_exposed {
	uint32_t repository;               /* whose working tree it is in; NOTHING: a consumer's file */
	uint32_t secret, consumer;         /* then: of the register */
	const char *file;
	const char *why;                   /* "has mode 0644: everybody on this machine can read it" */
	const char *next;
};

struct survey {
	/* given */
	const struct firebreak_register *reg;
	const struct digest_key *key;      /* of LEAF_TAG_PURPOSE */
	const char *clones;                /* folder of our clones */
	const struct survey_at *at; uint32_t n_at;
	int64_t limit_ms;                  /* for each git program */
	void (*tell)(const char *repository, void *arg);     /* before each is read; may be NULL */
	void *arg;
	bool any_hieradata;                /* there is no register yet: the fourth rule of scan/hieradata.h */
	/* Each file of a public Puppet tree once more, while it is read; may be NULL. */
	void (*look)(const struct tree_file *f, void *arg);
	bool without_feed;                 /* the caller makes it, and tells its gaps (survey_tell_manifest) */
	/* made */
	struct leaves leaves, certificates;
	struct manifest *manifest;         /* NULL: the register has no public Puppet tree, or none could be read */
	struct feed *feed;
	struct gaps gaps;
	bool *repository_read;             /* for each repository of the register */
	char (*commit)[65];                /* of each; "" for a working tree */
	struct survey_published *published; uint32_t n_published;
	size_t cap_published;
	struct survey_half *halves; uint32_t n_halves;       /* in the order of repositories, files and lines */
	size_t cap_halves;
	struct survey_exposed *exposed; uint32_t n_exposed;
	size_t cap_exposed;
	struct presence *presence;
	struct arena *arena;
};

/* The public halves of one file of a public repository. */
void survey_halves(struct survey *s, uint32_t repository, const struct tree_file *f);
/* survey_mode.c: what lies on this machine; of a working tree, its files beside one another. */
void survey_modes_of_tree(struct survey *s, uint32_t repository, const char *folder, size_t first_leaf);
void survey_modes_of_consumers(struct survey *s);

/* Errors are those of the machine (no memory for a clone's folder, no temporary folder); all else is a gap. */
int survey_read(struct survey *s, struct err *e);
void survey_free(struct survey *s);
/* The gaps of the manifests' reader, as gaps of this run: once, when the feed is made. */
void survey_tell_manifest(struct survey *s);
/* A repository that was read, once more, and the commit that was read, or on which the working tree lies. A working
 * tree without any commit has no history. */
bool survey_has_history(struct survey *s, uint32_t repository);
int survey_open(struct survey *s, uint32_t repository, struct git_repo **ret, char ret_commit[65], struct err *e);
