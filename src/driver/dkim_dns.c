/* One question over TCP (RFC 7766): the only way that a forward through a host takes, and no answer is cut off. */
#include "driver/dkim.h"
#include "base/mem.h"
#include <arpa/inet.h>
#include <ldns/ldns.h>
#include <string.h>

#define LIFE ((size_t)65536)

static void packet_clear(ldns_pkt **p)
{
	ldns_pkt_free(*p);
}

static void wire_clear(uint8_t **w)
{
	free(*w);
}

static void records_clear(ldns_rr_list **r)
{
	ldns_rr_list_deep_free(*r);
}

static int send_question(struct dkim_link *l, const char *name, bool recurse, uint16_t *ret_id, struct err *e)
{
	ldns_rdf *owner = ldns_dname_new_frm_str(name);
	_cleanup_(packet_clear) ldns_pkt *q = owner ? ldns_pkt_query_new(owner, LDNS_RR_TYPE_TXT, LDNS_RR_CLASS_IN,
									 recurse ? LDNS_RD : 0) : NULL;
	_cleanup_(wire_clear) uint8_t *wire = NULL;
	size_t len = 0;
	uint16_t net;

	if (!q) {
		ldns_rdf_deep_free(owner);
		return err_set(e, ERR_CONFIG, "'%.200s' is no name of DNS", name);
	}
	ldns_pkt_set_random_id(q);
	*ret_id = ldns_pkt_id(q);
	if (ldns_pkt2wire(&wire, q, &len) != LDNS_STATUS_OK || len > UINT16_MAX)
		return err_set(e, ERR_BUG, "a question for '%.200s' cannot be made", name);
	net = htons((uint16_t)len);
	int r = dkim_link_write(l, &net, sizeof(net), e);

	return r < 0 ? r : dkim_link_write(l, wire, len, e);
}

static int read_answer(struct dkim_link *l, const char *name, uint16_t id, ldns_pkt **ret, struct err *e)
{
	_cleanup_(freep) uint8_t *wire = NULL;
	uint16_t len;
	int r = dkim_link_read(l, &len, sizeof(len), e);

	if (r < 0)
		return r;
	len = ntohs(len);
	wire = mem_zero(len + 1u, 1);
	r = dkim_link_read(l, wire, len, e);
	if (r < 0)
		return r;
	if (ldns_wire2pkt(ret, wire, len) != LDNS_STATUS_OK)
		return err_set(e, ERR_REMOTE, "the answer about '%.200s' cannot be read", name);
	if (ldns_pkt_id(*ret) != id || !ldns_pkt_qr(*ret)) {
		ldns_pkt_free(*ret);
		*ret = NULL;
		return err_set(e, ERR_REMOTE, "an answer to another question than '%.200s' came", name);
	}
	return 0;
}

/* The strings of one record as one text; a NUL byte in it ends it, as it would for a verifier. */
static char *text_of(const ldns_rr *rr)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(LIFE);

	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
		const ldns_rdf *rdf = ldns_rr_rdf(rr, i);
		const uint8_t *data = ldns_rdf_data(rdf);
		size_t len = ldns_rdf_size(rdf);

		if (len > 0 && data[0] < len)
			(void)buf_add(&b, data + 1, data[0]);
	}
	return mem_dup(buf_text(&b));
}

void dkim_txt_free(struct dkim_txt *t)
{
	for (unsigned i = 0; i < ARRAY_SIZE(t->text); i++)
		freep(&t->text[i]);
	*t = (struct dkim_txt){ .n = 0 };
}

int dkim_dns_txt(struct dkim_link *l, const char *name, bool recurse, struct dkim_txt *ret, struct err *e)
{
	_cleanup_(packet_clear) ldns_pkt *answer = NULL;
	_cleanup_(records_clear) ldns_rr_list *list = NULL;
	uint16_t id = 0;

	*ret = (struct dkim_txt){ .n = 0 };
	int r = send_question(l, name, recurse, &id, e);
	if (r == 0)
		r = read_answer(l, name, id, &answer, e);
	if (r < 0)
		return r;
	ldns_pkt_rcode code = ldns_pkt_get_rcode(answer);

	if (code != LDNS_RCODE_NOERROR && code != LDNS_RCODE_NXDOMAIN) {
		_cleanup_(freep) char *word = ldns_pkt_rcode2str(code);

		return err_set(e, ERR_NET, "asked for '%.150s' the server answers %s, which says nothing", name,
			       word ? word : "an unknown code");
	}
	ret->authority = ldns_pkt_aa(answer);
	list = ldns_pkt_rr_list_by_type(answer, LDNS_RR_TYPE_TXT, LDNS_SECTION_ANSWER);
	for (size_t i = 0; list && i < ldns_rr_list_rr_count(list) && ret->n < ARRAY_SIZE(ret->text); i++) {
		ret->text[ret->n++] = text_of(ldns_rr_list_rr(list, i));
		ret->ttl_s = ldns_rr_ttl(ldns_rr_list_rr(list, i));
	}
	return 0;
}
