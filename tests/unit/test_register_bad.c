/* Everything that a register is refused for, with the exact text: what is wrong, what is expected, a hint. */
#include "register_help.h"
#include "base/buf.h"

static const struct { const char *text, *problem; } cases[] = {
	{ "channels: {m: {kind: mastodon, to: all, server: 'https://s.example', secret: redis/a}}\n"
	  "people: {eve: {name: E, channels: [m]}}\nsecrets: {redis/a: {kind: k}}",
	  "2:10: channel 'm' is of kind 'mastodon': it tells everybody, by `firebreak notice external` only" },
	{ "secrets: {redis/a: {kind: k, make: rsa-2049}}",
	  "1:36: 'make' is wrong: no key of kind 'rsa-2049' is made (did you mean 'rsa-2048'?)" },
	{ "secrets: {redis/a: {kind: k, public_halves: [{repository: dns, file: f, what: w, format: dkim-zon}]}}",
	  "1:90: no format of a public half is called 'dkim-zon' (did you mean 'dkim-zone'?)" },
	{ "secrets: {redis/a: {kind: k, public_halves: [{repository: dns, file: f, what: w, format: dkim-zone}]}}",
	  "1:46: format 'dkim-zone' needs the option 'domain'" },
	{ "secrets: {redis/a: {kind: k, public_halves: [{repository: dns, file: f, what: w, format: certificate, "
	  "options: {list: l.yaml}}]}}",
	  "1:46: format 'certificate': the options 'list' and 'entry' stand together" },
	{ "secrets: {redis/a: {kind: k, public_halves: [{repository: dns, file: f, what: w, format: certificate, "
	  "options: {entry: a}}]}}",
	  "1:46: format 'certificate': the options 'list' and 'entry' stand together" },
	{ "secrets: {redis/a: {kind: k, public_halves: [{repository: dns, file: f, what: w, format: dkim-zone, "
	  "options: {domain: x, tll: 3}}]}}",
	  "1:122: format 'dkim-zone' has no option 'tll' (did you mean 'ttl'?)" },
	{ "secrets: {redis/a: {kind: k, public_halves: [{repository: dns, file: f, what: w, check: [x]}]}}",
	  "1:46: 'options' and 'check' are for a public half with a 'format': who writes it otherwise is a person" },
	{ "secrets: {redis/a: {kind: k, public_halves: [{repository: dns, file: f, what: w}, {repository: dns, "
	  "file: f, what: v}]}}",
	  "1:83: a public half with this 'repository', 'file' and 'format' stands at 1:46 already" },
	{ "publish: {wiki: meta}", "1:10: 'publish' has 'wiki' and no 'page': a report needs both to be published" },
	{ "publish: {wiki: meta, page: 'x{number}'}", "1:10: no wiki is called 'meta'" },
	{ "publish: {page: 'x', wiki: m}",
	  "1:17: 'page' is wrong: expected a page's title with {number} in it (and {date}, when you like), without "
	  "[]{}|#<>" },
	{ "publish: {page: '{{number}}', wiki: m}",
	  "1:17: 'page' is wrong: expected a page's title with {number} in it (and {date}, when you like), without "
	  "[]{}|#<>" },
	{ "wikis: {m: {api: 'http://meta.example.org/w/api.php', user: 'F@r', secret: redis/a}}",
	  "1:18: 'api' is wrong: expected the https address of a wiki's api.php, without user and password" },
	{ "wikis: {m: {api: 'https://meta.example.org/w/index.php', user: 'F@r', secret: redis/a}}",
	  "1:18: 'api' is wrong: expected the https address of a wiki's api.php, without user and password" },
	{ "wikis: {m: {api: 'http://localhost.evil.example/w/api.php', user: 'F@r', secret: redis/a}}",
	  "1:18: 'api' is wrong: expected the https address of a wiki's api.php, without user and password" },
	{ "wikis: {m: {api: 'https://meta.example.org/w/api.php', user: Firebreak, secret: redis/a}}",
	  "1:62: 'user' is wrong: expected the login name of a bot password, like 'Firebreak@reports' "
	  "(Special:BotPasswords makes it)" },
	{ "people: {bob: {name: B, ssh: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO0vr1pPPe1bEqYxZBvWE3hRjGUxGcJ5QmU '}}",
	  "1:30: 'ssh' is wrong: expected a public key of OpenSSH, kind and base64 ('ssh-ed25519 AAAA...'), without "
	  "options and comment" },
	{ "people: {bob: {name: B, ssh: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO0vr1pPPe1bEqYxZBvWE3hRjGUxGcJ5QmU'}, "
	  "eve: {name: E, ssh: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO0vr1pPPe1bEqYxZBvWE3hRjGUxGcJ5QmU'}}",
	  "1:106: person 'eve' has the ssh key of 'bob': a key is one person's" },
	{ "users: {Alice: }", "1:9: 'Alice' is no name of a user: expected the name of an account on hosts: a-z, 0-9, "
			      "'_', '.' "
	  "and '-', at most 32, beginning with a letter or '_'" },
	{ "users: {-oProxyCommand: }", "1:9: '-oProxyCommand' is no name of a user: expected the name of an account "
				       "on hosts: "
	  "a-z, 0-9, '_', '.' and '-', at most 32, beginning with a letter or '_'" },
	{ "users: {eve: {keys: [{}]}}", "1:22: a key needs either 'key', the public key, or 'fingerprint'" },
	{ "users: {eve: {keys: [{fingerprint: 'MD5:aa:bb'}]}}",
	  "1:36: 'fingerprint' is wrong: expected a fingerprint as ssh-keygen -l shows it ('SHA256:...', 43 "
	  "characters)" },
	{ "users: {eve: {keys: [{key: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO0vr1pPPe1bEqYxZBvWE3hRjGUxGcJ5QmUA='}]}}",
	  "1:22: 'key' is wrong: its base64 is no public key of OpenSSH" },
	{ "users: {eve: {person: alic}}", "1:23: no person is called 'alic' (did you mean 'alice'?)" },
	{ "users: {eve: {evict: delete}}", "1:22: 'evict' cannot be 'delete' (known: 'lock', 'remove')" },
	{ "users: {eve: {hosts: [db12]}}", "1:23: no host or group is called 'db12' (did you mean 'db11'?)" },
	{ "users: {eve: }\nsecrets: {redis/a: {kind: k}}\nusers_data: {repository: puppet, file: x, people: a}",
	  "3:26: no repository is called 'puppet' (known: 'private', 'dns')" },
	{ "users_data: {repository: dns, file: ../x, people: a}",
	  "1:37: 'file' is wrong: expected a file's path inside the repository, without '..' and not beginning with "
	  "'/' or "
	  "'-'" },
	{ "puppet: {server: db12}", "1:18: no host is called 'db12' (did you mean 'db11'?)" },
	{ "puppet: {server: db11, database: db12}", "1:34: no host is called 'db12' (did you mean 'db11'?)" },
	{ "puppet: {config: /etc/puppet/puppet.conf}", "1:9: 'puppet' has no 'server', which it needs" },
	{ "puppet: {server: db11, config: puppet.conf}",
	  "1:32: 'config' is wrong: expected a path that begins with '/', without '..'" },
	{ "issuers: {x: {client: certbott}}",
	  "1:23: no client of an issuer is called 'certbott' (did you mean 'certbot'?)" },
	{ "issuers: {x: {host: web}}", "1:14: issuer 'x' has no 'client', which it needs" },
	{ "issuers: {x: {client: command, get: [a]}}",
	  "1:14: issuer 'x': client 'command' needs 'get' and 'revoke', programs with their words" },
	{ "issuers: {x: {client: command, get: [a], revoke: [b], command: [c]}}",
	  "1:14: issuer 'x': 'command' is for the other clients: 'get' and 'revoke' are whole programs here" },
	{ "issuers: {x: {client: uacme, status: 'http://ca.example/{serial}'}}",
	  "1:38: 'status' is wrong: expected an https address with {serial} in it" },
	{ "issuers: {x: {client: uacme, status: 'https://ca.example/status'}}",
	  "1:38: 'status' is wrong: expected an https address with {serial} in it" },
	{ "issuers: {x: {client: uacme, host: db12}}", "1:36: no host is called 'db12' (did you mean 'db11'?)" },
	{ "issuers: {x: {client: openssl, crl: crl.pem}}",
	  "1:37: 'crl' is wrong: expected a path that begins with '/', without '..'" },
	{ "issuers:\n  x:\n    client: certbot\n    archive: [/etc/a, b]",
	  "4:23: 'b' is wrong: expected a path that begins with '/', without '..'" },
	{ "issuers: {x: {client: certbot, archive: []}}",
	  "1:41: 'archive' is an empty list: fill it, or leave the key away" },
	{ "issuers: {x: {client: certbot, archives: [/etc/a]}}",
	  "1:32: unknown key 'archives' in issuer 'x' (did you mean 'archive'?)" },
	{ "secrets: {redis/a: {kind: k, public_halves: [{repository: dns, file: f, what: w, format: certificate}]}}",
	  "1:46: format 'certificate' needs 'issuer': who makes it for a new key (section 'issuers')" },
	{ "secrets: {redis/a: {kind: k, public_halves: [{repository: dns, file: f, what: w, issuer: x}]}}",
	  "1:46: 'issuer' and 'names' are for a public half that an issuer makes (format 'certificate')" },
	{ "secrets: {redis/a: {kind: k, public_halves: [{repository: dns, file: f, what: w, format: certificate, "
	  "issuer: nobody}]}}", "1:111: no issuer is called 'nobody'" },
	{ "issuers: {x: {client: certbot, resume: [a], renews: [b]}}",
	  "1:14: issuer 'x': 'resume' and 'renews' belong together, and to 'hold': a robot is let go only where "
	  "something shows which keys it would use again" },
	{ "issuers: {x: {client: certbot, hold: [a], resume: [b]}}",
	  "1:14: issuer 'x': 'resume' and 'renews' belong together, and to 'hold': a robot is let go only where "
	  "something shows which keys it would use again" },
	{ "issuers: {x: {client: certbot, hold: [a], renews: [b]}}",
	  "1:14: issuer 'x': 'resume' and 'renews' belong together, and to 'hold': a robot is let go only where "
	  "something shows which keys it would use again" },
	{ "trace: [x]", "1:8: 'trace' is no map: expected keys like 'look: ...'" },
	{ "trace: {look: {path: /x}}", "1:15: 'look' is no list: expected '- path: ...' for each entry" },
	{ "trace: {looks: []}", "1:9: unknown key 'looks' in 'trace' (did you mean 'look'?)" },
	{ "trace: {look: [{hosts: web1}]}", "1:16: the entry of 'look' has no 'path', which it needs" },
	{ "trace: {look: [{path: x}]}", "1:23: 'path' is wrong: expected a path that begins with '/', without '..'" },
	{ "trace: {look: [{path: /}]}",
	  "1:23: 'path' is wrong: expected a folder or file below '/', or a pattern of one with '*' and '?' "
	  "('/home/*/.bash_history')" },
	{ "trace: {look: [{path: /proc}]}",
	  "1:23: 'path' is wrong: expected a folder or file below '/', or a pattern of one with '*' and '?' "
	  "('/home/*/.bash_history')" },
	{ "trace: {look: [{path: '/x[a]'}]}",
	  "1:23: 'path' is wrong: expected a folder or file below '/', or a pattern of one with '*' and '?' "
	  "('/home/*/.bash_history')" },
	{ "trace: {look: [{path: /x, about: log}]}",
	  "1:34: 'about' cannot be 'log' (did you mean 'logs'?)" },
	{ "trace: {leave: [{path: /x}]}", "1:17: the entry of 'leave' has no 'why', which it needs" },
	{ "trace: {backups: [{path: /x, about: backup}]}",
	  "1:30: unknown key 'about' in the entry of 'backups' (known: 'path', 'hosts', 'why')" },
	{ "trace: {backups: [{path: /x, hosts: wbe1}]}", "1:37: no host or group is called 'wbe1' (known: 'mw1', "
	 "'mw2', 'db11', 'puppet3', 'local')" },
	{ "not_secret: {a: b}",
	  "1:13: 'not_secret' is no list: expected '- repository: ...' for each entry" },
	{ "not_secret: [{repository: private, file: x, class: data}]",
	  "1:14: the entry of 'not_secret' has no 'why', which it needs" },
	{ "not_secret: [{repository: dns, file: x, class: data, why: w}]",
	  "1:14: 'dns' is no private repository: what is public needs no entry here" },
	{ "not_secret: [{repository: privat, file: x, class: data, why: w}]",
	  "1:27: no repository is called 'privat' (did you mean 'private'?)" },
	{ "not_secret: [{repository: private, file: /x, class: data, why: w}]",
	  "1:42: 'file' is wrong: expected a path inside the repository, or a pattern of one ('files/geoip/*', "
	"'**/*.pub')" },
	{ "not_secret: [{repository: private, file: x, class: date, why: w}]",
	  "1:52: 'class' cannot be 'date' (did you mean 'data'?)" },
	{ "check: {tested_within: -1}",
	  "1:24: 'tested_within' is wrong: expected a whole number, 0 or more" },
	{ "check: {tested: 1}",
	  "1:9: unknown key 'tested' in 'check' (known: 'tested_within')" },
	{ "secrets: {redis/a: {knid: k}}",
	  "1:21: unknown key 'knid' in secret 'redis/a' (did you mean 'kind'?)" },
	{ "secrets: {redis/a: {kind: k, kind: k}}",
	  "1:30: 'kind' stands twice in secret 'redis/a': the first is on line 1" },
	{ "secrets: {redis/a: }",
	  "1:11: secret 'redis/a' has nothing below it: its keys are expected there" },
	{ "secrets: {redis/a: {kind: }}",
	  "1:21: 'kind' has no value: give one, or leave the key away" },
	{ "secrets: {redis/a: k}",
	  "1:20: secret 'redis/a' is no map: expected keys like 'kind: ...'" },
	{ "secrets: {'Redis/A': {kind: k}}",
	  "1:11: 'Redis/A' is no name of a secret: expected a name of a-z, 0-9, '.', '_', '-' and "
	"'/' that begins with a letter or digit" },
	{ "secrets: {redis/a: {kind: k}, redis/a: {kind: k}}",
	  "1:31: secret 'redis/a' stands twice: the first is at r.yaml:1:11" },
	{ "secrets: {other/a: {kind: k}}",
	  "1:11: secret 'other/a' names no system: expected 'system: NAME', or a name that begins "
	"with one ('redis/password')" },
	{ "secrets: {redis/a: {kind: k, system: rediss}}",
	  "1:38: no system is called 'rediss' (did you mean 'redis'?)" },
	{ "secrets: {redis/a: &x {kind: k}}",
	  "1:20: an anchor ('&') stands here: a register has none, write each value out" },
	{ "secrets: {redis/a: *x}",
	  "1:20: an alias ('*x') stands here: a register has none, write the value out" },
	{ "secrets: {redis/a: {<<: {kind: k}}}",
	  "1:21: a merge key ('<<') stands here: a register has none, write the keys out" },
	{ "secrets: {redis/a: !secret {kind: k}}",
	  "1:20: a tag ('!') stands here: a register has none, leave it away" },
	{ "secrets: {redis/a: {[a]: k}}",
	  "1:21: a key is a list or a map: expected a word" },
	{ "secrets: [redis/a]",
	  "1:10: 'secrets' is no map: expected 'NAME: ...' for each secret" },
	{ "secrets: {redis/a: {kind: [k]}}",
	  "1:27: 'kind' is a list: expected one text" },
	{ "secrets: {redis/a: {kind: k, note: \"a\\x07b\"}}",
	  "1:36: 'note' is wrong: expected one line of 1 to 1000 bytes without control characters" },
	{ "secrets: {redis/a: {kind: k, note: \"a\\0b\"}}",
	  "1:36: 'note' holds a NUL character" },
	{ "secrets: {redis/a: {kind: k, opens: [redis/b]}}",
	  "1:38: no secret, host, system, data set, user or ssh key is called 'redis/b' (did you mean 'redis/a'?)" },
	{ "secrets: {redis/a: {kind: k, opens: ['data:x']}}",
	  "1:38: no data set is called 'x'" },
	{ "secrets: {redis/a: {kind: k, opens: ['host:db12']}}",
	  "1:38: no host or group is called 'db12' (did you mean 'db11'?)" },
	{ "secrets: {redis/a: {kind: k, opens: ['host:x*']}}",
	  "1:38: the pattern 'x*' fits no host" },
	{ "secrets: {redis/a: {kind: k, opens: {x: y}}}",
	  "1:37: 'opens' is a map: expected a list of names" },
	{ "secrets: {redis/a: {kind: k, opens: [redis]}}\ndata: {redis: {title: x}}",
	  "1:38: 'redis' is a system and a data set: write 'system:redis' or 'data:redis'" },
	{ "secrets: {redis/a: {kind: k, places: [{repository: private, file: /etc/passwd}]}}",
	  "1:67: 'file' is wrong: expected a file's path inside the repository, without '..' and "
	"not beginning with '/' or '-'" },
	{ "secrets: {redis/a: {kind: k, places: [{repository: private, file: a/../../b}]}}",
	  "1:67: 'file' is wrong: expected a file's path inside the repository, without '..' and "
	"not beginning with '/' or '-'" },
	{ "secrets: {redis/a: {kind: k, places: [{repository: private}]}}",
	  "1:39: the place has no 'file', which it needs" },
	{ "secrets: {redis/a: {kind: k, places: {repository: private}}}",
	  "1:38: 'places' is no list: expected '- ...' for each entry" },
	{ "secrets: {redis/a: {kind: k, places: [{repository: dns, file: a}]}}",
	  "1:39: the place lies in 'dns', which is a public repository: expected one of kind "
	"private or ssl-keys" },
	{ "secrets: {redis/a: {kind: k, places: [{repository: private, file: a, key: b}]},\n  "
	"redis/b: {kind: k, places: [{repository: private, file: a, key: b}]}}",
	  "2:31: the same place stands twice: the first is at r.yaml:1:39; one place holds one "
	"secret" },
	{ "secrets: {redis/a: {kind: k, accounts: [{driver: rediss, address: a}]}}",
	  "1:50: no driver is called 'rediss' (did you mean 'redis'?)" },
	{ "secrets: {redis/a: {kind: k, accounts: [{driver: redis, address: '-oProxyCommand=x'}]}}",
	  "1:66: '-oProxyCommand=x' is wrong: expected an address like 'db11.example.org', "
	"'[::1]:6379' or '/run/redis.sock' that does not begin with '-'" },
	{ "secrets: {redis/a: {kind: k, accounts: [{driver: redis, address: [a, 'b c']}]}}",
	  "1:70: 'b c' is wrong: expected an address like 'db11.example.org', '[::1]:6379' or "
	"'/run/redis.sock' that does not begin with '-'" },
	{ "secrets: {redis/a: {kind: k, accounts: [{driver: redis, address: []}]}}",
	  "1:66: 'address' is wrong: expected an address or a list of addresses" },
	{ "secrets: {redis/a: {kind: k, accounts: [{driver: redis}]}}",
	  "1:41: the account has no 'address', which it needs" },
	{ "secrets: {redis/a: {kind: k, accounts: [{driver: redis, address: a, options: {tsl: "
	"'yes'}}]}}",
	  "1:79: driver 'redis' has no option 'tsl' (did you mean 'tls'?)" },
	{ "secrets: {redis/a: {kind: k, accounts: [{driver: redis, address: a, options: {tls: a, "
	"tls: b}}]}}",
	  "1:87: 'tls' stands twice in 'options'" },
	{ "secrets: {redis/a: {kind: k, accounts: [{driver: redis, address: a, options: x}]}}",
	  "1:78: 'options' is no map: expected 'NAME: text' for each option" },
	{ "secrets: {redis/a: {kind: k, accounts: [{driver: redis, address: a, role: primary}]}}",
	  "1:75: 'role' cannot be 'primary' (known: 'accepts', 'replica')" },
	{ "secrets: {redis/a: {kind: k, accounts: [{driver: redis, address: a, admin: {secret: "
	"redis/a}}]}}",
	  "1:76: 'admin' has no 'user', which it needs" },
	{ "secrets: {redis/a: {kind: k, accounts: [{driver: redis, address: a, users: [u]}, "
	"{driver: redis, address: a, users: [u]}]}}",
	  "1:82: account 'u' at 'a' stands twice: the first is at r.yaml:1:41; one account has one "
	"secret" },
	{ "secrets: {redis/a: {kind: k, accounts: [{driver: redis, address: a}]},\n  "
	"redis/b: {kind: k, accounts: [{driver: redis, address: a}]}}",
	  "2:33: account '' at 'a' stands twice: the first is at r.yaml:1:41; one account has one "
	"secret" },
	{ "secrets: {redis/a: {kind: k, accounts: [{driver: mariadb, address: a, options: {name: n}}]},\n  "
	"redis/b: {kind: k, accounts: [{driver: mariadb, address: a, options: {name: n}}]}}",
	  "2:33: account '' at 'a' stands twice: the first is at r.yaml:1:41; one account has one "
	"secret" },
	{ "secrets: {redis/a: {kind: k, accounts: [{driver: mariadb, address: a, options: {name: n}},\n  "
	"{driver: mariadb, address: a, options: {name: o}}]}}",
	  "2:3: account '' at 'a' stands twice: the first is at r.yaml:1:41; one account has one "
	"secret" },
	{ "secrets: {redis/a: {kind: k, consumers: [{hosts: [], file: /a}]}}",
	  "1:50: 'hosts' is an empty list: at least one name is expected" },
	{ "secrets: {redis/a: {kind: k, consumers: [{hosts: mw1}]}}",
	  "1:42: the consumer has neither 'file' nor 'service': say what holds the value" },
	{ "secrets: {redis/a: {kind: k, consumers: [{hosts: mw1, service: redis}]}}",
	  "1:42: the consumer does not say who restarts 'redis': expected 'restart: puppet', "
	"'firebreak' or 'none'" },
	{ "secrets: {redis/a: {kind: k, consumers: [{hosts: mw1, file: a}]}}",
	  "1:61: 'file' is wrong: expected a path that begins with '/', without '..'" },
	{ "secrets: {redis/a: {kind: k, consumers: [{hosts: mw1, service: '-x', restart: none}]}}",
	  "1:64: 'service' is wrong: expected the name of a systemd unit" },
	{ "secrets: {redis/a: {kind: k, consumers: [{hosts: mw1, file: /a, restart: firebreak}]}}",
	  "1:74: 'restart: firebreak' needs a 'service' or a 'restart_command'" },
	{ "secrets: {redis/a: {kind: k, consumers: [{hosts: mw1, service: a, restart: puppet, "
	"restart_command: [b]}]}}",
	  "1:42: 'restart_command' stands with 'restart: puppet': expected 'restart: firebreak'" },
	{ "secrets: {redis/a: {kind: k, consumers: [{hosts: mw3, file: /a}]}}",
	  "1:50: no host or group is called 'mw3' (did you mean 'mw1'?)" },
	{ "secrets: {redis/a: {kind: k, external: [{name: x}]}}",
	  "1:41: the external consumer has no 'how', which it needs" },
	{ "secrets: {redis/a: {kind: k, stored: [{address: 'db1:1'}]}}",
	  "1:39: the stored value has no 'table', which it needs" },
	{ "secrets: {redis/a: {kind: k, accounts: [{driver: redis, address: 'db1:3306'}], stored: [{address: "
	  "'db1:3305', table: a.b}]}}", "1:89: no account has the address 'db1:3305' (did you mean 'db1:3306'?)" },
	{ "hosts: {'-x': }",
	  "1:9: '-x' is no name of a host: expected a name of a-z, 0-9, '.', '_' and '-' that "
	"begins with a letter or digit" },
	{ "hosts: {a/b: }",
	  "1:9: 'a/b' is no name of a host: expected a name of a-z, 0-9, '.', '_' and '-' that "
	"begins with a letter or digit" },
	{ "hosts: {mw1: }",
	  "1:9: host 'mw1' stands twice: the first is at head.yaml:8:9" },
	{ "hosts: {h: {address: '-x'}}",
	  "1:22: 'address' is wrong: expected an address like 'db11.example.org', '[::1]:6379' or "
	"'/run/redis.sock' that does not begin with '-'" },
	{ "hosts: {h: {reach: telnet}}",
	  "1:20: 'reach' cannot be 'telnet' (known: 'ssh', 'local')" },
	{ "hosts: {h: {configuration: {apply: command}}}",
	  "1:28: 'apply: command' needs 'command: [program, word, ...]'" },
	{ "hosts: {h: {configuration: {apply: none, command: [a]}}}",
	  "1:28: 'command' stands with 'apply: none': expected 'apply: command'" },
	{ "hosts: {h: {configuration: {apply: none, options: [a]}}}",
	  "1:28: 'options' are words for Puppet: expected 'apply: puppet-agent' or 'puppet-apply'" },
	{ "hosts: {h: {configuration: {apply: none, logs: [/a]}}}",
	  "1:42: unknown key 'logs' in 'configuration' (known: 'apply', 'command', 'options', "
	"'limit')" },
	{ "configuration: {apply: puppet-agent, limit: 0}",
	  "1:45: 'limit' is wrong: expected seconds from 1 to 86400" },
	{ "configuration: {apply: none}\nssh_config: '-x'",
	  "2:13: 'ssh_config' is wrong: expected a path that does not begin with '-'" },
	{ "configuration:",
	  "1:1: 'configuration' has nothing below it" },
	{ "organisation: {name: a, team: a@example.org, approver: sre}",
	  "1:15: 'organisation' stands twice: the first is at head.yaml:2:15" },
	{ "groups: {a: [b], b: [a]}",
	  "1:22: group 'a' holds itself: take one of the groups out of the circle" },
	{ "groups: {a: [a]}",
	  "1:14: group 'a' holds itself: take one of the groups out of the circle" },
	{ "groups: {mw1: [mw2]}",
	  "1:10: 'mw1' is a host and a group: give one of them another name" },
	{ "groups: {a: [mw9]}",
	  "1:14: no host or group is called 'mw9' (did you mean 'mw1'?)" },
	{ "groups: {a: ['x*']}",
	  "1:14: the pattern 'x*' fits no host" },
	{ "groups: {a: ['-x']}",
	  "1:14: '-x' is wrong: expected a host, a group or a pattern of host names ('mw*')" },
	{ "groups: {a: {b: c}}",
	  "1:13: group 'a' is a map: expected a list of hosts, groups and patterns" },
	{ "repositories: {r: {kind: git, url: /a}}",
	  "1:26: 'kind' cannot be 'git' (known: 'private', 'ssl-keys', 'puppet', 'dns', 'ssl')" },
	{ "repositories: {r: {kind: private, url: '-uhost'}}",
	  "1:40: 'url' is wrong: expected a git url or path that does not begin with '-', without "
	"spaces and no 'ext::' or the like" },
	{ "repositories: {r: {kind: private, url: 'ext::sh -c x'}}",
	  "1:40: 'url' is wrong: expected a git url or path that does not begin with '-', without "
	"spaces and no 'ext::' or the like" },
	{ "repositories: {r: {kind: private, url: 'ext::sh'}}",
	  "1:40: 'url' is wrong: expected a git url or path that does not begin with '-', without "
	  "spaces and no 'ext::' or the like" },
	{ "repositories: {r: {kind: private, url: /a, branch: '-b'}}",
	  "1:52: 'branch' is wrong: expected the name of a branch" },
	{ "repositories: {r: {kind: private, url: /a, eyaml: {public: a}}}",
	  "1:51: 'eyaml' has no 'private', which it needs" },
	{ "systems: {x: {title: X, contacts: [bob]}}",
	  "1:36: 'bob' is neither a person, a role nor a mail address (known: 'alice')" },
	{ "systems: {x: {contacts: [alice]}}",
	  "1:14: system 'x' has no 'title', which it needs" },
	{ "people: {bob: {name: Bob, roles: [srr]}}",
	  "1:35: no role is called 'srr' (did you mean 'sre'?)" },
	{ "people: {bob: {name: Bob, mail: bob}}",
	  "1:33: 'mail' is wrong: expected a mail address" },
	{ "people: {bob: {name: Bob, key: 'fbpub1:x'}}",
	  "1:32: 'key' is wrong: expected the line that `firebreak key show` prints (fbpub1:...)" },
	{ "roles: {x: {root: yes}}",
	  "1:19: 'root' is wrong: expected true or false" },
	{ "channels: {c: {kind: mail, to: a, depends: [x]}}",
	  "1:45: no secret, host, system, data set, user or ssh key is called 'x'" },
	{ "channels: {c: {kind: phone, to: a, nick: b}}",
	  "1:12: nothing here can send over a channel of kind 'phone': leave away what stands besides 'to' and "
	  "'depends', or take one of mail, irc, discord, slack, matrix, log-line" },
	{ "channels: {c: {kind: mail, to: a@example.org, from: b@example.org}}",
	  "1:12: channel 'c' has no 'relays', which one of kind 'mail' needs to send" },
	{ "channels: {c: {kind: slack, to: a, nick: b}}",
	  "1:12: channel 'c' is of kind 'slack', which has no 'nick'" },
	{ "channels: {c: {kind: mail, to: a@b.org, from: b@b.org, relays: ['smtp://u:p@mail:25']}}",
	  "1:65: 'smtp://u:p@mail:25' is wrong: expected a relay with its port, without user and password "
	  "('smtp://mail.example.org:587', or 'smtps://...' for TLS from the first byte)" },
	{ "channels: {c: {kind: mail, to: a@b.org, from: b@b.org, relays: ['smtp://localhost:25', 'smtps://m:465', "
	  "'smtp://127.b.org:25'], tls: optional, user: u, secret: redis/a}}\nsecrets: {redis/a: {kind: k}}",
	  "1:12: channel 'c' would send its password to 'smtp://127.b.org:25' where TLS may be missing: a 'secret' "
	  "needs 'tls: required'" },
	{ "channels: {c: {kind: mail, to: a, from: b@b.org, relays: ['smtp://mail:25']}}",
	  "1:12: 'to' of channel 'c' is wrong: expected a mail address" },
	{ "channels: {c: {kind: irc, to: '#a b', server: 'irc:6697', nick: n}}",
	  "1:12: 'to' of channel 'c' is wrong: expected a channel of IRC, like '#farm-sre'" },
	{ "channels: {c: {kind: irc, to: '#a', server: irc, nick: n}}",
	  "1:12: 'server' of channel 'c' is wrong: expected a server with its port ('irc.example.net:6697')" },
	{ "channels: {c: {kind: irc, to: '#a', server: 'irc:6697', nick: 'n QUIT'}}",
	  "1:63: 'nick' is wrong: expected a nick of IRC" },
	{ "channels: {c: {kind: irc, to: '#a', server: 'irc:6697', nick: n, user: u}}",
	  "1:12: channel 'c' has a 'user' and no 'secret': say which secret of the register is its password" },
	{ "channels: {c: {kind: slack, to: a, secret: nowhere}}",
	  "1:44: no secret is called 'nowhere'" },
	{ "channels: {c: {kind: log-line, to: a, server: 'log:5071'}}\n"
	  "people: {bob: {name: Bob, channels: [c]}}",
	  "2:10: channel 'c' is of kind 'log-line': it tells nobody in person; it belongs to 'log'" },
	{ "channels: {mine: {kind: phone, to: a}}\npeople: {bob: {name: Bob, channels: [min]}}",
	  "2:38: no channel is called 'min' (did you mean 'mine'?)" },
	{ "people: {bob: {name: Bob, irc: 'bob bob'}}",
	  "1:32: 'irc' is wrong: expected a nick of IRC" },
	{ "data: {d: {title: D, domains: ['-x.example']}}",
	  "1:32: '-x.example' is wrong: expected a domain of a-z, 0-9, '.' and '-', such as 'wiki.example.org' or "
	  "'*.example.org'" },
	{ "data: {d: {title: D, domains: ['*.*.example']}}",
	  "1:32: '*.*.example' is wrong: expected a domain of a-z, 0-9, '.' and '-', such as 'wiki.example.org' or "
	  "'*.example.org'" },
	{ "data: {d: {title: D, owners: [bureaucrat]}}",
	  "1:11: data set 'd' has 'owners' and no 'database': they are groups of a wiki, and its database is asked who "
	  "is in them" },
	{ "data: {d: {title: D, people: -1}}",
	  "1:30: 'people' is wrong: expected a whole number, 0 or more" },
	{ "data: {d: {title: D, people: many}}",
	  "1:30: 'people' is wrong: expected a whole number, 0 or more" },
	{ "closures: {a: b}",
	  "1:11: 'closures' is no list: expected '- kind: ...' for each closure" },
	{ "closures: [{reaches: [redis], why: x}]",
	  "1:12: the closure needs either 'kind' or 'secret'" },
	{ "closures: [{kind: k, secret: s, reaches: [redis], why: x}]",
	  "1:12: the closure needs either 'kind' or 'secret'" },
	{ "closures: [{kind: k, reaches: [redis], why: x}]",
	  "1:19: no secret has the kind 'k'" },
	{ "secrets: {redis/a: {kind: salt-key}}\nclosures: [{kind: salt-kei, reaches: [redis], "
	"why: x}]",
	  "2:19: no secret has the kind 'salt-kei' (did you mean 'salt-key'?)" },
	{ "closures: [{kind: k, reaches: [], why: x}]",
	  "1:31: 'reaches' is an empty list: at least one name is expected" },
	{ "systms: {}",
	  "1:1: unknown section 'systms' (did you mean 'systems'?)" },
	{ "register: 2",
	  "1:11: 'register: 2' is a format that is not known here: expected 'register: 1'" },
	{ "hosts: x",
	  "1:8: 'hosts' is no map: expected 'NAME: ...' for each host" },
	{ "[a]: b",
	  "1:1: a section's name is a list or a map: expected a word" },
	{ "secrets: {redis/a: {kind: k, opens: [big]}}\ndata: {big: {title: x}}\nhosts: {big: }",
	  "1:38: 'big' is a host and a data set: write 'host:big' or 'data:big'" },
	{ "secrets: {redis/a: {kind: k, accounts: [{driver: redis, address: a, from: '-x'}]}}",
	  "1:75: '-x' is wrong: expected a host, a group or a pattern of host names ('mw*')" },
	{ "secrets: {redis/a: {kind: k, public_halves: [{repository: dn, file: z, what: w}]}}",
	  "1:59: no repository is called 'dn' (did you mean 'dns'?)" },
	{ "secrets: {redis/a: {kind: k, places: [{repository: private, file: a, key: ''}]}}",
	  "1:75: 'key' is wrong: expected one line of 1 to 1000 bytes without control characters" },
	{ "ssh_config: a\nssh_config: b",
	  "2:1: 'ssh_config' stands twice in this file: the first is on line 1" },
	{ "{[",
	  "2:1: did not find expected node content, while parsing a flow node that starts in line 2" },
};

