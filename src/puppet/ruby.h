#pragma once
/*
 * As much of Ruby as tells what a template or a function asks Puppet for: @variables, scope[...], scope.lookupvar(...),
 * call_function('lookup', ...), function_hiera(...), nested templates, files that are read. Strings and comments are
 * told from code; what is put into strings with #{} is code again.
 */
#include "puppet/manifest_parts.h"

struct ruby {
	struct manifest *m;
	uint32_t file;
	const char *src;
	size_t pos, end, line_start;
	uint32_t line;
	bool only_tests;                 /* of the tag that is being read */
	bool is_function;                /* a file of lib/puppet: lookup() may be called by its bare name */
	unsigned depth;
	void (*found)(void *context, const struct ruby_ref *ref);
	void *context;
};

/* Code from pos up to `end`; false: a string in it does not end there (pos is behind it all the same). */
bool ruby_code(struct ruby *r, size_t end);
void ruby_advance(struct ruby *r, size_t to);    /* moves on and counts lines */
/* Does the code only steer ("if @x", "else", "end") and put nothing into the text? */
bool ruby_only_tests(const char *code, size_t len);
