/* What a host keeps about its packages. */
#include "fuzz.h"
#include "model/deb_read.h"
#include "model/deb_version.h"
#include <string.h>

static void a_stanza(struct deb_text st)
{
	static const char *const names[] = { "Package", "Version", "Conffiles", "Date", "Label" };
	char text[64], md5[33];
	struct deb_text path;

	for (size_t k = 0; k < ARRAY_SIZE(names); k++) {
		struct deb_text f = deb_field(st, names[k]);

		if (f.s && (f.s < st.s || f.len > st.len))
			abort();
		(void)deb_copy(f, text, sizeof(text));
		(void)deb_date_us(f);
		for (const char *s = f.s; s; )
			s = deb_conffile(s, f.s + f.len, &path, md5);
	}
	(void)deb_is_security(st);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(freep) char *text = mem_dupn((const char *)data, size);
	const char *s = (const char *)data, *end = s + size, *path;
	struct deb_log_line l;
	struct deb_text st;
	char md5[33];

	while ((s = deb_stanza(s, end, &st)))
		a_stanza(st);
	(void)deb_log_read(text, &l);
	(void)deb_sum_line(text, md5, &path);
	/* an order: the other way round it is the other sign */
	char *nl = strchr(text, '\n');

	if (nl) {
		*nl = '\0';
		int a = deb_version_compare(text, nl + 1), b = deb_version_compare(nl + 1, text);

		if ((a < 0) != (b > 0) || (a > 0) != (b < 0) || deb_version_compare(text, text) != 0)
			abort();
	}
	return 0;
}