static void bad_input_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(freep) char *expected = mem_printf("r.yaml:%s", cases[i].problem);
		char problem[500] = "";
		struct firebreak_register *r = small_load(cases[i].text, problem);

		if (r || strcmp(problem, expected) != 0)
			fail_msg("%s\nexpected %s\n     got %s", cases[i].text, expected, r ? "no problem" : problem);
	}
}

/* What the head itself could lack. */
static void whole_files_are_refused(void **state)
{
	static const char *const bad[][2] = {
		{ "", "r.yaml:1:1: no file says 'register: 1', which tells the format" },
		{ "- a\n", "r.yaml:1:1: the file is no map: expected sections like 'hosts:' and 'secrets:'" },
		{ "register: 1\n", "r.yaml:1:11: the register has no 'organisation': expected name, team and "
				   "approver" },
		{ "register: 1\norganisation: {name: x, team: x@example.org, approver: boss}\nroles: {bos: }\n",
		  "r.yaml:2:56: no role is called 'boss' (did you mean 'bos'?)" },
		{ "hosts: {\xff: }\n", "r.yaml:1:9: not UTF-8: save the file in that encoding" },
		{ "&a {register: 1}\n", "r.yaml:1:1: an anchor ('&') stands here: a register has none, write each "
					"value out" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct source file = { "r.yaml", bad[i][0], strlen(bad[i][0]) };
		struct firebreak_register *r = NULL;
		struct err e = ERR_INIT;

		assert_int_equal(register_load(&file, 1, NULL, 0, &r, &e), -ERR_CONFIG);
		assert_string_equal(e.text, bad[i][1]);
		assert_null(r);
	}
}

/* n times `element` between the two. */
static char *repeated(const char *before, const char *element, unsigned n, const char *after)
{
	size_t len = strlen(before) + strlen(element) * n + strlen(after);
	char *text = mem_zero(len + 1, 1), *end = stpcpy(text, before);

	for (unsigned i = 0; i < n; i++)
		end = stpcpy(end, element);
	stpcpy(end, after);
	return text;
}

static void too_much_is_refused(void **state)
{
	static const struct { const char *before, *element, *after, *problem; unsigned n; } many[] = {
		{ "secrets: {redis/a: {kind: k, note: '", "x", "'}}\n",
		  "r.yaml:1:36: 'note' is wrong: expected one line of 1 to "
		  "1000 bytes without control characters", LIMIT_TEXT + 1 },
		{ "secrets: {redis/a: {kind: k, places: [", "{repository: private, file: f},", "]}}\n",
		  "r.yaml:1:38: 'places' has 257 entries: at most 256 are taken", LIMIT_PER_SECRET + 1 },
		{ "secrets: {redis/a: {kind: k, accounts: [{driver: redis, address: [", "a,", "]}]}}\n",
		  "r.yaml:1:40: 'accounts' has 257 entries: at most 256 are taken", LIMIT_PER_SECRET + 1 },
		{ "secrets: {redis/a: {kind: k, opens: [", "redis/a,", "]}}\n",
		  "r.yaml:1:37: 4097 entries stand here: at most 4096 are taken", LIMIT_OPENS + 1 },
		{ "systems: {x: {title: X, contacts: [", "alice,", "]}}\n",
		  "r.yaml:1:35: 1001 entries stand here: at most 1000 are taken", LIMIT_WORDS + 1 },
		{ "closures: [", "{secret: redis/a, reaches: [redis], why: w},",
		  "]\nsecrets: {redis/a: {kind: k}}\n", NULL,
		  LIMIT_CLOSURES },
		{ "closures: [", "{secret: redis/a, reaches: [redis], why: w},", "]\nsecrets: {redis/a: {kind: k}}\n",
		  "r.yaml:1:44012: too many closures: at most 1000 are taken", LIMIT_CLOSURES + 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(many); i++) {
		_cleanup_(freep) char *text = repeated(many[i].before, many[i].element, many[i].n, many[i].after);
		char problem[500] = "";
		struct firebreak_register *r = small_load(text, problem);

		assert_string_equal(problem, many[i].problem ? many[i].problem : "");
		assert_true((r != NULL) == !many[i].problem);
		register_freep(&r);
	}
}

static void groups_nest_only_so_deep(void **state)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 16);
	char problem[500] = "";

	(void)state;
	buf_str(&b, "groups: {");
	for (unsigned i = 0; i < 40; i++)
		buf_printf(&b, "g%u: [g%u], ", i, i + 1);
	buf_str(&b, "g40: [mw1]}\n");
	assert_null(small_load(buf_text(&b), problem));
	assert_string_equal(problem, "r.yaml:1:369: groups are nested more than 32 deep at 'g32'");
}

