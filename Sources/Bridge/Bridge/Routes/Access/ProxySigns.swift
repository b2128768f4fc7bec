import HTTPServer

/// The fields by which a request shows that a proxy has passed it on.
///
/// The standards' own (`Forwarded`, RFC 7239; `Via`, RFC 9110 section 7.6.3; `CDN-Loop`, RFC 8586),
/// the family `X-Forwarded-*`, and those in which widespread proxies and content networks tell the
/// client's address: one of them is enough, for many a configuration sets `X-Real-IP` alone. No
/// client sends them by itself.
enum ProxySigns {
  private static let names: Set<String> = [
    "forwarded", "via", "cdn-loop",
    // nginx's habit, and what application servers behind it read.
    "x-real-ip", "x-client-ip", "client-ip", "x-remote-ip", "x-remote-addr", "x-proxyuser-ip",
    "proxy-client-ip", "wl-proxy-client-ip",
    // Kubernetes' ingress, Envoy, load balancers.
    "x-original-forwarded-for", "x-original-host", "x-envoy-external-address",
    "x-cluster-client-ip", "x-azure-clientip", "x-azure-socketip",
    // Content networks and hosts.
    "cf-connecting-ip", "cf-connecting-ipv6", "cf-pseudo-ipv4", "cf-ray", "cf-visitor",
    "true-client-ip", "fastly-client-ip", "fly-client-ip", "do-connecting-ip",
    "x-appengine-user-ip", "x-vercel-forwarded-for", "x-nf-client-connection-ip",
  ]

  static func mark(_ request: HTTPRequest) -> Bool {
    request.headers.fields.contains { field in
      let name = field.name.lowercased()
      return names.contains(name) || name.hasPrefix("x-forwarded-")
    }
  }
}
