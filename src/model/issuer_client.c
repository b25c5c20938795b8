#include "model/issuer_client.h"
#include "base/macro.h"
#include <string.h>

#define WORDS(...) (const char *const[]){ __VA_ARGS__, NULL }
#define CLIENT(symbol, ...) { __VA_ARGS__ },
const struct issuer_client issuer_clients[] = {
#include "model/issuer_clients.def"
};
#undef CLIENT

const size_t issuer_clients_count = ARRAY_SIZE(issuer_clients);

const struct issuer_client *issuer_client_find(const char *name)
{
	for (size_t i = 0; name && i < issuer_clients_count; i++)
		if (!strcmp(issuer_clients[i].name, name))
			return &issuer_clients[i];
	return NULL;
}
