// swift-tools-version: 6.2

import PackageDescription

// A package of its own, so that nobody who uses or tests the client builds the benchmarks. It needs
// ADF_TRIGGER_BUILD=benchmarks, which deploy/bench sets.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
    name: "benchmarks",
    dependencies: [
        // By name: without one the package would be called after its folder, which differs from clone to clone.
        .package(name: "adf-trigger", path: "../..")
    ],
    targets: [
        .executableTarget(
            name: "echo",
            dependencies: [.product(name: "RabbitMQ", package: "adf-trigger")],
            swiftSettings: settings
        ),
        // Reaches into the modules, so it is built with -enable-testing, and by itself: what is measured by the clock is
        // built as an application would build it.
        .executableTarget(
            name: "micro",
            dependencies: [
                .product(name: "RabbitMQ", package: "adf-trigger"),
                .product(name: "TriggerWorker", package: "adf-trigger"),
            ],
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)
