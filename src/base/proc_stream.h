#pragma once
/*
 * A program that is talked to while it runs: questions go in and answers come out for as long as there are questions.
 * Started as those of proc.h are; its whole group is killed and it is reaped when the stream is freed, whatever came
 * before. Two deadlines: job->limit_ms for its whole life, `silence_ms` for each wait in which it says nothing.
 *
 * Of standard error the first 64 KiB are kept and the rest is dropped: it is for error texts only.
 */
#include "base/err.h"
#include "base/proc.h"
#include <stddef.h>
#include <stdint.h>

#define PROC_ASK_MAX ((size_t)64 << 20) /* questions that were not sent yet */

struct proc_stream;

/* `input`, `secret` and `output_max` of the job have no meaning here. */
int proc_stream_open(const struct proc_job *job, int64_t silence_ms, struct proc_stream **ret, struct err *e);
/* Queues a question; it goes out while proc_stream_read waits. */
int proc_stream_ask(struct proc_stream *s, const void *bytes, size_t len, struct err *e);
/* Waits until all that was asked is on its way into the program: what is asked after that, a program that never read
 * did not get. *ret_gone: it ended before. Its answers wait. Errors: a deadline passed (it is killed then). */
int proc_stream_flush(struct proc_stream *s, bool *ret_gone, struct err *e);
/* Nothing more will be asked: standard input is closed behind the last question. */
void proc_stream_last(struct proc_stream *s);
/* What is there of the answers, 1 to `room` bytes; *ret_len is 0 at the end of its output. Errors: a deadline passed
 * (it is killed then). A program that went away is no error: its output ends. */
int proc_stream_read(struct proc_stream *s, void *into, size_t room, size_t *ret_len, struct err *e);
/* Behind the end of the output: its exit code, or 128 + signal. It gets two seconds to end by itself. */
int proc_stream_end(struct proc_stream *s);
/* Standard error so far. */
const char *proc_stream_said(const struct proc_stream *s);
struct proc_stream *proc_stream_free(struct proc_stream *s);
void proc_stream_freep(struct proc_stream **s);
