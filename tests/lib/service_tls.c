/*
 * nginx with a certificate of a CA in files. The private half lies in one git repository and the certificate in
 * another; a push to the second brings both to the server, as the hooks and Puppet of a team do. Values are private
 * keys in PEM, RSA and EC in turn, since one server can show one of each.
 */
#include "service.h"
#include "base/fs.h"
#include "base/keypair.h"
#include "base/mem.h"
#include "base/proc.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char kit[] =
	"#!/bin/bash\n"
	"set -eu\n"
	"export PATH=/usr/sbin:/usr/bin:/sbin:/bin GIT_AUTHOR_NAME=Ada GIT_AUTHOR_EMAIL=ada@example.org\n"
	"export GIT_COMMITTER_NAME=Ada GIT_COMMITTER_EMAIL=ada@example.org\n"
	"unset GIT_DIR\n"
	"cd \"$(dirname \"$(readlink -f \"$0\")\")\"\n"
	"port=$(cat port)\n"
	"init() {\n"
	"	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout ca.key \\\n"
	"		-out ca.pem -subj '/CN=house'\n"
	"	for r in keys ssl; do\n"
	"		git init -q --bare -b main $r.git\n"
	"		git clone -q $r.git $r\n"
	"		git -C $r checkout -q -b main\n"
	"	done\n"
	"	printf '#!/bin/sh\\nexec ../kit deploy\\n' >ssl.git/hooks/post-receive\n"
	"	chmod 755 ssl.git/hooks/post-receive\n"
	"}\n"
	"sign() {\n"
	"	cat >$$.csr\n"
	"	openssl x509 -req -in $$.csr -CA ca.pem -CAkey ca.key -days 2 -copy_extensions copy \\\n"
	"		-set_serial $RANDOM$RANDOM -out $$.crt\n"
	"	cat $$.crt\n"
	"	rm $$.csr $$.crt\n"
	"}\n"
	"push() {\n"
	"	git -C $1 fetch -q origin\n"
	"	[ -z \"$(git -C $1 branch -r)\" ] || git -C $1 reset -q --hard origin/main\n"
	"	cp $2 $1/$3\n"
	"	git -C $1 add -A\n"
	"	git -C $1 commit -q --allow-empty -m set\n"
	"	git -C $1 push -q origin HEAD:main\n"
	"}\n"
	"configure() {\n"
	"	echo \"pid $PWD/pid; worker_processes 1; error_log stderr info; events { worker_connections 64; }\"\n"
	"	echo \"http { access_log off; client_body_temp_path $PWD/t1; proxy_temp_path $PWD/t2;\"\n"
	"	echo \"fastcgi_temp_path $PWD/t3; uwsgi_temp_path $PWD/t4; scgi_temp_path $PWD/t5;\"\n"
	"	echo \"server { listen 127.0.0.1:$port ssl;\"\n"
	"	for n in \"$@\"; do echo \"ssl_certificate $PWD/$n.crt; ssl_certificate_key $PWD/$n.key;\"; done\n"
	"	echo '} }'\n"
	"}\n"
	/* Workers of before take connections until they have gone. */
	"use() {\n"
	"	chmod 644 *.key *.crt\n"
	"	configure \"$@\" >nginx.new\n"
	"	mv nginx.new nginx.conf\n"
	"	[ -s pid ] && kill -0 \"$(cat pid)\" || return 0\n"
	"	old=$(pgrep -P \"$(cat pid)\" || true)\n"
	"	kill -HUP \"$(cat pid)\"\n"
	"	for ((i = 0; i < 400; i++)); do\n"
	"		now=$(pgrep -P \"$(cat pid)\" || true)\n"
	"		[ -z \"$now\" ] || grep -qFx \"$old\" <<<\"$now\" || return 0\n"
	"		sleep 0.02\n"
	"	done\n"
	"	return 1\n"
	"}\n"
	"deploy() {\n"
	"	[ ! -e quiet ] || return 0\n"
	"	git --git-dir=keys.git show main:web.key >1.key\n"
	"	git --git-dir=ssl.git show main:web.crt >1.crt\n"
	"	use 1\n"
	"}\n"
	"given() {\n"
	"	openssl req -new -key $1.key -subj /CN=www.lab -addext subjectAltName=DNS:www.lab | sign >$1.new\n"
	"	mv $1.new $1.crt\n"
	"}\n"
	"set_() {\n"
	"	for n in \"$@\"; do given $n; done\n"
	"	touch quiet\n"
	"	push keys 1.key web.key\n"
	"	push ssl 1.crt web.crt\n"
	"	rm quiet\n"
	"	use \"$@\"\n"
	"}\n"
	"serves() {\n"
	"	openssl pkey -in asked.key -pubout -out asked.pub\n"
	"	for algorithms in RSA-PSS+SHA256:RSA+SHA256 ECDSA+SHA256; do\n"
	"		timeout 5 openssl s_client -connect 127.0.0.1:$port -sigalgs $algorithms </dev/null \\\n"
	"			2>/dev/null | openssl x509 -noout -pubkey 2>/dev/null >shown.pub || continue\n"
	"		! cmp -s shown.pub asked.pub || return 0\n"
	"	done\n"
	"	return 1\n"
	"}\n"
	"\"$@\"\n";

