// swift-tools-version: 6.1
import PackageDescription

/// Every target is built in Swift 6 language mode, and imports are internal unless they say
/// otherwise, so that a module's dependencies never leak through its interface by accident.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// A module in one of the folders of `Sources`.
func room(_ folder: String, _ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Sources/\(folder)/\(name)",
    swiftSettings: strict)
}

/// The unit tests of one module.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(
    name: name, dependencies: dependencies, path: "Tests/Unit/\(name)", swiftSettings: strict)
}

/// What several tests use.
func support(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Tests/Support/\(name)", swiftSettings: strict)
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
    .systemLibrary(name: "CLinux", path: "Sources/C/CLinux"),
    .systemLibrary(
      name: "CMicroHTTPD", path: "Sources/C/CMicroHTTPD", pkgConfig: "libmicrohttpd",
      providers: [.apt(["libmicrohttpd-dev"])]),
    .systemLibrary(
      name: "COpenSSL", path: "Sources/C/COpenSSL", pkgConfig: "openssl",
      providers: [.apt(["libssl-dev"])]),
    .systemLibrary(
      name: "CSQLite", path: "Sources/C/CSQLite", pkgConfig: "sqlite3",
      providers: [.apt(["libsqlite3-dev"])]),

    // Cores: pure. No I/O, no clock, no random numbers of their own.
    room("Protocols", "WebSocketProtocol"),
    room("Protocols", "HTTPClientProtocol"),
    room("Protocols", "ServerSentEvents"),
    room("Protocols", "JSON"),
    room("Model", "BridgeModel", [deque]),
    room("Model", "Storage", ["BridgeModel"]),
    room("Sources", "LNbitsSource", ["BridgeModel", "JSON", deque]),
    room("Sources", "CashuSource", ["BridgeModel", "JSON", deque]),
    room("Sources", "SourceRuntime", ["BridgeModel", deque]),

    // Shells.
    room("IO", "EventLoop", ["CLinux", deque, heap]),
    room("IO", "Transport", ["EventLoop", "CLinux", "COpenSSL", deque]),
    room("IO", "HTTPServer", ["EventLoop", "CLinux", "CMicroHTTPD", deque]),
    room("Engines", "SQLiteStorage", ["BridgeModel", "Storage", "EventLoop", "CSQLite"]),
    room(
      "Simulators", "LNbitsSimulator",
      ["BridgeModel", "EventLoop", "JSON", "Transport", "WebSocketProtocol"]),
    room(
      "Bridge", "Bridge",
      [
        "BridgeModel", "JSON", "SourceRuntime", "LNbitsSource", "CashuSource", "EventLoop",
        "Transport",
        "WebSocketProtocol", "HTTPClientProtocol", "ServerSentEvents", "HTTPServer", "Storage",
        "SQLiteStorage",
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
    support("TestSupport"),
    support("SourceTesting", ["BridgeModel"]),
    // A storage as tests like to use it, and samples of what it keeps.
    support("StorageTesting", ["BridgeModel", "Storage"]),
    // A toy engine: everything that the bridge asks of a storage, in memory.
    support("MemoryStorage", ["BridgeModel", "Storage"]),
    tests(
      "StorageTests",
      ["Storage", "SQLiteStorage", "MemoryStorage", "StorageTesting", "BridgeModel", "TestSupport"]),
    tests("WebSocketProtocolTests", ["WebSocketProtocol", "TestSupport"]),
    tests("HTTPClientProtocolTests", ["HTTPClientProtocol", "TestSupport"]),
    tests("ServerSentEventsTests", ["ServerSentEvents", "TestSupport"]),
    tests("JSONTests", ["JSON", "TestSupport"]),
    tests("BridgeModelTests", ["BridgeModel", "TestSupport"]),
    tests("SourceRuntimeTests", ["SourceRuntime", "BridgeModel", "TestSupport"]),
    tests(
      "LNbitsSourceTests",
      ["LNbitsSource", "SourceRuntime", "SourceTesting", "BridgeModel", "TestSupport"]),
    tests(
      "CashuSourceTests",
      ["CashuSource", "SourceRuntime", "SourceTesting", "BridgeModel", "TestSupport"]),
    tests("EventLoopTests", ["EventLoop"]),
    tests("TransportTests", ["Transport", "EventLoop", "TestSupport"]),
    tests("HTTPServerTests", ["HTTPServer", "EventLoop"]),
    tests(
      "SQLiteStorageTests",
      [
        "Storage", "SQLiteStorage", "StorageTesting", "BridgeModel", "FaultyDisk",
        "SQLiteCrashWriter", "TestSupport",
      ]),
    // A disk that can be full, and whose power can be cut, as an SQLite VFS.
    support("FaultyDisk", ["CSQLite"]),
    // Writes to a store until it is killed.
    .executableTarget(
      name: "SQLiteCrashWriter",
      dependencies: ["Storage", "SQLiteStorage", "StorageTesting", "BridgeModel"],
      path: "Tests/Support/SQLiteCrashWriter", swiftSettings: strict),
    tests(
      "LNbitsSimulatorTests",
      ["LNbitsSimulator", "BridgeModel", "EventLoop", "Transport", "WebSocketProtocol"]),
    tests(
      "BridgeTests",
      [
        "Bridge", "BridgeModel", "EventLoop", "Storage", "SQLiteStorage", "StorageTesting",
        "MemoryStorage", "LNbitsSimulator", "HTTPServer", "JSON", "LNbitsSource",
        "TestSupport", log,
      ]),
    tests("ArchitectureTests", []),
    .executableTarget(
      name: "AutobahnClient",
      dependencies: ["EventLoop", "Transport", "WebSocketProtocol"],
      path: "Tests/Conformance/AutobahnClient",
      swiftSettings: strict),
    // A bridge's life in a seeded world, and the oracle that judges it.
    .target(
      name: "Simulation",
      dependencies: [
        "Bridge", "BridgeModel", "SourceRuntime", "Storage", "SQLiteStorage", "FaultyDisk",
        "HTTPClientProtocol",
        "JSON",
        "LNbitsSimulator", "LNbitsSource", "ServerSentEvents", "StorageTesting",
        "WebSocketProtocol",
        heap,
      ],
      path: "Tests/Simulation/World", swiftSettings: strict),
    .executableTarget(
      name: "simulate", dependencies: ["Simulation"], path: "Tests/Simulation/Simulate",
      swiftSettings: strict),
    .testTarget(
      name: "SimulationTests", dependencies: ["FaultyDisk", "Simulation"],
      path: "Tests/Simulation/SimulationTests", swiftSettings: strict),
    // Where hostile bytes come in, for the fuzzer and for a replay of its corpora.
    .target(
      name: "FuzzTargets",
      dependencies: [
        "Bridge", "BridgeModel", "CashuSource", "EventLoop", "HTTPClientProtocol", "HTTPServer",
        "JSON",
        "LNbitsSource", "ServerSentEvents", "TestSupport", "WebSocketProtocol", log,
      ],
      path: "Tests/Fuzz/FuzzTargets", swiftSettings: strict),
    .testTarget(
      name: "FuzzTests", dependencies: ["FuzzTargets"], path: "Tests/Fuzz/FuzzTests",
      swiftSettings: strict),
  ] + fuzzer
)

/// libFuzzer brings the `main` of this program, so it links only where `make fuzz` asks for it.
var fuzzer: [Target] {
  guard Context.environment["WALLETWIRE_FUZZ"] != nil else { return [] }
  return [
    .executableTarget(
      name: "fuzz", dependencies: ["FuzzTargets"], path: "Tests/Fuzz/Fuzzer",
      swiftSettings: strict)
  ]
}
