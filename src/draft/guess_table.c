#include "draft/guess.h"

/* A word of up to three letters is a whole part of the name; one of four begins or ends one; a longer one may stand
 * anywhere in it: 'db' is not in 'feedback', 'salt' is in 'saltmaster', 'redis' is in 'jobredis2'. */

const struct guess_system_fact guess_facts[] = {
	{ "servers", "Servers", "Servers" },
	{ "bacula", "Bacula", "Bacula" },
	{ "grafana", "Grafana", "Grafana" },
	{ "glusterfs", "GlusterFS", "GlusterFS" },
	{ "icinga2", "Icinga2", "Icinga2" },
	{ "icingaweb2", "Icingaweb2", "Icingaweb2" },
	{ "irc", "IRC", "IRC" },
	{ "mail", "Mail", "Mail" },
	{ "mariadb", "MariaDB", "MariaDB - passwords" },
	{ "mediawiki", "MediaWiki", "MediaWiki" },
	{ "postgresql", "PostgreSQL", "PostgreSQL" },
	{ "puppetdb", "PuppetDB", "PuppetDB" },
	{ "redis", "Redis", "Redis" },
	{ "roundcube", "Roundcubemail", "Roundcubemail" },
	{ "salt", "Salt", "Salt (Private Keys)" },
	{ "tls", "SSL private keys", "SSL Private Keys" },
	{ "ldap", "LDAP", NULL },
	{ "mailman", "Mailman", NULL },
	{ "matomo", "Matomo", NULL },
	{ "graylog", "Graylog", NULL },
	{ "phabricator", "Phabricator", NULL },
	{ "geoip", "GeoIP", NULL },
	{ "swift", "Swift", NULL },
	{ "unsorted", "What has no system yet", NULL },
	{ NULL, NULL, NULL },
};

/* What names one product comes before what many have: 'roundcubemail' is no mail server, 'ldap' of Matomo is LDAP. */
const struct guess_row guess_systems[] = {
	{ "ldap", "ldap" },
	{ "mailman", "mailman" },
	{ "roundcube", "roundcube" },
	{ "icingaweb", "icingaweb2" },
	{ "icinga", "icinga2" },
	{ "grafana", "grafana" },
	{ "bacula", "bacula" },
	{ "gluster", "glusterfs" },
	{ "graylog", "graylog" },
	{ "puppetdb", "puppetdb" },
	{ "phabricator", "phabricator" },
	{ "phorge", "phabricator" },
	{ "geoip", "geoip" },
	{ "irc", "irc" },
	{ "mediawiki", "mediawiki" },
	{ "recaptcha", "mediawiki" },
	{ "matomo", "matomo" },
	{ "piwik", "matomo" },
	{ "redis", "redis" },
	{ "salt user", "salt" },
	{ "salt ssh", "salt" },
	{ "salt master", "salt" },
	{ "swift", "swift" },
	{ "dkim", "mail" },
	{ "postfix", "mail" },
	{ "dovecot", "mail" },
	{ "noreply", "mail" },
	{ "smtp", "mail" },
	{ "mail", "mail" },
	{ "acme", "tls" },
	{ "letsencrypt", "tls" },
	{ "certbot", "tls" },
	{ "wildcard", "tls" },
	{ "postgres", "postgresql" },
	{ "pgsql", "postgresql" },
	{ "mariadb", "mariadb" },
	{ "mysql", "mariadb" },
	{ "dbbackup", "mariadb" },
	{ "db", "mariadb" },
	{ "wiki", "mediawiki" },
	{ NULL, NULL },
};

const struct guess_row guess_kinds[] = {
	{ "redis", "redis-password" },
	{ "webhook", "api-token" },
	{ "token", "api-token" },
	{ "apikey", "api-token" },
	{ "api key", "api-token" },
	{ "recaptcha", "api-token" },
	{ "licence", "api-token" },
	{ "license", "api-token" },
	{ "geoip", "api-token" },
	{ "access key", "api-token" },
	{ "ldap", "ldap-password" },
	{ "irc", "irc-password" },
	{ "puppetdb", "postgresql-password" },
	{ "postgres", "postgresql-password" },
	{ "pgsql", "postgresql-password" },
	{ "secretkey", "shared-secret" },
	{ "secret key", "shared-secret" },
	{ "upgradekey", "shared-secret" },
	{ "des key", "shared-secret" },
	{ "salt", "shared-secret" },
	{ "secret", "shared-secret" },
	{ "sha2", "shared-secret" },
	{ "sha256", "shared-secret" },
	{ "bacula", "shared-secret" },
	{ "noreply", "mail-password" },
	{ "smtp", "mail-password" },
	{ "imap", "mail-password" },
	{ "wiki bot", "wiki-account-password" },
	{ "logbot", "wiki-account-password" },
	{ "mysql", "mariadb-password" },
	{ "mariadb", "mariadb-password" },
	{ "db", "mariadb-password" },
	{ "database", "mariadb-password" },
	{ "mail password", "mail-password" },
	{ NULL, NULL },
};

