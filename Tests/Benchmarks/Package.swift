// swift-tools-version: 6.2

import PackageDescription

// A package of its own, so that nobody who uses or tests the client builds the benchmarks.
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
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
            ]
        )
    ],
    swiftLanguageModes: [.v6]
)
