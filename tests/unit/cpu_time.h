#pragma once
/* Processor time of this process in microseconds: a bound on work that other work on the machine does not move. */
#include <stdint.h>
#include <time.h>

static inline int64_t cpu_us(void)
{
	return (int64_t)clock() * 1000000 / CLOCKS_PER_SEC;
}
