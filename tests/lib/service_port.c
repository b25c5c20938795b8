#include "service_port.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT_FIRST 20000u
#define PORT_COUNT 12000u

uint16_t service_free_port(void)
{
	/* Below the range of ephemeral ports, so that no outgoing connection takes it between
	 * this look and the start. */
	for (int i = 0; i < 200; i++) {
		struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
		uint16_t port;
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		uint32_t chance;
		int r;

		if (fd < 0 || getrandom(&chance, sizeof(chance), 0) != (ssize_t)sizeof(chance))
			abort();
		port = (uint16_t)(PORT_FIRST + chance % PORT_COUNT);
		a.sin_port = htons(port);
		r = bind(fd, (struct sockaddr *)&a, sizeof(a));
		(void) close(fd);
		if (r == 0)
			return port;
	}
	fprintf(stderr, "service: no free port\n");
	abort();
}
