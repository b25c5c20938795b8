#include "farm.h"
#include "base/mem.h"
#include "scratch.h"

static const char hiera[] =
	"version: 5\ndefaults: { data_hash: yaml_data }\nhierarchy:\n"
	"  - { name: private, datadir: '%s/private/hieradata', path: common.yaml }\n";

static const char site[] =
	"class app(String $db_user = 'app', Sensitive[String] $db_password) {\n"
	"  file { '%s/app.conf': mode => '0600', show_diff => false,\n"
	"    content => Sensitive(\"user=${db_user}\\npassword=${db_password.unwrap}\\n\") }\n"
	"}\ninclude app\n";

void farm_site(const char *more)
{
	_cleanup_(freep) char *line = mem_printf("%s/code/environments/production/manifests/site.pp", scratch);
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 16);

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	(void)buf_printf(&b, site, scratch);
#pragma GCC diagnostic pop
	(void)buf_str(&b, more);
	put_file("code/environments/production/manifests/site.pp", buf_text(&b));
}

void farm_make(const char *old)
{
	_cleanup_(freep) char *hook = mem_printf("#!/bin/sh\nunset GIT_DIR\ngit --git-dir=%s/remote.git "
						 "--work-tree=%s/private checkout -q -f main\n", scratch, scratch);
	_cleanup_(freep) char *data = mem_printf("lookup_options: { '^app::.*password$': { convert_to: Sensitive } }\n"
						 "# the database of the app\n" FARM_KEY ": '%s'\n", old);
	_cleanup_(buf_free) struct buf levels = BUF_INIT(1 << 16);

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	(void)buf_printf(&levels, hiera, scratch);
#pragma GCC diagnostic pop
	must_sh("git init -q --bare -b main remote.git && mkdir private && git clone -q remote.git person 2>&1 && cd "
		"person && git config user.name Ada && git config user.email ada@example.org && git checkout -q -b "
		"main && mkdir hieradata && mkdir -p ../code/environments/production/manifests");
	put_file("remote.git/hooks/post-receive", hook);
	must_sh("chmod 755 remote.git/hooks/post-receive");
	put_file("person/hieradata/common.yaml", data);
	put_file("code/environments/production/hiera.yaml", buf_text(&levels));
	put_file("code/environments/production/environment.conf", "environment_timeout = 0\n");
	farm_site("");
	must_sh("cd person && git add -A && git commit -qm first && git push -q origin main && test -s "
		"../private/hieradata/common.yaml");
}
