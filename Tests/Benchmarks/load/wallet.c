#define _GNU_SOURCE
#include "wallet.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common.h"

enum { MOST_CONNECTIONS = 32768, MOST_REQUEST = 4096, MOST_KEY = 64, BATCH = 64 };

struct connection {
  bool is_open;
  bool is_socket;
  char key[MOST_KEY];
  size_t bytes;
  char inbox[MOST_REQUEST];
};

// By descriptor. Written by the wallets' thread; others read it under the lock.
static struct connection *connections[MOST_CONNECTIONS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
// Held for a whole frame, so that a pong doesn't come into the middle of one.
static pthread_mutex_t writing = PTHREAD_MUTEX_INITIALIZER;
static int sockets;
static int listener, epoll;

static void answer(int descriptor, const char *body) {
  char response[1024];
  int length = snprintf(
      response, sizeof response,
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
      strlen(body), body);
  write_all(descriptor, response, length);
}

static void answer_question(int descriptor, const char *target) {
  if (strncmp(target, "/openapi.json", 13) == 0)
    answer(descriptor, "{\"info\":{\"version\":\"1.6.2\"}}");
  else if (strncmp(target, "/api/v1/payments", 16) == 0)
    answer(descriptor, "{\"data\":[],\"total\":0}");
  else
    answer(descriptor, "{\"name\":\"load\",\"balance\":0}");
}

// RFC 6455 section 4.2.2.
static void shake_hands(int descriptor, const char *request) {
  const char *field = strcasestr(request, "Sec-WebSocket-Key:");
  if (!field) die("an upgrade without a key");
  char text[128], response[512];
  unsigned char digest[SHA_DIGEST_LENGTH], accept[64];
  int length = snprintf(
      text, sizeof text, "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11",
      field + 18 + strspn(field + 18, " "));
  SHA1((unsigned char *)text, length, digest);
  EVP_EncodeBlock(accept, digest, sizeof digest);
  length = snprintf(
      response, sizeof response,
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: %s\r\n\r\n", accept);
  write_all(descriptor, response, length);
}

static void take_request(int descriptor, struct connection *connection) {
  static const char SOCKET[] = "GET /api/v1/ws/";
  if (strncmp(connection->inbox, SOCKET, sizeof SOCKET - 1) != 0) {
    const char *target = strchr(connection->inbox, ' ');
    answer_question(descriptor, target ? target + 1 : "");
    return;
  }
  const char *key = connection->inbox + sizeof SOCKET - 1;
  shake_hands(descriptor, connection->inbox);
  pthread_mutex_lock(&lock);
  snprintf(connection->key, sizeof connection->key, "%.*s", (int)strcspn(key, " ?"), key);
  connection->is_socket = true;
  sockets++;
  pthread_mutex_unlock(&lock);
}

void send_frames(int descriptor, const void *frames, size_t count) {
  pthread_mutex_lock(&writing);
  write_all(descriptor, frames, count);
  pthread_mutex_unlock(&writing);
}

// Answers pings (RFC 6455 section 5.5.3); a client sends nothing else, and all of it is masked.
static size_t take_frame(int descriptor, const char *bytes, size_t count) {
  if (count < 6) return 0;
  size_t length = bytes[1] & 0x7F;
  if (count < 6 + length) return 0;
  if ((bytes[0] & 0x0F) == 9) {
    char pong[2 + 125] = {(char)0x8A, (char)length};
    for (size_t i = 0; i < length; i++) pong[2 + i] = bytes[6 + i] ^ bytes[2 + i % 4];
    send_frames(descriptor, pong, 2 + length);
  }
  return 6 + length;
}

static void forget(int descriptor) {
  pthread_mutex_lock(&lock);
  if (connections[descriptor]->is_socket) sockets--;
  free(connections[descriptor]);
  connections[descriptor] = NULL;
  pthread_mutex_unlock(&lock);
  // A write that is under way would keep it in the set.
  epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, NULL);
  close(descriptor);
}

static void read_connection(int descriptor) {
  struct connection *connection = connections[descriptor];
  ssize_t got = read(
      descriptor, connection->inbox + connection->bytes, MOST_REQUEST - 1 - connection->bytes);
  if (got <= 0) {
    forget(descriptor);
    return;
  }
  connection->bytes += got;
  connection->inbox[connection->bytes] = 0;
  for (;;) {
    size_t taken = 0;
    if (connection->is_socket) {
      taken = take_frame(descriptor, connection->inbox, connection->bytes);
    } else {
      char *end = memmem(connection->inbox, connection->bytes, "\r\n\r\n", 4);
      if (end) {
        take_request(descriptor, connection);
        taken = end + 4 - connection->inbox;
      }
    }
    if (taken == 0) return;
    connection->bytes -= taken;
    memmove(connection->inbox, connection->inbox + taken, connection->bytes + 1);
  }
}

static void accept_one(void) {
  int one = 1, descriptor = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  if (descriptor < 0) return;
  if (descriptor >= MOST_CONNECTIONS) die("too many wallets");
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  pthread_mutex_lock(&lock);
  connections[descriptor] = calloc(1, sizeof(struct connection));
  pthread_mutex_unlock(&lock);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
  epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

static void *serve(void *unused) {
  struct epoll_event ready[BATCH];
  for (;;) {
    int count = epoll_wait(epoll, ready, BATCH, -1);
    for (int i = 0; i < count; i++) {
      if (ready[i].data.fd == listener) accept_one();
      else read_connection(ready[i].data.fd);
    }
  }
  return unused;
}

int start_wallets(void) {
  listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  if (bind(listener, (struct sockaddr *)&address, length) < 0) die("bind");
  if (listen(listener, 4096) < 0) die("listen");
  getsockname(listener, (struct sockaddr *)&address, &length);
  epoll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  pthread_t thread;
  if (pthread_create(&thread, NULL, serve, NULL) != 0) die("pthread_create");
  return ntohs(address.sin_port);
}

int open_wallets(void) {
  pthread_mutex_lock(&lock);
  int open = sockets;
  pthread_mutex_unlock(&lock);
  return open;
}

int wallet_socket(const char *key) {
  int found = -1;
  pthread_mutex_lock(&lock);
  for (int i = 0; i < MOST_CONNECTIONS && found < 0; i++)
    if (connections[i] && connections[i]->is_socket && strcmp(connections[i]->key, key) == 0)
      found = i;
  pthread_mutex_unlock(&lock);
  return found;
}

size_t payment_frame(uint8_t *buffer, size_t capacity, int64_t number) {
  // As LNbits 1.6.2 sends it, an invoice of a usual length included.
  static const char INVOICE[] =
      "lnbc10n1p5jx0pppp5hpq0xgmxnwv9rqxk7xsyx0m5v5ksxqv0dqmqmxjw8r4yt3mkzk4sdqqcqzzsxqyz5vqsp5"
      "usyc4lk9chsfp53kvcnvq456ganh60d89reykdngsmtj6yw3nhvq9qyyssqy4lgd8tj637qcjp05rdpxxykjenthx"
      "ftej7a2zzmwrmrl70fyj9hvj0rewhzj7jfyuwkwcg9g2jpwtk3wkjtwnkdks84hsnu8xps5vsq4gj5hs";
  char *text = (char *)buffer + 4;
  int length = snprintf(
      text, capacity - 4,
      "{\"wallet_balance\": %lld, \"payment\": {\"checking_id\":\"%064llx\",\"payment_hash\":"
      "\"%064llx\",\"wallet_id\":\"f36c0000000000000000000000000001\",\"amount\":1000,\"fee\":0,"
      "\"bolt11\":\"%s\",\"payment_request\":\"%s\",\"fiat_provider\":null,\"status\":\"success\","
      "\"memo\":\"coffee\",\"expiry\":\"2036-11-21T02:38:39+00:00\",\"webhook\":null,"
      "\"webhook_status\":null,\"preimage\":\"%064llx\",\"tag\":\"\",\"extension\":null,"
      "\"time\":\"2026-11-21T01:38:39.805141+00:00\",\"created_at\":"
      "\"2026-11-21T01:38:39.805141+00:00\",\"updated_at\":\"2026-11-21T01:38:40.539183+00:00\","
      "\"labels\":[],\"extra\":{},\"external_id\":null}}",
      (long long)number, (long long)number, (long long)number, INVOICE, INVOICE,
      (long long)number);
  if (length < 126 || (size_t)length >= capacity - 4) die("a frame of an unexpected size");
  buffer[0] = 0x81;
  buffer[1] = 126;
  buffer[2] = (uint8_t)(length >> 8);
  buffer[3] = (uint8_t)length;
  return 4 + length;
}