/* Names of units, whole. */
const struct guess_row guess_services[] = {
	{ "redis-server", "redis" }, { "redis", "redis" }, { "mariadb", "mariadb" }, { "mysql", "mariadb" },
	{ "mysqld", "mariadb" }, { "postgresql", "postgresql" }, { "puppetdb", "puppetdb" }, { "slapd", "ldap" },
	{ "bacula-director", "bacula" }, { "bacula-dir", "bacula" }, { "bacula-sd", "bacula" },
	{ "bacula-fd", "bacula" },
	{ "grafana-server", "grafana" }, { "grafana", "grafana" }, { "icinga2", "icinga2" },
	{ "glusterd", "glusterfs" },
	{ "postfix", "mail" }, { "dovecot", "mail" }, { "opendkim", "mail" }, { "graylog-server", "graylog" },
	{ "nginx", "tls" }, { "apache2", "tls" }, { "haproxy", "tls" }, { "salt-master", "salt" },
	{ "phd", "phabricator" }, { "ircecho", "irc" }, { "logbot", "irc" }, { "mailman3", "mailman" },
	{ NULL, NULL },
};

/* A part of a path on a host. */
const struct guess_row guess_paths[] = {
	{ "mediawiki", "mediawiki" }, { "icingaweb", "icingaweb2" }, { "icinga", "icinga2" },
	{ "roundcube", "roundcube" },
	{ "matomo", "matomo" }, { "grafana", "grafana" }, { "graylog", "graylog" }, { "bacula", "bacula" },
	{ "redis", "redis" }, { "puppetdb", "puppetdb" }, { "postgresql", "postgresql" }, { "opendkim", "mail" },
	{ "postfix", "mail" }, { "dovecot", "mail" }, { "gluster", "glusterfs" }, { "phabricator", "phabricator" },
	{ "mailman", "mailman" }, { "mysql", "mariadb" }, { "mariadb", "mariadb" }, { "ldap", "ldap" },
	{ "salt", "salt" }, { NULL, NULL },
};

const struct guess_row guess_path_kinds[] = {
	{ "opendkim", "dkim-key" }, { "dkim", "dkim-key" }, { "sql", "mariadb-password" },
	{ "mysql", "mariadb-password" },
	{ "redis", "redis-password" }, { "ldap", "ldap-password" }, { NULL, NULL },
};

const char *const guess_secret_words[] = {
	"password", "passwd", "passphrase", "passwort", "pass", "pwd", "pw", "secret", "key", "keys", "token", "salt",
	"credential", "private", "webhook", "licence", "license", "apikey", "auth", "dsn", "hash", "sha2", "rootpw",
	"psk", "otp", "totp", "cookie", "signing", NULL,
};

const char *const guess_data_words[] = {
	"phone", "phones", "oncall", "address", "addresses", "network", "networks", "subnet", "subnets", "firewall",
	"ipv4", "ipv6", "blocked", "block", "blocklist", "allowlist", "denylist", "country", "geoip", "hosts", "host",
	"port", "ports", "users", "user", "username", "mail", "email", "domain", "domains", "enabled", "version",
	"timeout",
	"limit", "interval", "level", "uid", "gid", "comment", "title", "contact", "contacts", "members", "city", NULL,
};

/* Say nothing in a name. */
const char *const guess_dull_words[] = {
	"passwords", "profile", "private", "files", "hieradata", "common", "role", "modules", "secrets", NULL,
};

const char *const guess_data_suffixes[] = {
	".mmdb", ".deb", ".rpm", ".gz", ".tgz", ".xz", ".bz2", ".zst", ".zip", ".png", ".jpg", ".svg", ".ico", ".csv",
	".builder", NULL,
};

const char *const guess_public_files[] = {
	"README", "README.md", "README.txt", "LICENSE", "COPYING", "CHANGELOG", "CHANGELOG.md", ".gitignore",
	".gitattributes", ".editorconfig", "CODEOWNERS",
	"hiera.yaml", NULL,
};
