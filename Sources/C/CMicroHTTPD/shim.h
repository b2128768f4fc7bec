// GNU libmicrohttpd, touched by the HTTPServer module alone.
//
// Swift can't call C functions with variable arguments, and doesn't see through the unions that
// microhttpd answers with: each function below is one such call with its types written out.
#ifndef WALLETWIRE_MICROHTTPD_SHIM_H
#define WALLETWIRE_MICROHTTPD_SHIM_H

#include <microhttpd.h>
#include <stdarg.h>
#include <string.h>

struct mhd_shim_callbacks {
  MHD_AcceptPolicyCallback may_connect;
  MHD_AccessHandlerCallback handle;
  MHD_NotifyConnectionCallback connection_changed;
  MHD_RequestCompletedCallback completed;
  void *(*target_received)(void *context, const char *target, struct MHD_Connection *connection);
  size_t (*unescape)(void *context, struct MHD_Connection *connection, char *text);
};

struct mhd_shim_limits {
  unsigned int connections;
  unsigned int inactivity_seconds;
  size_t connection_memory_bytes;
};

// Told before microhttpd refuses a request with a page of its own, which its log is the only one to
// tell.
struct mhd_shim_log {
  void (*refuses)(void *context, unsigned int status, int is_of_chunks);
  void *context;
};

static inline void mhd_shim_write_log(void *log, const char *format, va_list arguments) {
  static const char refusal[] = "Error processing request (HTTP response code is %u ('%s'))";
  if (strncmp(format, refusal, sizeof refusal - 1) != 0) return;
  unsigned int status = va_arg(arguments, unsigned int);
  const char *page = va_arg(arguments, const char *);
  const struct mhd_shim_log *told = (const struct mhd_shim_log *)log;
  told->refuses(told->context, status, page && strstr(page, "chunk") != 0);
}

// It doesn't listen: connections are given to it. With MHD_USE_TURBO it closes a connection by
// closing its descriptor and no more, so that the socket lives on where there is another one for
// it.
static inline struct MHD_Daemon *mhd_shim_start(
    const struct mhd_shim_callbacks *callbacks, const struct mhd_shim_limits *limits,
    int strict_for_client, const struct mhd_shim_log *log, void *context) {
  return MHD_start_daemon(
      MHD_USE_EPOLL | MHD_USE_TURBO | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ERROR_LOG |
          MHD_ALLOW_SUSPEND_RESUME, 0,
      callbacks->may_connect, context, callbacks->handle, context,
      MHD_OPTION_EXTERNAL_LOGGER, mhd_shim_write_log, log,
      MHD_OPTION_CONNECTION_LIMIT, limits->connections,
      MHD_OPTION_CONNECTION_TIMEOUT, limits->inactivity_seconds,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, limits->connection_memory_bytes,
      MHD_OPTION_NOTIFY_CONNECTION, callbacks->connection_changed, context,
      MHD_OPTION_NOTIFY_COMPLETED, callbacks->completed, context,
      MHD_OPTION_URI_LOG_CALLBACK, callbacks->target_received, context,
      MHD_OPTION_UNESCAPE_CALLBACK, callbacks->unescape, context,
      MHD_OPTION_STRICT_FOR_CLIENT, strict_for_client,
      MHD_OPTION_END);
}

static inline int mhd_shim_epoll_descriptor(struct MHD_Daemon *daemon) {
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
  return info ? info->epoll_fd : -1;
}

static inline int mhd_shim_descriptor(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info ? info->connect_fd : -1;
}

static inline const struct sockaddr *mhd_shim_client_address(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  return info ? info->client_addr : 0;
}

static inline void *mhd_shim_socket_context(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info ? info->socket_context : 0;
}

static inline size_t mhd_shim_request_header_bytes(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
  return info ? info->header_size : 0;
}

// A field of that name in front of the request's own. Strings of the program, as microhttpd wants
// them.
static inline enum MHD_Result mhd_shim_hide_cookies(struct MHD_Connection *connection) {
  return MHD_set_connection_value(connection, MHD_HEADER_KIND, "Cookie", "");
}

// No chunked encoding, and the connection ends with the response.
static inline enum MHD_Result mhd_shim_close_after(struct MHD_Response *response) {
  return MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
}

#endif
