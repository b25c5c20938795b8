/* The team's own client, run where it always runs. */
#include "base/mem.h"
#include "base/text.h"
#include "issuer/issuer.h"
#include "worker/chore.h"
#include <string.h>

#define SHOWN 400u
enum { DONE_BEFORE = 62, NO_ANSWER = 63, LAY_THERE = 64, CUT_BEFORE = 65 };

/* What a client got is kept before it is told, by the key that it is for: whoever asks again behind a crash gets that
 * one, and not another of the few that an issuer makes for the same names in a week. Public things only; not in a
 * folder that others may write to. */
#define KEPT \
	"home=${HOME:-$(getent passwd \"$(id -u)\" | cut -d: -f6)}\n" \
	"kept=${home:?}/.cache/firebreak-issued\n"

/* The client runs beside the shell that we started, so that it comes to its end when we are killed (who has a deadline
 * kills the group); a second one waits for it. Its folder goes whatever happens. What a client says of a certificate
 * that was revoked before may stand in its log only (certbot). */
static const char in_a_folder[] =
	"set -eu\n"
	"umask 077\n"
	KEPT
	"in=$1 out=$2 key=$3\n"
	"shift 3\n"
	"mkdir -p -- \"$kept\"\n"
	"find \"$kept\" -mindepth 1 -maxdepth 1 -mtime +30 -exec rm -rf -- {} +\n"
	"exec 3<&0\n"
	"(\n"
	"trap '' HUP\n"
	"trap 'exit 61' INT TERM\n"
	"cut=\n"
	"if [ \"$key\" ]; then\n"
	"	exec 9>>\"$kept/$key.begun\"\n"
	"	flock 9\n"
	"	if [ -s \"$kept/$key.pem\" ]; then cat -- \"$kept/$key.pem\"; exit 64; fi\n"
	"	[ ! -s \"$kept/$key.begun\" ] || cut=1\n"
	"	echo begun >&9\n"
	"fi\n"
	"over() { [ -z \"$key\" ] || : >\"$kept/$key.begun\"; }\n"
	"d=$(mktemp -d -- \"$kept/work.XXXXXX\")\n"
	"trap 'rm -rf -- \"$d\"' EXIT\n"
	"cd -- \"$d\"\n"
	"cat >\"$in\"\n"
	"if \"$@\" <\"$in\" >said.out 2>said.err 3<&- 9>&-; then\n"
	"	[ \"$out\" ] || out=said.out\n"
	"	[ -s \"$out\" ] || { over; exit 63; }\n"
	"	[ -z \"$key\" ] || { cp -- \"$out\" kept; sync kept; mv -- kept \"$kept/$key.pem\"; over; }\n"
	"	cat -- \"$out\"\n"
	"	[ -z \"$cut\" ] || exit 65\n"
	"	exit 0\n"
	"fi\n"
	"over\n"
	"cat -- said.out said.err | tail -c 1500 >&2\n"
	"if grep -rqsiE 'already[ _-]?revoked' .; then exit 62; fi\n"
	"exit 61\n"
	") <&3 &\n"
	"wait $!\n";

static const char forgetting[] = "set -eu\n" KEPT "rm -f -- \"$kept/$1.pem\" \"$kept/$1.begun\"\n";

static void add_all(struct strv *to, const char *const *words)
{
	for (size_t i = 0; words[i]; i++)
		strv_add(to, words[i]);
}

/* The team's words for the program, or the client's usual ones; then the client's for this deed, then the team's. */
static int words_of(const struct issuer_job *i, const char *const *deed, const char *more, struct strv *ret,
		    struct err *e)
{
	const json_t *own = json_object_get(i->issuer, "command");
	int r = 0;

	if (json_array_size(own))
		r = chore_words(own, "command", ret, e);
	else
		add_all(ret, i->client->usual);
	if (r < 0)
		return r;
	add_all(ret, deed);
	return more ? chore_words(json_object_get(i->issuer, more), more, ret, e) : 0;
}

void issuer_last_words(const struct proc_result *res, struct buf *ret)
{
	size_t len = res->err.len, from = len > SHOWN ? len - SHOWN : 0;

	/* No client says one; a team's program may. */
	if (len && memmem(res->err.data, len, "PRIVATE KEY", strlen("PRIVATE KEY")))
		(void)buf_str(ret, "withheld: they hold a private key");
	else
		text_visible(ret, buf_text(&res->err) + from, len - from);
	for (char *at; ret->len && (at = strstr(ret->data, "\\n")); ) {
		at[0] = ';';
		at[1] = ' ';
	}
}

