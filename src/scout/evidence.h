#pragma once
/*
 * Between the files of the scout's command `evidence`: what is gone when a host is cut off or restarted, read before
 * anything is done to it, the most fleeting first. Each section is a list of lines {"s":NAME,...}, and a last one that
 * says how many there were and what was not read. What a person should look at first stands in "odd" of its line, and
 * as one sentence without arguments and environment (they may hold secrets) in the result.
 */
#include "scout/scout.h"
#include <sys/types.h>

#define EVIDENCE_SECONDS 10            /* when the request does not say */
#define EVIDENCE_ODD_MAX 100u          /* sentences in the result */
#define EVIDENCE_TEXT_MAX ((size_t)128 << 10)      /* of one file's text in one line */

struct evidence_socket { ino_t inode; pid_t pid; };

struct evidence {
	struct scout_out *o;
	int64_t until_us;              /* of the section that runs */
	const char *section;
	uint32_t lines;                /* of the section */
	const char *cut;               /* why the section is not whole; NULL: it is */
	char why[200];
	struct evidence_socket *sockets;       /* sorted by inode, once processes were read */
	size_t n_sockets, cap_sockets;
	uint32_t hidden_fds;           /* processes whose open files we may not see */
	int64_t recent_s;
	bool thorough;                 /* probe every process number there can be */
	json_t *odd;
};

typedef void evidence_section(struct evidence *v);
evidence_section evidence_processes, evidence_sockets, evidence_logins, evidence_network, evidence_modules,
	evidence_mounts, evidence_recent, evidence_logs;

/* True when this section has to end: its time is over, or nobody listens. It is then marked as cut. */
bool evidence_is_over(struct evidence *v);
/* Takes the line. */
void evidence_put(struct evidence *v, json_t *line);
void evidence_put_fields(struct evidence *v, const struct scout_field *fields, size_t n);
/* Why the section is not whole; the first word stays. */
void evidence_cut(struct evidence *v, const char *fmt, ...) _printf_(2, 3);
/* Marks the line, and says it in the result. */
void evidence_mark(struct evidence *v, json_t *line, const char *fmt, ...) _printf_(3, 4);

/* At most `most` bytes of a file, from its beginning or (tail) its end; false, and why in errno, when it cannot be
 * read. *ret_more: there is more of it. Kernel files have no size and are read all the same. */
bool evidence_read(const struct evidence *v, const char *path, size_t most, bool tail, struct buf *ret, bool *ret_more);
/* A line with the text of a file. When it is not there: nothing; when it cannot be read: the section is cut. */
void evidence_text(struct evidence *v, const char *path, size_t most, bool tail);
void evidence_neighbours(struct evidence *v);        /* of both families, by netlink */
/* One answer of the kernel's to that; aligned as its messages are. false: it was the last. */
bool evidence_neighbours_take(struct evidence *v, const void *answer, size_t len);
/* Sockets of all processes, as they are now: for a socket whose process was not known. */
void evidence_sockets_again(struct evidence *v);
