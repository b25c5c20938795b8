/*
 * A public tree of 1,000 files with 2,000 lookups: 500 classes, as many templates, 100 node blocks for 100 hosts that
 * each have 20 of the classes. Read in under 300 ms; the catalogues of all hosts are told apart from that.
 */
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "puppet/feed.h"
#include <stdio.h>

#define MODULES 500u
#define HOSTS 100u
#define CLASSES_OF_A_HOST 20u
#define LOOKUPS 2000u
#define READ_GOAL_MS 300.0
#define RUNS 5

static char *texts[2 * MODULES], *paths[2 * MODULES], *site;

static void module(unsigned i)
{
	_cleanup_(buf_free) struct buf pp = BUF_INIT(1 << 20), erb = BUF_INIT(1 << 20);

	(void)buf_printf(&pp, "# Module %u.\nclass m%u (\n  String $user = 'm%u',\n  Integer $port = %u,\n) {\n", i,
			 i, i, i);
	for (unsigned k = 0; k < LOOKUPS / MODULES; k++)
		(void)buf_printf(&pp, "  $password%u = lookup('passwords::m%u::p%u')\n", k, i, k);
	(void)buf_printf(&pp, "  package { 'm%u':\n    ensure => present,\n  }\n\n", i);
	for (unsigned k = 0; k < 6; k++)
		(void)buf_printf(&pp, "  file { '/etc/m%u/%u.conf':\n    ensure  => file,\n    owner   => $user,\n"
				      "    mode    "
			   "=> '0400',\n    content => template('m%u/x.erb'),\n    require => Package['m%u'],\n"
			   "    notify  => Service['m%u'],\n  }\n\n", i, k, i, i, i);
	(void)buf_printf(&pp, "  if $facts['os']['family'] == 'Debian' {\n    service { 'm%u':\n"
			      "      ensure => running,\n"
			 "    }\n  }\n}\n", i);
	for (unsigned k = 0; k < 40; k++)
		(void)buf_printf(&erb, "setting_%u = value of the setting, see /etc/m%u/%u.conf\n", k, i, k);
	for (unsigned k = 0; k < LOOKUPS / MODULES; k++)
		(void)buf_printf(&erb, "<%% if @port > 0 -%%>\npassword_%u = <%%= @password%u %%>\n<%% end -%%>\n", k,
				 k);
	paths[2 * i] = mem_printf("modules/m%u/manifests/init.pp", i);
	texts[2 * i] = mem_dup(buf_text(&pp));
	paths[2 * i + 1] = mem_printf("modules/m%u/templates/x.erb", i);
	texts[2 * i + 1] = mem_dup(buf_text(&erb));
}

static void nodes(void)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);

	for (unsigned h = 0; h < HOSTS; h++) {
		(void)buf_printf(&b, "node 'h%u.example.org' {\n", h);
		for (unsigned k = 0; k < CLASSES_OF_A_HOST; k++)
			(void)buf_printf(&b, "  include m%u\n", (h * 7 + k * 31) % MODULES);
		(void)buf_str(&b, "}\n");
	}
	site = mem_dup(buf_text(&b));
}

static double ms_since(int64_t start)
{
	return (double)(clock_mono_us() - start) / 1000;
}

/* The best of some runs: what the machine does besides is not ours. */
static int run(double *ret_read, double *ret_feed, size_t *ret_bytes)
{
	_cleanup_(manifest_freep) struct manifest *m = manifest_new();
	_cleanup_(feed_freep) struct feed *f = NULL;
	const struct feed_given given = { .n_hosts = 0 };
	int64_t start = clock_mono_us();
	unsigned lookups = 0;
	double ms;

	*ret_bytes = strlen(site);
	manifest_add(m, "puppet", "manifests/site.pp", site, strlen(site));
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		manifest_add(m, "puppet", paths[i], texts[i], strlen(texts[i]));
		*ret_bytes += strlen(texts[i]);
	}
	ms = ms_since(start);
	*ret_read = ms < *ret_read ? ms : *ret_read;
	start = clock_mono_us();
	f = feed_build(m, &given);
	ms = ms_since(start);
	*ret_feed = ms < *ret_feed ? ms : *ret_feed;
	for (uint32_t i = 0; i < m->n_facts; i++)
		lookups += m->facts[i].kind == FACT_LOOKUP;
	if (lookups != LOOKUPS || m->n_gaps || f->n_hosts != HOSTS || f->n_items < HOSTS) {
		(void)printf("%u lookups, %u gaps, %u hosts, %u feeds: not what was made\n", lookups, m->n_gaps,
			     f->n_hosts,
			     f->n_items);
		return 1;
	}
	return 0;
}

int main(void)
{
	double read = 1e9, feed = 1e9;
	size_t bytes = 0;

	for (unsigned i = 0; i < MODULES; i++)
		module(i);
	nodes();
	for (int i = 0; i < RUNS; i++)
		if (run(&read, &feed, &bytes))
			return 1;
	(void)printf("%zu files, %u lookups, %.1f MB: read in %.1f ms (goal %.0f), catalogues of %u hosts in %.1f ms\n",
		     ARRAY_SIZE(texts) + 1, LOOKUPS, (double)bytes / 1e6, read, READ_GOAL_MS, HOSTS, feed);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		free(texts[i]);
		free(paths[i]);
	}
	free(site);
	return read > READ_GOAL_MS;
}
