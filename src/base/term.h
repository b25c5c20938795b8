#pragma once
/*
 * What a person sees: colour only on a terminal and without NO_COLOR (no-color.org), width from the terminal, tables
 * that fit. Everything printed through here has been made visible (text_visible) by the caller or is ours.
 */
#include "base/buf.h"
#include <stdbool.h>
#include <stdio.h>

enum term_colour { TERM_PLAIN, TERM_BOLD, TERM_DIM, TERM_RED, TERM_GREEN, TERM_YELLOW, TERM_CYAN };

bool term_is_terminal(int fd);
bool term_has_colour(int fd);
unsigned term_width(int fd);                              /* 80 when not a terminal; COLUMNS is heeded */
/* Adds s in the colour when `colour` is true, plain otherwise. */
void term_paint(struct buf *b, bool colour, enum term_colour c, const char *s);
size_t term_columns(const char *s);                       /* display width; wide and combining characters count right */

/* Rows of cells aligned in columns; the last column is wrapped to the width. */
struct term_table;
struct term_table *term_table_new(unsigned columns);
void term_table_add(struct term_table *t, const char *cell);       /* row by row, left to right; copies */
void term_table_print(struct term_table *t, struct buf *b, unsigned width);  /* and frees */

/* Reads a line without echo from the controlling terminal; -ERR_REFUSED when there is none. The answer is a secret. */
struct secret;
struct err;
int term_ask_secret(const char *prompt, struct secret **ret, struct err *e);
/* A line that may be seen; ret is empty when only a line's end was typed. -ERR_REFUSED when there is no terminal, or
 * nobody who answers, or what comes is no text. */
int term_ask(const char *prompt, struct buf *ret, struct err *e);
/* Asks on the controlling terminal and compares with `word`; false when it is anything else or no terminal. */
bool term_confirm(const char *question, const char *word);
