// The least that a server of GNU libmicrohttpd can do with a request: one response, made once, for
// everything. As in the bridge there is no thread of microhttpd's own.
//
//   responder FILE   prints the port that it listens on, on loopback, and answers with the file's bytes and as many
//                    header fields as the bridge sends, until it is ended
#include <arpa/inet.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

enum { POOL_BYTES = 8 * 1024, MOST_BYTES = 1 << 16, CONNECTIONS = 1000 };

static struct MHD_Response *answer;

static const char *const fields[][2] = {
    {MHD_HTTP_HEADER_CONTENT_TYPE, "application/json; charset=utf-8"},
    {MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache"},
    {MHD_HTTP_HEADER_ETAG, "\"0123456789abcdef0123456789abcdef\""},
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src "
     "'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
     "frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Frame-Options", "DENY"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
};

static enum MHD_Result respond(void *context, struct MHD_Connection *connection, const char *url,
                               const char *method, const char *version, const char *body,
                               size_t *body_bytes, void **request) {
  (void)context, (void)url, (void)method, (void)version, (void)body, (void)body_bytes;
  // The first call is for the header alone.
  if (!*request) {
    *request = &answer;
    return MHD_YES;
  }
  return MHD_queue_response(connection, MHD_HTTP_OK, answer);
}

static void die(const char *what) {
  perror(what);
  exit(1);
}

int main(int count, char **arguments) {
  static char bytes[MOST_BYTES];
  FILE *file = count == 2 ? fopen(arguments[1], "rb") : NULL;
  if (!file) die("the file");
  size_t size = fread(bytes, 1, sizeof bytes, file);
  answer = MHD_create_response_from_buffer(size, bytes, MHD_RESPMEM_PERSISTENT);
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
    if (MHD_add_response_header(answer, fields[i][0], fields[i][1]) != MHD_YES) die("a field");

  struct sockaddr_in loopback = {
      .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct MHD_Daemon *daemon = MHD_start_daemon(
      MHD_USE_EPOLL, 0, NULL, NULL, respond, NULL, MHD_OPTION_SOCK_ADDR, &loopback,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)POOL_BYTES, MHD_OPTION_CONNECTION_LIMIT,
      (unsigned)CONNECTIONS, MHD_OPTION_END);
  if (!daemon) die("microhttpd");
  printf("%u\n", (unsigned)MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
  fflush(stdout);

  struct pollfd ready = {.fd = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd,
                         .events = POLLIN};
  for (;;) {
    MHD_UNSIGNED_LONG_LONG due = 0;
    int timeout = MHD_get_timeout(daemon, &due) == MHD_YES ? (int)due : -1;
    if (timeout != 0 && poll(&ready, 1, timeout) < 0) die("poll");
    MHD_run(daemon);
  }
}
