/* Grid Engine's daemons listen on every address and have no option for it. Preloaded, this makes
 * them listen on 127.0.0.1; it takes itself out of the environment, so that jobs never see it. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

__attribute__((constructor)) static void forget(void) { unsetenv("LD_PRELOAD"); }

int bind(int fd, const struct sockaddr *address, socklen_t length) {
    int (*real)(int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "bind");
    if (address && address->sa_family == AF_INET && length >= sizeof(struct sockaddr_in)) {
        struct sockaddr_in ours = *(const struct sockaddr_in *)address;
        ours.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return real(fd, (struct sockaddr *)&ours, sizeof ours);
    }
    return real(fd, address, length);
}
