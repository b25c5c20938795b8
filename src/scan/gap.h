#pragma once
/*
 * What was not read, and why. Who reads puts it here and goes on with the rest; who ends a run with gaps says each of
 * them and never ends with exit code 0. A text here never repeats what stands in a file: only its place.
 */
#include "base/arena.h"
#include "base/buf.h"
#include <stddef.h>
#include <stdint.h>

#define GAPS_MAX 10000u /* kept with their texts; more are counted */

enum unread {
	UNREAD_DAMAGED,     /* git or the file system could not give it out whole */
	UNREAD_MISSING,     /* an object that is not there: partial or shallow clone, or lost */
	UNREAD_LARGE,       /* over a limit */
	UNREAD_DENIED,  /* no permission */
	UNREAD_SPECIAL,     /* a socket, a device, a pipe */
	UNREAD_LINK,        /* a symbolic link that leads out of the tree */
	UNREAD_REPOSITORY,  /* a submodule, or a repository within */
	UNREAD_DEEP,        /* folders in folders in folders */
	UNREAD_YAML,        /* no YAML, or YAML that Hiera would not take */
	UNREAD_KEY,         /* a key or value in a form that is not followed */
	UNREAD_EYAML,       /* encrypted, and not opened */
	UNREAD_PEM,         /* begins like a key or certificate and is none that can be read */
	UNREAD_MANIFEST,    /* a manifest or template that is not understood */
	UNREAD_ELSEWHERE,   /* a class, function or template that manifests name and no tree has */
	UNREAD_KINDS
};

struct gap {
	enum unread kind;
	const char *repository, *file;   /* file: as it is named, any bytes; NULL: the repository as a whole */
	uint32_t line, col;              /* 0: the file as a whole */
	const char *why;                 /* visible text: "a submodule: name its repository to have it read" */
};

struct gaps {
	struct arena *arena;             /* made with the first one */
	struct gap *list;
	size_t n, cap;
	uint64_t more;                   /* beyond GAPS_MAX */
};

#define GAPS_INIT { 0 }

void gaps_add(struct gaps *g, const struct gap *where, const char *fmt, ...) _printf_(3, 4);
/* "private:hieradata/x.yaml:3:1: why", as findings are told; fit for a terminal. */
void gap_say(const struct gap *g, struct buf *ret);
/* What has packed, archived or encrypted a file that begins so; NULL: nothing that is known. The same as those of the
 * worker's search_packed.pl. */
const char *gap_packed(const char *bytes, size_t len);
const char *unread_name(enum unread kind);   /* "damaged", for machines */
void gaps_free(struct gaps *g);