static int run(const struct service *s, const char *const *argv)
{
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	struct err e = ERR_INIT;

	if (proc_run(&(struct proc_job){ .argv = argv, .cwd = s->folder, .limit_ms = 60000 }, &res, &e) < 0)
		return -1;
	if (res.status != 0 && strcmp(argv[1], "serves") != 0)
		fprintf(stderr, "service tls: %s: %s\n", argv[1], buf_text(&res.err));
	return res.status == 0 ? 0 : -1;
}

#define KIT(s, ...) run(s, (const char *const[]){ "./kit", __VA_ARGS__, NULL })

static int put(const struct service *s, const char *name, const char *text, mode_t mode)
{
	_cleanup_(freep) char *path = fs_join(s->folder, name);
	struct err e = ERR_INIT;

	return fs_write_atomic(path, text, strlen(text), mode, &e);
}

static int copy(const char *bytes, size_t len, void *arg)
{
	struct buf *b = arg;

	return buf_add(b, bytes, len);
}

static int value(char *ret, size_t size)
{
	static unsigned made;
	struct secret *s = NULL;
	struct err e = ERR_INIT;
	struct buf text = BUF_INIT(size - 1);
	int r = secret_init(&e);

	if (r == 0)
		r = keypair_make(made++ % 2 ? KEYPAIR_EC_P256 : KEYPAIR_RSA_2048, &s, &e);
	if (r == 0)
		r = secret_with(s, copy, &text);
	if (r == 0)
		(void) snprintf(ret, size, "%s", buf_text(&text));
	secret_free(s);
	buf_free(&text);
	return r;
}

static bool login(struct service *s, const char *user, const char *password)
{
	(void)user;
	return put(s, "asked.key", password, 0600) == 0 && KIT(s, "serves") == 0;
}

static int set(struct service *s, const char *first, const char *second)
{
	if (put(s, "1.key", first, 0644) < 0 || (second && put(s, "2.key", second, 0644) < 0))
		return -1;
	return second ? KIT(s, "set_", "1", "2") : KIT(s, "set_", "1");
}

static bool ready(struct service *s)
{
	return KIT(s, "serves") == 0;
}

static void stop(struct service *s)
{
	service_kill(s);
}

static int start(struct service *s, const char *password)
{
	char port[8];

	*s = (struct service){ .kind = &service_tls, .port = service_free_port(), .admin_user = "nobody" };
	service_password(s->admin_password);
	(void) snprintf(s->address, sizeof(s->address), "127.0.0.1:%u", s->port);
	(void) snprintf(port, sizeof(port), "%u", s->port);
	/* what an issuer gave is kept below the home of who runs its client */
	if (service_folder(s, "tls") < 0 || setenv("HOME", s->folder, 1) < 0)
		return -1;
	(void) snprintf(s->half, sizeof(s->half),
			"{\"repositories\":[{\"name\":\"ssl\",\"url\":\"%.90s/ssl.git\",\"branch\":\"main\","
			"\"clone\":\"%.90s/clone1\"},{\"name\":\"keys\",\"url\":\"%.90s/keys.git\",\"branch\":"
			"\"main\",\"clone\":\"%.90s/clone2\"}],\"places\":[{\"repository\":\"ssl\",\"file\":"
			"\"web.crt\"}],\"key\":[{\"repository\":\"keys\",\"file\":\"web.key\"}],\"half\":"
			"{\"format\":\"certificate\"},\"issuer\":{\"client\":\"command\",\"get\":"
			"[\"%.90s/kit\",\"sign\"],\"revoke\":[\"true\"],\"names\":[\"www.lab\"]}}",
			s->folder, s->folder, s->folder, s->folder, s->folder);
	/* Its own master is of a user without rights, and everything it reads is open below a folder that is not. */
	if (put(s, "kit", kit, 0755) == 0 && put(s, "port", port, 0644) == 0 &&
	    put(s, "asked.key", password, 0600) == 0 && KIT(s, "init") == 0 && set(s, password, NULL) == 0 &&
	    service_spawn(s, (const char *const[]){ "nginx", "-e", "stderr", "-c", "nginx.conf", "-p", s->folder, "-g",
			  "daemon off;", NULL }, ready) == 0)
		return 0;
	stop(s);
	return -1;
}

static int pause_(struct service *s)
{
	return kill(-s->pid, SIGSTOP);
}

static int resume(struct service *s)
{
	return kill(-s->pid, SIGCONT);
}

static bool logged(struct service *s, const char *text)
{
	_cleanup_(freep) char *path = fs_join(s->folder, "log");

	return service_file_has(path, text);
}

const struct service_kind service_tls = {
	.driver = "tls", .start = start, .stop = stop, .pause = pause_, .resume = resume, .login = login, .set = set,
	.logged = logged, .value = value,
};
