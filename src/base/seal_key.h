#pragma once
/* What seal.c needs of an opened key; everybody else uses seal.h. */
#include "base/seal.h"

const struct secret *seal_key_private(const struct seal_key *k); /* 32 bytes; borrowed */
