#pragma once
/*
 * Text from outside inside Markdown: what comes out reads as the same words in any Markdown renderer, and is never a
 * heading, a table's edge, a link, an image, code or HTML. Control characters and newlines are made visible first.
 */
#include "base/buf.h"

void escape_markdown(struct buf *b, const char *s);    /* NULL adds nothing */
