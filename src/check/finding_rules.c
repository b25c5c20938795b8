#include "check/finding.h"

const struct finding_fact finding_facts[FINDING_RULES] = {
	[RULE_UNREGISTERED] = { "unregistered", LEVEL_ERROR, "something private that the register does not know",
		"Everything in a private repository is a secret of the register, or declared as not secret "
		"with a reason. What nobody knows of is not replaced when it leaks, and who added it is "
		"liable for the outcome." },
	[RULE_ABSENT] = { "absent", LEVEL_ERROR, "a place of the register that the repository does not have",
		"A rotation would stop there. Correct the place in the register, or take the secret out when "
		"it is gone." },
	[RULE_LOOKUP_UNKNOWN] = { "lookup-unknown", LEVEL_ERROR, "looked up, and known to nobody",
		"A manifest asks for a key that is neither in the register, nor declared as not secret, nor "
		"in public Hiera." },
	[RULE_DEAD] = { "dead", LEVEL_WARNING, "stored, and read by nobody",
		"What nothing needs can only leak. Take it out of the private git and of the register." },
	[RULE_CONSUMER_UNFED] = { "consumer-unfed", LEVEL_ERROR, "a consumer that no manifest feeds",
		"The register says that this file holds the value, and no manifest puts it there: after a "
		"rotation it would hold the old one." },
	[RULE_CONSUMER_UNKNOWN] = { "consumer-unknown", LEVEL_ERROR,
		"a manifest feeds a file that the register does not know",
		"After a rotation nobody would look whether this file holds the new value, nor restart what "
		"reads it." },
	[RULE_RESTART_DIFFERS] = { "restart-differs", LEVEL_ERROR,
		"register and manifests disagree on who restarts the service",
		"A service that nobody restarts goes on with the leaked value." },
	[RULE_UNDECIDED] = { "undecided", LEVEL_WARNING, "cannot be decided here",
		"The key's name is made at run time, or the way of the value could not be followed. A person "
		"has to look." },
	[RULE_TWINS_UNDECLARED] = { "twins-undeclared", LEVEL_ERROR,
		"the same value stands in places of different secrets",
		"Whoever learns one knows the other. Declare them as places of one secret, or give each a "
		"value of its own." },
	[RULE_REUSED] = { "reused", LEVEL_ERROR, "one value is used by different systems",
		"A leak of one system opens the other. Give each a value of its own." },
	[RULE_TWINS_DIFFER] = { "twins-differ", LEVEL_ERROR, "places of one secret hold different values",
		"One of them is wrong, and a rotation would stop for a person there." },
	[RULE_SHADOWED] = { "shadowed", LEVEL_ERROR, "public Hiera has a key of the private git",
		"The first level that has the key wins: the public value may be the one in use." },
	[RULE_PUBLISHED] = { "published", LEVEL_ERROR, "a private value stands in a public repository",
		"It has leaked: declare it." },
	[RULE_COMMENTED] = { "commented", LEVEL_ERROR, "a value in a comment",
		"Nobody replaces what stands in a comment, and everybody who reads the repository has it. Take the "
		"line out; if the value is in use anywhere, replace it." },
	[RULE_MODE] = { "mode", LEVEL_ERROR, "more people can read or change it than have to",
		"Files that hold secrets are for their owner, and a group at most." },
	[RULE_WEAK] = { "weak", LEVEL_ERROR, "short, well known, or easy to guess",
		"Replace it: `firebreak declare --planned`." },
	[RULE_SMALL_KEY] = { "small-key", LEVEL_ERROR, "a private key that is too small",
		"RSA and DSA keys need 2048 bits, elliptic curves 224." },
	[RULE_KEY_ALONE] = { "key-alone", LEVEL_ERROR, "a private key without its certificate",
		"Nothing uses it, or its certificate lies where the register does not look." },
	[RULE_CERTIFICATE_ALONE] = { "certificate-alone", LEVEL_ERROR, "a certificate without its key",
		"It cannot be replaced from here: its key is kept somewhere else." },
	[RULE_HALF_DIFFERS] = { "half-differs", LEVEL_ERROR, "a public half that belongs to another key",
		"What is signed or opened with the private key is refused by everybody who looks at that public half. "
		"Bring them together: one of them was changed without the other." },
	[RULE_HALF_UNKNOWN] = { "half-unknown", LEVEL_ERROR, "a public half that the register does not know",
		"After a rotation it would still vouch for the leaked key. Write it under public_halves." },
	[RULE_HALF_ALONE] = { "half-alone", LEVEL_ERROR, "a DKIM record without its private key",
		"Whoever has that key signs mail in your name, and it cannot be replaced from here. Take the record "
		"out, or keep its key in a private repository." },
	[RULE_HALF_UNCHECKED] = { "half-unchecked", LEVEL_WARNING, "a zone that nobody's checker reads before a push",
		"A zone that its server refuses is not loaded: what was withdrawn stays in force there. Name the "
		"checker of that server: `check: [named-checkzone, ZONE, '{file}']`." },
	[RULE_NO_PROCEDURE] = { "no-procedure", LEVEL_WARNING, "nobody has written down what to do",
		"A section of the page, or a kind of secret, without a playbook." },
	[RULE_UNTESTED] = { "untested", LEVEL_WARNING, "not rotated or drilled for too long",
		"What was never tried fails in the night. `firebreak respond` of a planned incident is the "
		"drill." },
	[RULE_NOT_SECRET_UNUSED] = { "not-secret-unused", LEVEL_WARNING, "a rule for what is not secret fits nothing",
		"It may hide something one day. Take it out." },
};