static int failed(const struct issuer_job *i, const struct proc_result *res, const char *what, struct err *e)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(8 * SHOWN);

	issuer_last_words(res, &text);
	if (res->status == NO_ANSWER)
		return err_set(e, ERR_REMOTE, "%s on '%s' ended well and left no answer", i->client->title, i->at.host);
	return err_set(e, ERR_REMOTE, "%s on '%s' could not %s (its last words: %.600s)", i->client->title, i->at.host,
		       what, buf_text(&text));
}

static bool is_good(int status)
{
	return status == 0 || status == LAY_THERE || status == CUT_BEFORE;
}

int issuer_run(struct issuer_job *i, enum issuer_deed deed, const char *key, const char *in, struct buf *ret,
	       struct issuer_said *ret_said, struct err *e)
{
	static const struct { const char *file, *more, *what; } deeds[] = {
		[ISSUER_GET] = { "request.csr", "get", "get a certificate" },
		[ISSUER_REVOKE] = { "cert.pem", "revoke", "revoke the old certificate" },
	};
	const char *const *words = deed == ISSUER_GET ? i->client->get : i->client->revoke;
	const char *answer = deed != ISSUER_GET ? "said.err" : i->client->file ? i->client->file : "";
	_cleanup_(strv_free) struct strv argv = STRV_INIT;
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	struct proc_job like = { .input = in, .input_len = strlen(in), .output_max = CERTIFICATE_TEXT_MAX,
				 .limit_ms = chore_left_ms(i->job) };

	add_all(&argv, (const char *const[]){ "sh", "-c", in_a_folder, "sh", deeds[deed].file, answer, key ? key : "",
		NULL });
	int r = words_of(i, words, deeds[deed].more, &argv, e);
	if (r < 0)
		return r;
	like.argv = (const char *const *)argv.s;
	*ret_said = (struct issuer_said){ .again = false };
	chore_changing(i->job);
	r = chore_ask(i->job, &i->at, &like, &res, e);
	if (r < 0)
		return err_wrap(e, "%s on '%s'", i->client->title, i->at.host);
	if (res.timed_out)
		return chore_too_late(i->job, &i->at, deeds[deed].what, e);
	/* Nothing but a success is an answer of a revocation; certbot says nothing then. */
	if (deed == ISSUER_REVOKE && res.status == NO_ANSWER)
		return 0;
	ret_said->again = res.status == DONE_BEFORE && deed == ISSUER_REVOKE;
	ret_said->lay_there = res.status == LAY_THERE;
	ret_said->cut_before = res.status == CUT_BEFORE;
	if (!is_good(res.status))
		return failed(i, &res, deeds[deed].what, e);
	return buf_add(ret, res.out.data, res.out.len) < 0 ? err_set(e, ERR_LIMIT, "the answer is too long") : 0;
}

int issuer_forget(struct issuer_job *i, const char *key, struct err *e)
{
	_cleanup_(strv_free) struct strv argv = STRV_INIT;
	_cleanup_(proc_result_free) struct proc_result res = { 0 };

	add_all(&argv, (const char *const[]){ "sh", "-c", forgetting, "sh", key, NULL });
	int r = chore_run(i->job, &i->at, &argv, NULL, &res, e);

	if (r == 0 && (res.status != 0 || res.timed_out))
		r = failed(i, &res, "forget what it kept", e);
	return r;
}

int issuer_file(struct issuer_job *i, const char *what, const char *file, struct buf *ret, struct err *e)
{
	_cleanup_(strv_free) struct strv argv = STRV_INIT;
	_cleanup_(proc_result_free) struct proc_result res = { 0 };

	add_all(&argv, (const char *const[]){ "cat", "--", file, NULL });
	int r = chore_run(i->job, &i->at, &argv, NULL, &res, e);

	if (r == 0 && (res.status != 0 || res.timed_out))
		r = err_set(e, ERR_NET, "%s, '%s' on '%s', cannot be read", what, file, i->at.host);
	if (r < 0)
		return r;
	return buf_add(ret, res.out.data, res.out.len) < 0
		? err_set(e, ERR_LIMIT, "%s, '%s' on '%s', is too long", what, file, i->at.host) : 0;
}

static const char list_name[] = "the list of what is revoked";

int issuer_list(struct issuer_job *i, struct buf *ret, struct err *e)
{
	const char *file = json_str(i->issuer, "crl");
	_cleanup_(strv_free) struct strv argv = STRV_INIT;
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	int r = 0;

	if (!file)
		return 0;
	if (!*i->client->list)
		return issuer_file(i, list_name, file, ret, e);
	r = words_of(i, i->client->list, NULL, &argv, e);
	if (r < 0)
		return r;
	strv_add(&argv, "-out");
	strv_add(&argv, file);
	r = chore_run(i->job, &i->at, &argv, NULL, &res, e);
	if (r == 0 && (res.status != 0 || res.timed_out))
		r = failed(i, &res, "write its list of what is revoked", e);
	return r < 0 ? r : issuer_file(i, list_name, file, ret, e);
}