/* A hundred wrong words: the first fifty are told, and each is shown only so far. */
static void problems_have_an_end(void **state)
{
	static const char word[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	_cleanup_(freep) char *text = repeated(SMALL_HEAD, word, 1, ": x\n");
	_cleanup_(strv_free) struct strv problems = STRV_INIT;
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 16);
	struct source files[] = { { "a.yaml", text, strlen(text) }, { "b.yaml", NULL, 0 } };
	struct firebreak_register *r = NULL;
	struct err e = ERR_INIT;

	(void)state;
	buf_str(&b, "secrets:\n");
	for (unsigned i = 0; i < 100; i++)
		buf_printf(&b, "  redis/x%u: {kind: k, nothing: x}\n", i);
	files[1].text = buf_text(&b);
	files[1].len = b.len;
	assert_int_equal(register_load_all(files, 2, NULL, 0, &problems, &r, &e), -ERR_CONFIG);
	assert_int_equal(problems.n, REGISTER_PROBLEMS);
	assert_string_equal(problems.s[0],
			    "a.yaml:11:1: unknown section "
			    "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_input_is_told),
		cmocka_unit_test(whole_files_are_refused),
		cmocka_unit_test(too_much_is_refused),
		cmocka_unit_test(groups_nest_only_so_deep),
		cmocka_unit_test(problems_have_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
