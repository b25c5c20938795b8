#include "base/text.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static bool is_v6(const char *host)
{
	struct in6_addr a;

	return inet_pton(AF_INET6, host, &a) == 1 && IN6_IS_ADDR_LOOPBACK(&a);
}

bool text_is_loopback(const char *host)
{
	bool bracket = *host == '[';
	size_t len = bracket ? strcspn(++host, "]") : strcspn(host, ":/");
	char room[INET6_ADDRSTRLEN];
	struct in_addr a;

	if (!bracket && is_v6(host))
		return true;
	if (len >= sizeof(room) || (bracket && !host[len]))
		return false;
	memcpy(room, host, len);
	room[len] = '\0';
	if (bracket)
		return is_v6(room);
	if (inet_pton(AF_INET, room, &a) == 1)
		return ntohl(a.s_addr) >> 24 == 127;
	return strcmp(room, "localhost") == 0;
}
