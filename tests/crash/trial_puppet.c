/* The farm's configuration by real Puppet: a push deploys the private data, as on a real Puppet server. */
#include "trial.h"
#include "base/mem.h"
#include "base/strv.h"

#define SITE \
	"File { ensure => file, mode => '0600', show_diff => false }\n" \
	"file { '%1$s/host/app.conf': content => \"password=${lookup('app')}\\n\" }\n" \
	"-> exec { 'the middle': command => '/bin/true', unless => '%1$s/bin/middle' }\n" \
	"-> file { '%1$s/host/server.conf': content => \"password=${lookup('app')}\\n\" }\n"

#define HIERARCHY \
	"version: 5\n" \
	"hierarchy:\n" \
	"  - {name: private, datadir: '%s/deployed/hieradata', path: common.yaml}\n"

#define HOOK \
	"#!/bin/sh\n" \
	"exec git --git-dir='%1$s/remote.git' --work-tree='%1$s/deployed' checkout -q -f main\n"

int trial_puppet_make(struct trial *t)
{
	_cleanup_(freep) char *site = mem_printf(SITE, t->folder), *hierarchy = mem_printf(HIERARCHY, t->folder),
			      *hook = mem_printf(HOOK, t->folder);

	if (trial_sh(t, "mkdir -p deployed puppet code/environments/production/manifests\n"
		     "cp '%s/firebreak-crash-middle' bin/middle\n"
		     "git --git-dir=remote.git --work-tree=deployed checkout -q -f main", trial_programs()) != 0)
		return -1;
	return trial_put(t, "code/environments/production/manifests/site.pp", 0600, site) < 0 ||
	       trial_put(t, "code/environments/production/hiera.yaml", 0600, hierarchy) < 0 ||
	       trial_put(t, "remote.git/hooks/post-receive", 0700, hook) < 0 ? -1 : 0;
}

/* Debian's Puppet keeps ssldir outside of confdir and vardir, so each folder is named. */
char *trial_puppet_configuration(const struct trial *t)
{
	static const char *const folders[] = { "ssldir", "confdir", "vardir", "publicdir", "rundir", "logdir" };
	_cleanup_(buf_free) struct buf b = BUF_INIT(8192);

	buf_str(&b, "{apply: puppet-apply, options: [");
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		buf_printf(&b, "--%s, %s/puppet/%s, ", folders[i], t->folder, folders[i]);
	buf_printf(&b, "--environmentpath, %1$s/code/environments, --environment, production, --certname, box, "
		   "%1$s/code/environments/production/manifests/site.pp]}", t->folder);
	return buf_take(&b);
}
