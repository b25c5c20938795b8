#include "scan/gap.h"
#include "base/mem.h"
#include "base/text.h"
#include <stdarg.h>
#include <stdio.h>

#define WHY_MAX 400

void gaps_add(struct gaps *g, const struct gap *where, const char *fmt, ...)
{
	_cleanup_(buf_free) struct buf seen = BUF_INIT((size_t)8 * WHY_MAX);
	struct gap gap = *where;
	char why[WHY_MAX];
	va_list ap;

	if (!GROW(g->list, g->n, g->cap, GAPS_MAX)) {
		g->more++;
		return;
	}
	if (!g->arena)
		g->arena = arena_new();
	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	text_visible(&seen, why, strlen(why));
	gap.why = arena_dup(g->arena, buf_text(&seen));
	gap.repository = arena_dup(g->arena, gap.repository);
	gap.file = arena_dup(g->arena, gap.file);
	g->list[g->n++] = gap;
}

void gap_say(const struct gap *g, struct buf *ret)
{
	if (g->repository) {
		text_visible(ret, g->repository, strlen(g->repository));
		(void)buf_str(ret, g->file ? ":" : ": ");
	}
	if (g->file) {
		text_visible(ret, g->file, strlen(g->file));
		if (g->line > 0)
			(void)buf_printf(ret, ":%u:%u", g->line, g->col);
		(void)buf_str(ret, ": ");
	}
	(void)buf_str(ret, g->why);
}

const char *unread_name(enum unread kind)
{
	static const char *const names[UNREAD_KINDS] = {
		[UNREAD_DAMAGED] = "damaged", [UNREAD_MISSING] = "missing", [UNREAD_LARGE] = "large",
		[UNREAD_DENIED] = "denied", [UNREAD_SPECIAL] = "special", [UNREAD_LINK] = "link",
		[UNREAD_REPOSITORY] = "repository", [UNREAD_DEEP] = "deep", [UNREAD_YAML] = "yaml",
		[UNREAD_KEY] = "key",
		[UNREAD_EYAML] = "eyaml", [UNREAD_PEM] = "pem", [UNREAD_MANIFEST] = "manifest",
		[UNREAD_ELSEWHERE] = "elsewhere",
	};

	return names[kind];
}

void gaps_free(struct gaps *g)
{
	arena_free(g->arena);
	free(g->list);
	*g = (struct gaps)GAPS_INIT;
}

const char *gap_packed(const char *bytes, size_t len)
{
	static const struct { const char *begin; uint8_t len; const char *is; } all[] = {
		{ "\x1f\x8b", 2, "gzip" }, { "\x1f\x9d", 2, "compress" }, { "\xfd" "7zXZ\0", 6, "xz" },
		{ "\x28\xb5\x2f\xfd", 4, "zstd" }, { "BZh91AY&SY", 10, "bzip2" }, { "\x04\x22\x4d\x18", 4, "lz4" },
		{ "LPKSHHRH", 8, "systemd's journal" }, { "PK\x03\x04", 4, "zip" }, { "7z\xbc\xaf\x27\x1c", 6, "7z" },
		{ "Rar!\x1a\x07", 6, "rar" }, { "LZIP\x01", 5, "lzip" }, { "\x89LZO\0", 5, "lzop" },
		{ "!<arch>\n", 8, "ar" }, { "hsqs", 4, "squashfs" }, { "PGDMP", 5, "pg_dump" },
		{ "# v2 git bundle\n", 16, "git (a bundle)" }, { "# v3 git bundle\n", 16, "git (a bundle)" },
		{ "PACK\0\0\0\2", 8, "git (a pack)" }, { "Salted__", 8, "openssl, encrypted" },
		{ "age-encryption.org/", 19, "age, encrypted" },
		{ "-----BEGIN PGP MESSAGE-----", 27, "OpenPGP, encrypted" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (len >= all[i].len && memcmp(bytes, all[i].begin, all[i].len) == 0)
			return all[i].is;
	return NULL;
}
