#include "canary_help.h"
#include "base/fs.h"
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/mman.h>

#include <cmocka.h>

#define REGION_MAX ((uint64_t)64 << 20) /* the shadow of a sanitizer is terabytes */
#define PART ((size_t)1 << 20)
#define MASK 0x5a

/* The canary never stands in this program as it is: every byte is masked until it goes into locked pages. */
static const unsigned char masked[] = { 0x19, 0x3b, 0x34, 0x3b, 0x28, 0x23, 0x6d, 0x6b, 0x62, 0x63, 0x2b, 0x20, 0x2d,
					0x22, 0x39, 0x2c, 0x38, 0x34, 0x37, 0x1b, 0x09, 0x1e };

_Static_assert(CANARY_LEN == CANARY_LEAD + sizeof(masked), "as many bytes as the header says");

struct secret *canary;

/* Which bytes of the canary are looked for. */
static size_t first, count = sizeof(masked);

static unsigned hits_in(const unsigned char *bytes, size_t len)
{
	const unsigned char *at = bytes, *end = bytes + len;
	unsigned hits = 0;

	while ((at = memchr(at, masked[first] ^ MASK, (size_t)(end - at)))) {
		size_t n = 0;

		while (n < count && at + n < end && (at[n] ^ MASK) == masked[first + n])
			n++;
		hits += n == count;
		at++;
	}
	return hits;
}

/* Parts overlap by less than a canary, so that none is missed or counted twice. */
static unsigned search_region(int mem, unsigned char *part, uint64_t from, uint64_t to)
{
	unsigned hits = 0;

	for (uint64_t at = from; at < to;) {
		size_t want = to - at < PART ? (size_t)(to - at) : PART;
		ssize_t n = pread(mem, part, want, (off_t)at);

		if (n <= 0)
			return hits;
		hits += hits_in(part, (size_t)n);
		if (at + (uint64_t)n >= to)
			break;
		at += (uint64_t)n - (count - 1);
	}
	return hits;
}

unsigned canary_search(void)
{
	/* Shared, so that it is a line of its own in the list, and can be left out. */
	unsigned char *part = mmap(NULL, PART, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	FILE *maps = fopen("/proc/self/maps", "re");
	_cleanup_(closep) int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	unsigned hits = 0;
	char line[600];

	assert_true(part != MAP_FAILED);
	assert_non_null(maps);
	assert_true(mem >= 0);
	while (fgets(line, sizeof(line), maps)) {
		uint64_t from, to;
		char may[5];

		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s", &from, &to, may) == 3 && may[0] == 'r' &&
		    from != (uintptr_t)part && to - from <= REGION_MAX)
			hits += search_region(mem, part, from, to);
	}
	(void)fclose(maps);
	munmap(part, PART);
	return hits;
}

int canary_make(void **state _unused_)
{
	volatile unsigned char mask = MASK; /* or the compiler works the canary out beforehand */
	char bytes[CANARY_LEN];

	memset(bytes, 'p', CANARY_LEAD);
	for (size_t i = 0; i < sizeof(masked); i++)
		bytes[CANARY_LEAD + i] = (char)(masked[i] ^ mask);
	return secret_take(bytes, sizeof(bytes), &canary, NULL);
}

int canary_free(void **state _unused_)
{
	canary = secret_free(canary);
	return 0;
}

unsigned canary_search_pieces(size_t len)
{
	unsigned hits = 0;

	count = len;
	for (first = 0; first + count <= sizeof(masked); first++)
		hits += canary_search();
	first = 0;
	count = sizeof(masked);
	return hits;
}
