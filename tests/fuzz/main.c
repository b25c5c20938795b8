/* Replays a corpus folder through a fuzz target, so that each build checks what fuzzing once found. */
#include "base/fs.h"
#include "fuzz.h"

#define INPUT_MAX ((size_t)4 << 20)
#define INPUTS_MAX 100000

static int replay(const char *folder, const char *name, struct err *e)
{
	_cleanup_(freep) char *path = fs_join(folder, name);
	_cleanup_(buf_free) struct buf input = BUF_INIT(INPUT_MAX);

	int r = fs_read(path, &input, e);
	if (r < 0)
		return r;

	/* A block of exactly this size, so that the sanitizer sees a read behind its end. */
	_cleanup_(freep) uint8_t *exact = mem_zero(1, input.len ? input.len : 1);

	if (input.len > 0)
		memcpy(exact, input.data, input.len);
	(void)LLVMFuzzerTestOneInput(exact, input.len);
	return 0;
}

int main(int argc, char **argv)
{
	_cleanup_(strv_free) struct strv names = STRV_INIT;
	struct err e = ERR_INIT;
	int r = argc == 2 ? fs_list(argv[1], "", INPUTS_MAX, &names, &e) :
		err_set(&e, ERR_USAGE, "one folder is expected");

	for (size_t i = 0; r == 0 && i < names.n; i++)
		r = replay(argv[1], names.s[i], &e);
	if (r == 0 && names.n == 0)
		r = err_set(&e, ERR_CONFIG, "'%s' holds no inputs", argv[1]);
	if (r < 0) {
		(void)fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	(void)printf("%zu inputs\n", names.n);
	return 0;
}
