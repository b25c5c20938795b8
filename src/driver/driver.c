#include "driver/driver.h"
#include "base/macro.h"
#include <string.h>

#define DRIVER(symbol, ...) extern const struct driver driver_##symbol;
#include "driver/drivers.def"
#undef DRIVER

#define DRIVER(symbol, ...) &driver_##symbol,
static const struct driver *const drivers[] = {
#include "driver/drivers.def"
};

const struct driver *driver_find(const char *name)
{
	for (size_t i = 0; name && i < ARRAY_SIZE(drivers); i++) {
		if (strcmp(drivers[i]->name, name) == 0)
			return drivers[i];
	}
	return NULL;
}
