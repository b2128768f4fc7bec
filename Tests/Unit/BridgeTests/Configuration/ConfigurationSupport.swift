import Bridge
import Testing

/// Files by their paths, in place of a disk.
struct FakeFiles {
  var files: [String: FileContents] = [:]
  var unreadable: Set<String> = []

  init(_ texts: [String: String] = [:]) {
    files = texts.mapValues { FileContents(bytes: Array($0.utf8)) }
  }

  func read(_ path: String) throws(FileReadError) -> FileContents? {
    guard !unreadable.contains(path) else { throw FileReadError(reason: "Permission denied") }
    return files[path]
  }
}

/// Loads a configuration whose file, if there is one, is `walletwire.toml`.
func load(
  _ toml: String? = nil,
  listen: String? = nil,
  environment: [String: String] = [:],
  files: FakeFiles = FakeFiles()
) throws(ConfigurationError) -> Configuration {
  var files = files
  if let toml { files.files["walletwire.toml"] = FileContents(bytes: Array(toml.utf8)) }
  let overrides = ConfigurationOverrides(
    file: toml == nil ? nil : "walletwire.toml", listen: listen)
  let environment = ["HOME": "/home/alice"].merging(environment) { $1 }
  return try Configuration.load(overrides, environment: environment, readFile: files.read)
}

/// The mistake that a configuration makes, as its line.
func mistake(
  _ toml: String? = nil,
  listen: String? = nil,
  environment: [String: String] = [:],
  files: FakeFiles = FakeFiles()
) -> String? {
  do throws(ConfigurationError) {
    _ = try load(toml, listen: listen, environment: environment, files: files)
    return nil
  } catch {
    return error.description
  }
}

/// A certificate that nobody needs to trust.
let authority = """
  -----BEGIN CERTIFICATE-----
  MIIBeDCCAR+gAwIBAgIUMMSQku4vtZEAe99vr99aoMlD+RowCgYIKoZIzj0EAwIw
  ETEPMA0GA1UEAwwGYSB0ZXN0MCAXDTI2MTEyNzExMzEzMloYDzIxMjYxMTAzMTEz
  MTMyWjARMQ8wDQYDVQQDDAZhIHRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
  AARiFvkrO7ZNUBqnF263T892xqtib4c0mdLEwnUpY1hU0BGe0JwYWi0+bM2UBxwU
  NslgEvgH+NZCJW4ps9iUxEuXo1MwUTAdBgNVHQ4EFgQUzj19UR6UPUHg0+cmflY9
  NgFrT1YwHwYDVR0jBBgwFoAUzj19UR6UPUHg0+cmflY9NgFrT1YwDwYDVR0TAQH/
  BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiA6PxMqD0jJHZj9ye3hlMiNyOiMThzb
  7ZeehHfHHgJEFAIgHFcrPYSBUxCxp9n4R+Kl+4q+Vu2DTHnw4hFnyjRlUbU=
  -----END CERTIFICATE-----
  """

/// A wallet with all that a wallet needs; more keys may follow.
let wallet = """
  [[wallet]]
  name = "main"
  url = "https://lnbits.example.com"
  invoice_key = "0123456789abcdef"

  """
