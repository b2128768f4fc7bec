// The least that a server of events can do: what comes in on the publisher's connection goes to
// every subscriber with one write each. No history, no parsing, no filters; no disk, unless it is
// given a file: then each message is written there first, and synced.
//
//   floor [FILE]     prints the port that it listens on, on loopback, and serves until it is ended
//
// A subscriber sends a request and gets a head; its body is chunked, as an HTTP server's would be.
// The publisher's first byte is NUL; then each message is its length (32 bits, big-endian) and its
// bytes. It is also the bare relay that latency is measured against.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_SUBSCRIBERS = 16384, MOST_BYTES = 1 << 16, BATCH = 256 };

static const char HEAD[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

static int subscribers[MOST_SUBSCRIBERS];
static int subscriber_count;
static int publisher = -1;
static uint8_t inbox[MOST_BYTES];
static size_t inbox_bytes;
static int file = -1;
static off_t file_bytes;

static void die(const char *what) {
  perror(what);
  exit(1);
}

static void publish(const uint8_t *bytes, size_t count) {
  static char block[MOST_BYTES + 32];
  int head = snprintf(block, sizeof block, "%zx\r\n", count);
  memcpy(block + head, bytes, count);
  memcpy(block + head + count, "\r\n", 2);
  size_t total = head + count + 2;
  if (file >= 0) {
    if (pwrite(file, bytes, count, file_bytes) != (ssize_t)count) die("write to the file");
    if (fdatasync(file) < 0) die("fdatasync");
    file_bytes = (file_bytes + count) % (1 << 22);
  }
  for (int i = 0; i < subscriber_count; i++)
    if (write(subscribers[i], block, total) != (ssize_t)total) die("write to a subscriber");
}

static void read_publisher(void) {
  ssize_t count = read(publisher, inbox + inbox_bytes, sizeof inbox - inbox_bytes);
  if (count <= 0) {
    close(publisher);
    publisher = -1;
    inbox_bytes = 0;
    return;
  }
  inbox_bytes += count;
  size_t at = 0;
  while (inbox_bytes - at >= 4) {
    uint32_t length;
    memcpy(&length, inbox + at, 4);
    length = ntohl(length);
    if (length > sizeof inbox - 4) die("a message is too long");
    if (inbox_bytes - at - 4 < length) break;
    publish(inbox + at + 4, length);
    at += 4 + length;
  }
  memmove(inbox, inbox + at, inbox_bytes - at);
  inbox_bytes -= at;
}

// The first bytes of a connection tell which kind it is.
static void read_newcomer(int descriptor, int epoll) {
  char request[4096];
  ssize_t count = read(descriptor, request, 1);
  if (count == 1 && request[0] == 0) {
    publisher = descriptor;
    return;
  }
  epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, NULL);
  if (count != 1 || read(descriptor, request, sizeof request) < 0 ||
      subscriber_count == MOST_SUBSCRIBERS) {
    close(descriptor);
    return;
  }
  if (write(descriptor, HEAD, sizeof HEAD - 1) < 0) die("write a head");
  subscribers[subscriber_count++] = descriptor;
}

static void accept_all(int listener, int epoll) {
  int descriptor, one = 1;
  while ((descriptor = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) < 0) die("epoll_ctl");
  }
  if (errno != EAGAIN) die("accept4");
}

int main(int argc, char **argv) {
  if (argc > 1) {
    file = open(argv[1], O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    // Its blocks are there, as those of a write-ahead log that is used again.
    if (file < 0 || posix_fallocate(file, 0, (1 << 22) + MOST_BYTES) != 0) die(argv[1]);
  }
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);

  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  if (bind(listener, (struct sockaddr *)&address, length) < 0) die("bind");
  if (listen(listener, 4096) < 0) die("listen");
  getsockname(listener, (struct sockaddr *)&address, &length);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);

  int epoll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, ready[BATCH];
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) < 0) die("epoll_ctl");
  for (;;) {
    int count = epoll_wait(epoll, ready, BATCH, -1);
    for (int i = 0; i < count; i++) {
      int descriptor = ready[i].data.fd;
      if (descriptor == listener) accept_all(listener, epoll);
      else if (descriptor == publisher) read_publisher();
      else read_newcomer(descriptor, epoll);
    }
  }
}
