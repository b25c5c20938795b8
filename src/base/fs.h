#pragma once
/*
 * Files of this machine. Every read has a limit; every write is whole or not at all (temporary name in the same folder,
 * fsync, rename, fsync of the folder). Descriptors are O_CLOEXEC.
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"
#include <stdbool.h>
#include <sys/types.h>

/* Refuses what is no regular file, and what is larger than b->max (-ERR_LIMIT). */
int fs_read(const char *path, struct buf *b, struct err *e);
/* A file below the temporary folder (TMPDIR) that has no name any more. */
int fs_unnamed(int *ret_fd, struct err *e);
/* Refuses to put a file in the place of a device, a pipe or a link to one: as root that would end /dev/null. */
int fs_write_atomic(const char *path, const void *bytes, size_t len, mode_t mode, struct err *e);
int fs_mkdirs(const char *path, mode_t mode, struct err *e);             /* like mkdir -p; mode for the last one */
int fs_remove_tree(const char *path, struct err *e);                     /* does not follow links */
bool fs_exists(const char *path);
/* Regular files below `folder` whose names end in `suffix`, sorted, paths relative to it; hidden ones and links are
 * left out; depth at most 8, at most `limit` files. */
int fs_list(const char *folder, const char *suffix, size_t limit, struct strv *ret, struct err *e);
/* Takes an exclusive lock on path (made when missing); -ERR_CONFLICT at once when another process holds it. The lock
 * ends with the descriptor. */
int fs_lock(const char *path, int *ret_fd, struct err *e);
char *fs_join(const char *folder, const char *name);                     /* the caller frees */
int fs_write_all(int fd, const void *bytes, size_t len);                 /* 0 or -errno; goes on after EINTR */
void closep(int *fd);
