#pragma once
/* Force-included into every file: what is named here does not compile. Headers first, or their declarations trip it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#undef alloca /* glibc has it as a macro; poisoning one is a warning */
#pragma GCC poison strcpy strcat sprintf vsprintf strncpy strtok gets popen putenv atoi atol mktemp tmpnam alloca
