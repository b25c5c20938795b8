#pragma once
/* A real puppetserver on loopback, as user puppet, with its own CA and folders; serves the farm's environment. */
#include <stdint.h>
#include <sys/types.h>

struct puppetserver { pid_t pid; uint16_t port; };

void puppetserver_prepare(struct puppetserver *s);   /* its folders, its CA */
int puppetserver_begin(struct puppetserver *s);      /* up to three minutes on a busy machine */
void puppetserver_end(struct puppetserver *s);
