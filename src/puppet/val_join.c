/* Texts put together: "${a}/${b}". */
#include "puppet/val.h"
#include "base/buf.h"
#include <inttypes.h>
#include <string.h>

static void hole(struct buf *b, int64_t num)
{
	const char bytes[HOLE_LEN] = { HOLE, (char)(0x80 | (num & 0x7f)), (char)(0x80 | (num >> 7 & 0x7f)),
		(char)(0x80 | (num >> 14 & 0x7f)) };

	(void)buf_add(b, bytes, sizeof(bytes));
}

static void put(struct buf *b, struct vals *m, const struct val *v, const void *where)
{
	switch (v->kind) {
	case VAL_UNDEF: return;
	case VAL_BOOL: (void)buf_str(b, v->num ? "true" : "false"); return;
	case VAL_INT: (void)buf_printf(b, "%" PRId64, v->num); return;
	case VAL_STRING: (void)buf_add(b, v->s, v->len); return;
	case VAL_ANY: hole(b, v->num); return;
	case VAL_DEFAULT: (void)buf_str(b, "default"); return;
	default: hole(b, val_any_at(m, where, 0)->num); return;
	}
}

const struct val *val_join(struct vals *m, const struct val *const *v, uint32_t n, const char *between,
			   const void *where)
{
	const struct val *out[ONEOF_MAX];
	uint32_t ways = 1, taint = 0;

	for (uint32_t i = 0; i < n; i++) {
		taint = taint_union(m->taints, taint, v[i]->taint);
		/* too many ways are one unknown piece each */
		if (v[i]->kind == VAL_ONEOF && ways * v[i]->n <= ONEOF_MAX)
			ways *= v[i]->n;
	}
	for (uint32_t way = 0; way < ways; way++) {
		_cleanup_(buf_free) struct buf b = BUF_INIT(VAL_TEXT_MAX);
		uint32_t rest = way, used = 1;
		struct val *text;

		for (uint32_t i = 0; i < n; i++) {
			const struct val *one = v[i];

			if (i && *between)
				(void)buf_str(&b, between);
			if (one->kind == VAL_ONEOF && used * one->n <= ONEOF_MAX) {
				used *= one->n;
				one = one->v[rest % v[i]->n];
				rest /= v[i]->n;
			}
			put(&b, m, one, where);
		}
		if (b.over)
			return val_any_at(m, where, taint);
		text = arena_zero(m->arena, sizeof(*text));
		*text = *val_text(m, arena_dupn(m->arena, buf_text(&b), b.len), b.len);
		text->taint = taint;
		out[way] = text;
	}
	return val_oneof(m, out, ways);
}
