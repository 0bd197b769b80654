// swift-tools-version: 6.2

import PackageDescription

// The boundaries of the house are the dependency lists below; deploy/test builds with
// --explicit-target-dependency-import-check error, so a target imports only what is named here.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let asyncHTTPClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let configuration: Target.Dependency = .product(name: "Configuration", package: "swift-configuration")
let deque: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let heap: Target.Dependency = .product(name: "HeapModule", package: "swift-collections")
let coreMetrics: Target.Dependency = .product(name: "CoreMetrics", package: "swift-metrics")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdTLS: Target.Dependency = .product(name: "HummingbirdTLS", package: "hummingbird")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let nioConcurrencyHelpers: Target.Dependency = .product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let serviceLifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let subprocess: Target.Dependency = .product(name: "Subprocess", package: "swift-subprocess")
let systemPackage: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let unixSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let x509: Target.Dependency = .product(name: "X509", package: "swift-certificates")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

let package = Package(
    name: "adf-trigger",
    products: [
        .executable(name: "adf-trigger", targets: ["adf-trigger"]),
        .executable(name: "adf-emulator", targets: ["adf-emulator"]),
        .library(name: "RabbitMQ", targets: ["RabbitMQ"]),
        .library(name: "RabbitMQTesting", targets: ["RabbitMQTesting"]),
        .library(name: "DataFactory", targets: ["DataFactory"]),
        .library(name: "AzureIdentity", targets: ["AzureIdentity"]),
    ],
    traits: [
        .trait(
            name: "CrashPoints",
            description: "Lets a worker be told to kill itself at a numbered step. For tests alone; never ship it."
        )
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        // The threads that the C libraries below live on.
        .systemLibrary(name: "CIOLoop", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .target(
            name: "IOLoop",
            dependencies: ["CIOLoop", nioConcurrencyHelpers],
            swiftSettings: settings + [.strictMemorySafety()]
        ),

        // The message queue.
        .systemLibrary(
            name: "CRabbitMQ",
            pkgConfig: "librabbitmq",
            providers: [.apt(["librabbitmq-dev", "libssl-dev"])]
        ),
        .target(
            name: "RabbitMQ",
            dependencies: ["CRabbitMQ", "IOLoop", deque, nioConcurrencyHelpers],
            swiftSettings: settings + [.strictMemorySafety()]
        ),
        .target(
            name: "RabbitMQTesting",
            dependencies: ["RabbitMQ", deque, nioConcurrencyHelpers],
            swiftSettings: settings
        ),

        // The service.
        .systemLibrary(
            name: "CCurl",
            pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev", "libssl-dev"])]
        ),
        .target(
            name: "AzureIdentity",
            dependencies: [
                "CCurl", "IOLoop", crypto, cryptoExtras, deque, logging, nioConcurrencyHelpers, nioSSL, subprocess,
                systemPackage,
            ],
            swiftSettings: settings
        ),
        .target(
            name: "DataFactory",
            dependencies: ["AzureIdentity"],
            swiftSettings: settings
        ),

        // What happens to one request.
        .target(
            name: "TriggerWorker",
            dependencies: [crypto, deque, logging, nioConcurrencyHelpers],
            swiftSettings: settings
        ),
        .target(
            name: "ErrorDesk",
            dependencies: ["RabbitMQ", "TriggerWorker", crypto],
            swiftSettings: settings
        ),
        .target(
            name: "Telemetry",
            dependencies: [coreMetrics, logging, nioConcurrencyHelpers],
            swiftSettings: settings
        ),
        // Nothing calls it: linked, it takes malloc's place, with which a request takes 5 % less CPU time than with glibc's
        // (2.36). The tests, which link the program, have it too.
        .systemLibrary(name: "CJemalloc", pkgConfig: "jemalloc", providers: [.apt(["libjemalloc-dev"])]),
        .executableTarget(
            name: "adf-trigger",
            dependencies: [
                "AzureIdentity", "CJemalloc", "DataFactory", "ErrorDesk", "IOLoop", "RabbitMQ", "Telemetry",
                "TriggerWorker", argumentParser, configuration, coreMetrics, httpTypes, hummingbird, logging,
                nioConcurrencyHelpers, nioCore, serviceLifecycle, unixSignals, yams,
            ],
            swiftSettings: settings,
            linkerSettings: [
                // Nobody looks up symbols in the program, and relative relocations are packed (glibc 2.36): 5 MiB less
                // of resident memory.
                .unsafeFlags(
                    [
                        "-use-ld=lld", "-Xlinker", "--no-export-dynamic", "-Xlinker", "-z",
                        "-Xlinker", "pack-relative-relocs",
                    ],
                    .when(platforms: [.linux], configuration: .release)
                )
            ]
        ),

        // The service's double. It shares no code with the client, or wire mistakes would hide.
        .target(
            name: "DataFactoryEmulator",
            dependencies: [
                crypto, cryptoExtras, deque, heap, httpTypes, hummingbird, hummingbirdTLS, logging,
                nioConcurrencyHelpers, nioCore, nioSSL, x509,
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "adf-emulator",
            dependencies: ["DataFactoryEmulator", argumentParser, logging],
            swiftSettings: settings
        ),

        // Tests.
        .target(
            name: "TestSupport",
            dependencies: ["RabbitMQ"],
            path: "Tests/TestSupport",
            swiftSettings: settings
        ),
        .target(
            name: "NetworkTestSupport",
            dependencies: ["AzureIdentity", nioConcurrencyHelpers, nioCore, nioPosix, nioSSL],
            path: "Tests/NetworkTestSupport",
            swiftSettings: settings
        ),
        .testTarget(name: "IOLoopTests", dependencies: ["IOLoop"], swiftSettings: settings),
        .testTarget(name: "RabbitMQTests", dependencies: ["RabbitMQ", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "RabbitMQTestingTests",
            dependencies: ["IOLoop", "RabbitMQ", "RabbitMQTesting", "TestSupport"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "AzureIdentityTests",
            dependencies: [
                "AzureIdentity", "IOLoop", "NetworkTestSupport", crypto, cryptoExtras, logging, nioConcurrencyHelpers,
                nioCore, nioHTTP1, nioPosix, nioSSL, x509,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "DataFactoryTests",
            dependencies: ["AzureIdentity", "DataFactory", nioConcurrencyHelpers],
            swiftSettings: settings
        ),
        .testTarget(
            name: "TriggerWorkerTests",
            dependencies: ["IOLoop", "TestSupport", "TriggerWorker", logging, nioConcurrencyHelpers],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ErrorDeskTests",
            dependencies: ["ErrorDesk", "RabbitMQ", "RabbitMQTesting", "TestSupport", "TriggerWorker"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "TelemetryTests",
            dependencies: ["Telemetry", coreMetrics, logging],
            swiftSettings: settings
        ),
        .testTarget(
            name: "DataFactoryEmulatorTests",
            dependencies: [
                "DataFactoryEmulator", asyncHTTPClient, crypto, cryptoExtras, logging, nioConcurrencyHelpers, nioCore,
                nioHTTP1, nioSSL, x509,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ServiceTests",
            dependencies: [
                "AzureIdentity", "DataFactory", "DataFactoryEmulator", "NetworkTestSupport", "RabbitMQ",
                "RabbitMQTesting", "Telemetry", "TestSupport", "TriggerWorker", "adf-emulator", "adf-trigger",
                asyncHTTPClient, crypto, cryptoExtras, logging, nioConcurrencyHelpers, nioCore, nioHTTP1, nioSSL, x509,
            ],
            exclude: ["python"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "BrokerTests",
            dependencies: ["RabbitMQ", "RabbitMQTesting", "TestSupport"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "FaultTests",
            dependencies: ["RabbitMQ", "TestSupport"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "RabbitMQ", "TestSupport", "TriggerWorker", "adf-trigger", "adf-emulator", nioConcurrencyHelpers,
            ],
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)

// Parts of the package, for what has to be built again in another way:
//   ADF_TRIGGER_BUILD=client      the RabbitMQ client and its tests, for each sanitizer: in one minute instead of eight
//   ADF_TRIGGER_BUILD=benchmarks  what Tests/Benchmarks depends on, with a product that nobody else needs
switch Context.environment["ADF_TRIGGER_BUILD"] {
case "client":
    keep(
        [
            "BrokerTests", "CIOLoop", "CRabbitMQ", "FaultTests", "IOLoop", "IOLoopTests", "RabbitMQ",
            "RabbitMQTesting", "RabbitMQTestingTests", "RabbitMQTests", "TestSupport",
        ],
        and: ["swift-collections", "swift-nio"]
    )
case "benchmarks":
    package.products.append(.library(name: "TriggerWorker", targets: ["TriggerWorker"]))
    keep(
        ["CIOLoop", "CRabbitMQ", "IOLoop", "RabbitMQ", "TriggerWorker"],
        and: ["swift-collections", "swift-crypto", "swift-log", "swift-nio"]
    )
default: break
}

@MainActor
func keep(_ targets: Set<String>, and dependencies: Set<String>) {
    package.targets.removeAll { !targets.contains($0.name) }
    package.products.removeAll { !targets.contains($0.name) }
    package.dependencies.removeAll { dependency in
        guard case .sourceControl(_, let location, _) = dependency.kind else { return true }
        return !dependencies.contains { location.hasSuffix("/\($0)") }
    }
}
