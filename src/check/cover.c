#include "check/cover.h"
#include "base/mem.h"
#include "base/text.h"
#include <string.h>

static char *name_of(const char *repository, const char *file, const char *key)
{
	return mem_printf("%s\n%s\n%s", repository, file, key ? key : "");
}

void cover_index(const struct firebreak_register *reg, struct arena *a, struct map *ret)
{
	uint32_t n = 0;

	for (uint32_t s = 0; s < reg->n_secrets; s++) {
		for (uint32_t k = 0; k < reg->secrets[s].n_places; k++) {
			const struct place *p = &reg->secrets[s].places[k];
			_cleanup_(freep) char *name = name_of(reg->repositories[p->repository].name, p->file, p->key);

			(void)map_put(ret, arena_dup(a, name), n++);
		}
	}
}

uint32_t cover_place(const struct map *index, const char *repository, const char *file, const char *key)
{
	_cleanup_(freep) char *name = name_of(repository, file, key);

	return map_get(index, name);
}

bool cover_has(const struct firebreak_register *reg, const struct map *index, const char *repository, const char *file,
	       const char *key, size_t top)
{
	return cover_place(index, repository, file, key) != MAP_NONE ||
	       register_not_secret(reg, repository, file, key, top) != NOTHING;
}

void cover_hieradata(const struct firebreak_register *reg, uint32_t repository, struct hieradata *ret)
{
	for (uint32_t k = 0; k < reg->n_secrets; k++)
		for (uint32_t p = 0; p < reg->secrets[k].n_places; p++) {
			const struct place *at = &reg->secrets[k].places[p];

			if (at->repository == repository && at->key)
				hieradata_add(ret, at->file);
		}
}

static bool can_be_named(const char *s)
{
	if (!text_is_utf8(s, strlen(s)))
		return false;
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return true;
}

static bool is_plain(const char *s)
{
	return strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/:@%+=,-") == strlen(s);
}

static void word(struct buf *b, const char *s)
{
	if (is_plain(s))
		(void)buf_str(b, s);
	else
		text_shell(b, s);
}

const char *cover_next(struct arena *a, const char *repository, const char *file, const char *key)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(20000);
	_cleanup_(freep) char *place = mem_printf("%s:%s", repository, file);

	if (!can_be_named(place) || (key && !can_be_named(key)))
		return NULL;
	(void)buf_str(&b, "firebreak register add ");
	word(&b, place);
	if (key) {
		(void)buf_char(&b, ' ');
		word(&b, key);
	}
	return b.over ? NULL : arena_dup(a, buf_text(&b));
}
