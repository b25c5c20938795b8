#pragma once
/*
 * What public Puppet trees say of private data. Pure: bytes come in, tables come out; nothing of a private repository
 * ever comes here but names of keys (feed.h). Manifests (.pp), templates (below templates/, ERB and EPP), Ruby
 * functions and Hiera data are understood, everything else is not wanted. What could not be understood is a gap with
 * its place, never silence; `gaps.n == 0` means that everything that was added was read.
 *
 * Limits: see below; reaching one is a gap. Time and memory are linear in what is added. All strings live as long
 * as the
 * tables and are UTF-8.
 */
#include "base/arena.h"
#include "base/map.h"
#include "scan/gap.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MANIFEST_FILE_MAX ((size_t)4 << 20)     /* bytes of one file */
#define MANIFEST_FILES_MAX 200000u
#define MANIFEST_FACTS_MAX 2000000u
#define MANIFEST_GAPS_MAX 10000u
#define MANIFEST_NONE UINT32_MAX

enum fact_kind {
	FACT_LOOKUP,    /* name: the key, or the expression that makes it; how: lookup, hiera, ... */
	FACT_PARAMETER, /* name: class::parameter, which Hiera is asked for when nobody sets it */
	FACT_SOURCE,    /* name: puppet:///... */
	FACT_READ,      /* name: what a function reads when catalogues are made; how: the function */
	FACT_PATH,      /* name: an absolute path that looks like a key's */
	FACT_RESOURCE,  /* name: its title; how: its type */
	FACT_COLLECT,   /* how: the type that is collected */
	FACT_INCLUDE,   /* name: a class; how: include, contain, require, class */
	FACT_CLASS, FACT_DEFINE, FACT_FUNCTION,
	FACT_NODE,      /* name: a host's name, a regular expression in slashes, or "default" */
	FACT_HIERA,     /* name: a key of public Hiera data */
};

enum fact_flag {
	/* the name is put together when the catalogue is made: what it is cannot be read here */
	FACT_AT_RUN_TIME = 1,
	FACT_HAS_DEFAULT = 2,
	FACT_CONDITIONAL = 4,   /* below an if, a case or a selector */
	FACT_IS_VIRTUAL = 8, FACT_IS_EXPORTED = 16,
	FACT_IN_TEMPLATE = 32,
	FACT_IN_DATA = 64,      /* %{lookup('...')} in public Hiera data */
	FACT_RESOLVED = 128,    /* at run time, but feed_build() could tell all keys that it can be */
};

struct fact {
	enum fact_kind kind : 16;
	uint32_t flags : 16;            /* of enum fact_flag */
	uint32_t file, line, col;       /* columns are bytes, from 1 */
	const char *name, *how;
	const char *in;                 /* the class, defined type, function or node around it; NULL: none */
};

enum gap_kind {
	GAP_UNREADABLE, /* bytes or grammar */
	GAP_LIMIT,
	GAP_MISSING,    /* a class, function or template that no tree has */
	GAP_UNDECIDED,  /* read, and not understood or known only when the catalogue is made: for a person to decide */
};
struct manifest_gap { enum gap_kind kind; uint32_t file, line, col; const char *text; }; /* a sentence without place */
struct manifest_file { const char *repository, *path; };

struct manifest {
	struct arena *arena;
	struct manifest_file *files; uint32_t n_files;
	struct fact *facts; uint32_t n_facts;
	struct manifest_gap *gaps; uint32_t n_gaps;
	uint64_t n_gaps_all;            /* also those above the limit */
	size_t cap_files, cap_facts, cap_gaps;
	struct manifest_parts *parts;   /* trees and tables, for feed.h */
};

struct manifest *manifest_new(void);
void manifest_freep(struct manifest **m);
/* Is it worth reading? By its path alone. */
bool manifest_wants(const char *path);
/* A file whose bytes are borrowed for the call only. What is not wanted is passed over. */
void manifest_add(struct manifest *m, const char *repository, const char *path, const void *bytes, size_t len);
/* A file that is wanted and could not be had (too large, missing object): a gap with the caller's sentence. */
void manifest_lost(struct manifest *m, const char *repository, const char *path, const char *why);
/* Adds what was not read to a run's gaps: all but GAP_UNDECIDED, which is read and has to be told as a finding. */
void manifest_gaps(const struct manifest *m, struct gaps *to);
const char *fact_kind_name(enum fact_kind kind);        /* "lookup" */
