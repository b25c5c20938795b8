#pragma once
/*
 * Everything that a private tree keeps, one entry each: every scalar of the Hiera data (scan/hieradata.h) and every
 * other file as a whole. Of a value only a keyed tag and its traits stay; the bytes are wiped when their file is done.
 *
 * A key is spelt as a place of the register spells it (scan/place_key.h), and what is read is what place_read() reads
 * there: for each leaf with a tag and without TRAIT_BUILT and TRAIT_RETYPED the two agree.
 *
 * Hiera's YAML is Ruby's: merge keys and aliases are followed, the last of two equal keys counts (both are leaves, and
 * a gap says so), and numbers may be written differently. What Hiera would refuse, or what is not followed, is a gap; a
 * gap never repeats a key or a value.
 */
#include "base/digest.h"
#include "scan/hieradata.h"
#include "scan/presence.h"
#include "scan/traits.h"
#include "scan/tree.h"

#define LEAVES_MAX 2000000u
#define LEAVES_PER_FILE 200000u
#define LEAF_REPEATED_MAX 20000u /* of one file, by aliases and merge keys: a few lines can ask for any number */
#define LEAF_COMMENTS_MAX 20000u
#define LEAF_YAML_MAX ((size_t)8 << 20) /* bytes of one file of Hiera data */
#define LEAF_TAG_PURPOSE "coverage" /* of digest_key_for() */

enum leaf_form { LEAF_PLAIN, LEAF_EYAML, LEAF_FILE };

struct leaf {
	const char *repository, *file;
	const char *key;                 /* NULL: the whole file */
	uint32_t top;                    /* bytes of its name at the top of the file: no dot in it separates */
	uint32_t line, col;              /* of the key,
		or of the list's element; of the alias or merge key it comes by */
	enum leaf_form form;
	bool followed;                   /* comes by an alias or a merge key: stands elsewhere in the file, too */
	uint64_t head;                   /* of presence_head(); 0: none, or shorter than that */
	char tag[DIGEST_TAG_HEX];        /* "": empty, or not opened (a gap says why) */
	struct traits traits;
};

/* A line of a comment in Hiera data that holds a value: of a key of that file, or of one whose name tells. */
struct leaf_comment { const char *repository, *file, *key; uint32_t line, col; char tag[DIGEST_TAG_HEX]; };

struct leaves {
	struct arena *arena;
	struct leaf *list;
	size_t n, cap;
	struct leaf_comment *comments;
	size_t n_comments, cap_comments;
};
#define LEAVES_INIT { 0 }

struct leaf_source {
	const char *repository;
	const struct digest_key *key;                  /* of LEAF_TAG_PURPOSE */
	const char *eyaml_public, *eyaml_private;      /* key files of this machine; NULL: none */
	const struct hieradata *hieradata;             /* of the register; may be NULL */
	const struct presence *presence;               /* makes the heads; may be NULL */
};

/* All of a tree. `at->name` is the repository; at->want is not looked at: what is kept is read. */
int leaves_of_tree(const struct leaf_source *s, const struct tree_at *at, struct leaves *ret, struct gaps *gaps,
		   struct err *e);
void leaves_free(struct leaves *l);

/* The same in steps, for who reads the tree himself. */
struct leaf_reader;
struct leaf_reader *leaf_reader_new(const struct leaf_source *s);
/* A hiera.yaml, before the files that it names. */
void leaf_reader_config(struct leaf_reader *r, const struct tree_file *f, struct gaps *gaps);
/* -ERR_LIMIT only: too many leaves. */
int leaf_reader_add(struct leaf_reader *r, const struct tree_file *f, struct leaves *ret, struct gaps *gaps,
		    struct err *e);
void leaf_reader_freep(struct leaf_reader **r);

const char *leaf_form_name(enum leaf_form form);       /* "eyaml" */
