// swift-tools-version: 6.1
import PackageDescription

/// Every target is built in Swift 6 language mode, and imports are internal unless they say otherwise,
/// so that a module's dependencies never leak through its interface by accident.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(
  _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
  .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

let log: Target.Dependency = .product(name: "Logging", package: "swift-log")
let deque: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let heap: Target.Dependency = .product(name: "HeapModule", package: "swift-collections")

let package = Package(
  name: "walletwire",
  products: [.executable(name: "walletwire", targets: ["walletwire"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    .package(url: "https://github.com/LebJe/TOMLKit", exact: "0.6.0"),
  ],
  targets: [
    // The C libraries: a module map and a shim header each.
    .systemLibrary(name: "CLinux"),
    .systemLibrary(
      name: "CMicroHTTPD", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),

    // Cores: pure. No I/O, no clock, no random numbers of their own.
    room("WebSocketProtocol"),
    room("HTTPClientProtocol"),
    room("ServerSentEvents"),
    room("JSON"),
    room("BridgeModel", [deque]),
    room("LNbitsSource", ["BridgeModel", "JSON", deque]),
    room("CashuSource", ["BridgeModel", "JSON", deque]),

    // Shells.
    room("EventLoop", ["CLinux", deque, heap]),
    room("Transport", ["EventLoop", "CLinux", "COpenSSL", deque]),
    room("HTTPServer", ["EventLoop", "CLinux", "CMicroHTTPD", deque]),
    room("EventStore", ["BridgeModel", "CSQLite"]),
    room(
      "LNbitsSimulator",
      ["BridgeModel", "EventLoop", "JSON", "Transport", "WebSocketProtocol"]),
    room(
      "Bridge",
      [
        "BridgeModel", "JSON", "LNbitsSource", "CashuSource", "EventLoop", "Transport",
        "WebSocketProtocol", "HTTPClientProtocol", "ServerSentEvents", "HTTPServer", "EventStore",
        deque, log,
        .product(name: "TOMLKit", package: "TOMLKit"),
      ]),
    .executableTarget(
      name: "walletwire",
      dependencies: [
        "Bridge", "BridgeModel", "EventLoop", "HTTPClientProtocol", "JSON", "LNbitsSimulator",
        "ServerSentEvents", "Transport", log,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict),

    // Numbers that follow from a seed, and programs that tests run.
    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
    tests("WebSocketProtocolTests", ["WebSocketProtocol", "TestSupport"]),
    tests("HTTPClientProtocolTests", ["HTTPClientProtocol", "TestSupport"]),
    tests("ServerSentEventsTests", ["ServerSentEvents", "TestSupport"]),
    tests("JSONTests", ["JSON", "TestSupport"]),
    tests("BridgeModelTests", ["BridgeModel", "TestSupport"]),
    tests("LNbitsSourceTests", ["LNbitsSource", "BridgeModel", "TestSupport"]),
    tests("CashuSourceTests", ["CashuSource", "BridgeModel", "TestSupport"]),
    tests("EventLoopTests", ["EventLoop"]),
    tests("TransportTests", ["Transport", "EventLoop", "TestSupport"]),
    tests("HTTPServerTests", ["HTTPServer", "EventLoop"]),
    tests(
      "EventStoreTests",
      ["EventStore", "BridgeModel", "FaultyDisk", "EventStoreCrashWriter", "TestSupport"],
      exclude: ["CrashWriter"]),
    // A disk that can be full, and whose power can be cut, as an SQLite VFS.
    .target(
      name: "FaultyDisk", dependencies: ["CSQLite"], path: "Tests/FaultyDisk",
      swiftSettings: strict),
    // Writes to a store until it is killed.
    .executableTarget(
      name: "EventStoreCrashWriter", dependencies: ["EventStore", "BridgeModel"],
      path: "Tests/EventStoreTests/CrashWriter", swiftSettings: strict),
    tests(
      "LNbitsSimulatorTests",
      ["LNbitsSimulator", "BridgeModel", "EventLoop", "Transport", "WebSocketProtocol"]),
    tests(
      "BridgeTests",
      [
        "Bridge", "BridgeModel", "EventLoop", "EventStore", "HTTPServer", "JSON", "LNbitsSource",
        "TestSupport", log,
      ]),
    tests("ArchitectureTests", []),
    .executableTarget(
      name: "AutobahnClient",
      dependencies: ["EventLoop", "Transport", "WebSocketProtocol"],
      path: "Tests/ConformanceTests/AutobahnClient",
      swiftSettings: strict),
    // A bridge's life in a seeded world, and the oracle that judges it.
    .target(
      name: "Simulation",
      dependencies: [
        "Bridge", "BridgeModel", "EventStore", "FaultyDisk", "HTTPClientProtocol", "JSON",
        "LNbitsSimulator", "LNbitsSource", "ServerSentEvents", "WebSocketProtocol", heap,
      ],
      path: "Tests/SimulationTests/Simulation", swiftSettings: strict),
    .executableTarget(
      name: "simulate", dependencies: ["Simulation"], path: "Tests/SimulationTests/Simulate",
      swiftSettings: strict),
    tests(
      "SimulationTests", ["FaultyDisk", "Simulation"],
      exclude: ["Simulation", "Simulate", "mutants", "mutants.sh"]),
    // Where hostile bytes come in, for the fuzzer and for a replay of its corpora.
    .target(
      name: "FuzzTargets",
      dependencies: [
        "Bridge", "BridgeModel", "CashuSource", "EventLoop", "HTTPClientProtocol", "HTTPServer",
        "JSON",
        "LNbitsSource", "ServerSentEvents", "TestSupport", "WebSocketProtocol", log,
      ],
      path: "Tests/FuzzTests/FuzzTargets", swiftSettings: strict),
    tests(
      "FuzzTests", ["FuzzTargets"],
      exclude: ["FuzzTargets", "Fuzzer", "Corpus", "fuzz.sh"]),
  ] + fuzzer
)

/// libFuzzer brings the `main` of this program, so it links only where `make fuzz` asks for it.
var fuzzer: [Target] {
  guard Context.environment["WALLETWIRE_FUZZ"] != nil else { return [] }
  return [
    .executableTarget(
      name: "fuzz", dependencies: ["FuzzTargets"], path: "Tests/FuzzTests/Fuzzer",
      swiftSettings: strict)
  ]
}
