#pragma once
/* Force-included into every file: what is named here does not compile. Headers first, or their declarations trip it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#ifdef BANNED_AFTER /* a foreign header whose macros use what is banned: the build file names it for its one home */
#include BANNED_AFTER
#endif
/* glibc has these as macros (sprintf for clang, with fortification); poisoning one is a warning */
#undef alloca
#undef sprintf
#undef vsprintf
#pragma GCC poison strcpy strcat sprintf vsprintf strncpy strtok gets popen putenv atoi atol mktemp tmpnam alloca
